#pragma once

#include <chrono>
#include <cstdint>

#include "clock.h"
#include "condition_log.h"
#include "round.h"
#include "ticker.h"

namespace wemol {

/// Runs rounds on their schedule until it is stopped or has run enough of them, and logs how they
/// went.
class Recorder {
 public:
  /// `rounds` 0: until the clock says that a stop was requested.
  Recorder(Round& round, Clock& clock, std::chrono::nanoseconds interval, std::uint64_t rounds);

  void run();

 private:
  /// False when the round was interrupted by a stop.
  [[nodiscard]] bool run_round(SteadyTime due);
  void log_round(const RoundReport& report, SteadyTime due, SteadyTime began,
                 SteadyTime ended) const;

  Round& round_;
  Clock& clock_;
  std::chrono::nanoseconds interval_;
  std::uint64_t rounds_wanted_;
  Ticker ticker_;
  ConditionLog condition_log_;
  std::uint64_t rounds_done_ = 0;
  std::uint64_t rows_ = 0;
  std::int64_t skipped_ = 0;
};

}  // namespace wemol
