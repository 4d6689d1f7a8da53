#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "daily_settings.h"
#include "node_day.h"

namespace wemol::report::daily {

constexpr unsigned kUsualJobs = 64;

struct FetchPlan {
  DailySettings settings;  ///< its nodes are those asked for
  std::vector<Day> days;
  std::int64_t now_epoch = 0;
  unsigned jobs = kUsualJobs;        ///< nodes side by side
  bool is_asking_figures = true;     ///< false: only who had what
  bool is_asking_management = true;  ///< where the settings have one
  /// For nodes of the kind `recorder`; empty: such a node is a failure.
  std::function<NodeDay(const NodeSettings&, const Day&)> read_recorded_day;
};

/// One day: each node of the settings, in their order.
struct FetchedDay {
  Day day;
  std::vector<NodeDay> nodes;
  std::vector<std::string> warnings;  ///< of the management API, each once; nodes have their own
};

/// Fetches all side by side and waits for it. What fails stands in what it gives.
[[nodiscard]] std::vector<FetchedDay> fetch_days(const FetchPlan& plan);

}  // namespace wemol::report::daily
