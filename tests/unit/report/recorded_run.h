#pragma once

#include <chrono>
#include <string>

#include "recorded_runs.h"

namespace wemol::report::test {

using namespace std::chrono_literals;

/// Of 2026-01-15, UTC.
inline const WallTime kNoon =
    std::chrono::sys_days(std::chrono::year(2026) / 1 / 15) + std::chrono::hours(12);

inline constexpr std::uint64_t kGib = std::uint64_t{1} << 30U;

/// A run of `module` that the ledger holds, which ended at noon. Nothing but that is known of it.
inline reading::RecordedRun run_of(const std::string& module) {
  reading::RecordedRun run;
  run.summary.task_id = "132178";
  run.summary.module_name = module;
  run.summary.ended_at = kNoon;
  return run;
}

}  // namespace wemol::report::test
