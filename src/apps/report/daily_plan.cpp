#include "daily_plan.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "settings_file.h"
#include "text.h"

namespace wemol::report::daily {
namespace {

Result<std::vector<NodeSettings>> wanted_nodes(const DailyOptions& options,
                                               std::vector<NodeSettings> nodes) {
  if (options.nodes.empty()) {
    return nodes;
  }
  std::vector<NodeSettings> wanted;
  for (const std::string& name : options.nodes) {
    const auto found = std::ranges::find(nodes, name, &NodeSettings::name);
    if (found == nodes.end()) {
      return failure(
          fmt::format("--node: {} has no node \"{}\"", options.config.string(), printable(name)));
    }
    if (std::ranges::find(wanted, name, &NodeSettings::name) == wanted.end()) {
      wanted.push_back(*found);
    }
  }
  return wanted;
}

Result<Day> named_day(const std::string& date, const Zone& zone, std::int64_t now_epoch) {
  auto today = zone.day_at(now_epoch);
  if (date.empty() || date == "today" || !today) {
    return today;
  }
  return date == "yesterday" ? zone.day_at(today->begin_epoch - 1) : zone.day(date);
}

Result<std::vector<Day>> wanted_days(const DailyOptions& options, const Zone& zone,
                                     std::int64_t now_epoch) {
  const bool is_range = !options.from.empty();
  auto days = is_range ? zone.days(options.from, options.to) : Result<std::vector<Day>>();
  if (!is_range) {
    const auto day = named_day(options.date, zone, now_epoch);
    if (!day) {
      return tl::make_unexpected(day.error());
    }
    days->push_back(*day);
  }
  if (!days) {
    return days;
  }
  if (days->empty() || days->back().begin_epoch > now_epoch) {
    return failure(days->empty() ? "there is no such day"
                                 : fmt::format("{} has not begun", days->back().date));
  }
  return days;
}

}  // namespace

Result<DailyPlan> daily_plan(const DailyOptions& options, std::int64_t now_epoch) {
  auto read = read_settings(options.config);
  if (!read) {
    return tl::make_unexpected(read.error());
  }
  auto zone = Zone::of(read->settings.zone);
  if (!zone) {
    return tl::make_unexpected(zone.error());
  }
  auto days = wanted_days(options, *zone, now_epoch);
  if (!days) {
    return tl::make_unexpected(days.error());
  }
  auto nodes = wanted_nodes(options, std::move(read->settings.nodes));
  if (!nodes) {
    return tl::make_unexpected(nodes.error());
  }
  DailyPlan plan{.settings = std::move(read->settings),
                 .zone = std::move(*zone),
                 .days = std::move(*days),
                 .now_epoch = now_epoch,
                 .warnings = std::move(read->warnings)};
  plan.settings.nodes = std::move(*nodes);
  plan.settings.null_as_zero = plan.settings.null_as_zero || options.null_as_zero;
  if (options.skip_task_info) {
    plan.settings.management.reset();
  }
  return plan;
}

}  // namespace wemol::report::daily
