#pragma once

#include <memory>

#include <wemol/condition.h>
#include <wemol/snapshot.h>

namespace wemol {

/// Where snapshots go.
class Sink {
 public:
  Sink() = default;
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;
  virtual ~Sink() = default;

  /// Takes one round's snapshot; called in every round, also when nothing was sampled, so that a
  /// sink can retry what failed before. Returns the conditions that hold now.
  [[nodiscard]] virtual Conditions write(const Snapshot& snapshot) = 0;
  /// The same, for a sink that keeps the snapshot beyond the call.
  [[nodiscard]] virtual Conditions write_shared(const std::shared_ptr<const Snapshot>& snapshot) {
    return write(*snapshot);
  }
};

}  // namespace wemol
