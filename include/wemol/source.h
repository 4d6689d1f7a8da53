#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include <wemol/facts.h>

namespace wemol {

/// Where the readings come from. Timing, logging and retrying are done by whoever runs it.
class Source {
 public:
  Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;
  virtual ~Source() = default;

  /// Reads the host once. What fails is absent from the facts and stated as a condition.
  /// Returns nothing when a stop was requested before the readings were complete.
  [[nodiscard]] virtual std::optional<Facts> collect() = 0;

  /// Before the first round: runs that were going on when a recorder looked last, and up to when it
  /// has stated the ends of all others. Those that are over by now are stated as ended, with what
  /// can still be found out.
  virtual void resume(const std::vector<OpenRun>& /*open_runs*/,
                      std::chrono::system_clock::time_point /*ends_stated_until*/) {}

  /// After the last round: what was read since and would be lost, such as the last readings of
  /// containers that have ended.
  [[nodiscard]] virtual Facts remaining() { return {}; }
};

}  // namespace wemol
