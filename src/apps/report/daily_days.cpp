#include "daily_days.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "day_texts.h"
#include "stored_day.h"
#include "text.h"

namespace wemol::report::daily {
namespace {

NodeOfDay node_of_day(const DailyPlan& plan, const Day& day, NodeDay data, bool knows_users) {
  const FiguresRules rules{.null_as_zero = plan.settings.null_as_zero,
                           .piece_seconds = plan.piece_seconds(),
                           .now_epoch = plan.now_epoch};
  NodeFigures figures = figures_of(data, day, rules, knows_users);
  return {.day = day, .data = std::move(data), .figures = std::move(figures)};
}

}  // namespace

DaysOfNodes fetched_days(const DailyPlan& plan, unsigned /*jobs*/) {
  return {};
}

DaysOfNodes stored_days(const DailyPlan& plan, const std::filesystem::path& data_dir) {
  DaysOfNodes days;
  for (const Day& day : plan.days) {
    for (const NodeSettings& node : plan.settings.nodes) {
      auto stored = read_stored_day(data_dir, node, day);
      if (!stored) {
        stored = NodeDay{.node = node.name, .failure = stored.error().message};
      }
      const bool knows_users = stored->tasks.has_value();
      days.nodes.push_back(node_of_day(plan, day, std::move(*stored), knows_users));
    }
  }
  return days;
}

Result<UserReport> user_report(const DailyPlan& plan, Titles titles, unsigned jobs) {
  return failure("");
}

}  // namespace wemol::report::daily
