#pragma once

#include <filesystem>

#include <tl/expected.hpp>

#include <wemol/sink.h>

#include "instance_lock.h"

namespace wemol {

/// Keeps the output folder locked against a second recorder. The lock goes with a folder that is
/// removed, and may not be had at the start: it is looked for in every round.
class FolderGuard : public Sink {
 public:
  FolderGuard(std::filesystem::path folder, tl::expected<InstanceLock, InstanceLock::Refusal> lock);

  [[nodiscard]] Conditions write(const Snapshot& snapshot) override;

 private:
  std::filesystem::path folder_;
  tl::expected<InstanceLock, InstanceLock::Refusal> lock_;
};

}  // namespace wemol
