#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <wemol/result.h>

#include "daily_options.h"
#include "daily_settings.h"
#include "node_day.h"
#include "zone.h"

namespace wemol::report::daily {

/// What a run is about, once options and settings have been read.
struct DailyPlan {
  DailySettings settings;  ///< only the nodes that are asked for
  Zone zone;
  std::vector<Day> days;
  std::int64_t now_epoch = 0;
  std::vector<std::string> warnings;

  [[nodiscard]] std::int64_t piece_seconds() const {
    constexpr std::int64_t kSecondsPerDay = 86'400;
    return kSecondsPerDay / settings.points;
  }
};

/// Fails for settings that are not right, a node that is not in them, and a day that has not begun.
[[nodiscard]] Result<DailyPlan> daily_plan(const DailyOptions& options, std::int64_t now_epoch);

}  // namespace wemol::report::daily
