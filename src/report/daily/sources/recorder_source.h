#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "daily_settings.h"
#include "node_day.h"

namespace wemol::report::daily {

struct RecorderRules {
  std::int64_t piece_seconds = 600;  ///< of a day
  std::int64_t now_epoch = 0;        ///< nothing is expected of what comes after
  unsigned threads = 0;              ///< that read files side by side; 0: one per CPU
};

/// Days of nodes from their own device history, `<url>/devices/<DATE>.csv`. Each file is read once
/// for all days. The result has a row for each day, in it a NodeDay for each node.
[[nodiscard]] std::vector<std::vector<NodeDay>> fetch_recorder_days(
    const std::vector<NodeSettings>& nodes, const std::vector<Day>& days,
    const RecorderRules& rules);

/// Gives single days of these. All are read with the first one that is asked for; any thread may
/// ask.
[[nodiscard]] std::function<NodeDay(const NodeSettings&, const Day&)> recorder_days(
    std::vector<NodeSettings> nodes, std::vector<Day> days, const RecorderRules& rules);

}  // namespace wemol::report::daily
