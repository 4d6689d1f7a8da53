#include "daily_report.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace wemol::report::daily {

DailyReport daily_report(std::string zone, std::vector<Day> days, std::vector<NodeOfDay> nodes) {
  DailyReport report{.zone = std::move(zone), .days = std::move(days), .nodes = std::move(nodes)};
  for (const NodeOfDay& node : report.nodes) {
    auto found = std::ranges::find(report.sums, node.figures.node, &NodeFigures::node);
    if (found == report.sums.end()) {
      found = report.sums.insert(report.sums.end(), NodeFigures{});
    }
    add_day(node.figures, *found);
  }
  report.users = user_figures(report.sums);
  return report;
}

std::string span_text(const DailyReport& report) {
  const std::string& first = report.days.front().date;
  const std::string& last = report.days.back().date;
  return first == last ? first : fmt::format("{} to {}", first, last);
}

}  // namespace wemol::report::daily
