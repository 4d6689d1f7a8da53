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

  /// Reads the host once, for a round that has to end at `due`. What fails, and what has not come
  /// by then, is absent from the facts and stated as a condition; what comes later may be part of a
  /// later round's facts. Returns nothing when a stop was requested before the readings were
  /// complete.
  [[nodiscard]] virtual std::optional<Facts> collect(std::chrono::steady_clock::time_point due) = 0;

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
