#pragma once

#include <chrono>
#include <cstdint>

#include "clock.h"
#include "condition_log.h"
#include "round.h"
#include "service_supervisor.h"
#include "ticker.h"

namespace wemol {

/// Runs rounds on their schedule until it is stopped or has run enough of them, and logs how they
/// went.
class Recorder {
 public:
  /// `rounds` 0: until the clock says that a stop was requested.
  Recorder(Round& round, Clock& clock, Supervisor& supervisor, std::chrono::nanoseconds interval,
           std::uint64_t rounds);

  void run();

 private:
  /// False when the round was interrupted by a stop.
  [[nodiscard]] bool run_round(SteadyTime due);
  /// False when a stop was requested.
  [[nodiscard]] bool wait_for_next_round();
  void log_round(const RoundReport& report, SteadyTime due, SteadyTime began,
                 SteadyTime ended) const;

  Round& round_;
  Clock& clock_;
  Supervisor& supervisor_;
  std::chrono::nanoseconds interval_;
  std::uint64_t rounds_wanted_;
  Ticker ticker_;
  ConditionLog condition_log_;
  SteadyTime last_due_;
  Progress progress_;
  std::uint64_t rows_ = 0;
};

}  // namespace wemol
