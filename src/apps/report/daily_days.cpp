#include "daily_days.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "day_texts.h"
#include "fetch_days.h"
#include "recorder_source.h"
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

bool is_recorded(const NodeSettings& node) {
  return node.source == SourceKind::recorder;
}

bool knows_users(const NodeSettings& settings, const NodeDay& node) {
  return node.tasks || (is_recorded(settings) && !node.failure);
}

/// Reads the records of all nodes that have some, each file once for all days, and gives them out
/// one by one.
std::function<NodeDay(const NodeSettings&, const Day&)> recorded_days(const DailyPlan& plan) {
  std::vector<NodeSettings> nodes;
  std::ranges::copy_if(plan.settings.nodes, std::back_inserter(nodes), is_recorded);
  std::map<std::pair<std::string, std::string>, NodeDay> days;
  if (!nodes.empty()) {
    const auto read = fetch_recorder_days(
        nodes, plan.days, {.piece_seconds = plan.piece_seconds(), .now_epoch = plan.now_epoch});
    for (std::size_t i = 0; i < read.size(); ++i) {
      for (const NodeDay& node : read[i]) {
        days.emplace(std::pair(node.node, plan.days[i].date), node);
      }
    }
  }
  return [days = std::move(days)](const NodeSettings& node, const Day& day) {
    return days.at({node.name, day.date});
  };
}

FetchPlan fetch_plan(const DailyPlan& plan, unsigned jobs) {
  return {.settings = plan.settings,
          .days = plan.days,
          .now_epoch = plan.now_epoch,
          .jobs = jobs,
          .is_asking_management = plan.settings.management.has_value(),
          .read_recorded_day = recorded_days(plan)};
}

/// Who has the GPUs of a node; empty: that is not known.
std::string users_of_node(const NodeSettings& settings, const NodeDay& node, const Words& words) {
  if (node.tasks) {
    const std::string text = tasks_text(node.node, *node.tasks, words);
    return text.empty() ? fmt::format("{} {}: {}\n\n", node.node, words.tasks_of_node, words.nobody)
                        : text;
  }
  if (!knows_users(settings, node)) {
    return {};
  }
  std::string text = fmt::format("{} {}:\n", node.node, words.tasks_of_node);
  for (const CardDay& card : node.cards) {
    std::string users(words.unknown_user);
    if (!card.are_users_unknown) {
      users = users_text(card.users, words);
    }
    text += fmt::format("  GPU[{}]: {}\n", card.index, users);
  }
  return text + "\n";
}

/// What is asked for who has what: the API, and the records of those nodes that have their own.
std::vector<FetchedDay> fetched_users(const DailyPlan& plan, unsigned jobs) {
  FetchPlan ask = fetch_plan(plan, jobs);
  ask.is_asking_figures = false;
  auto days = fetch_days(ask);
  std::erase_if(ask.settings.nodes, [](const NodeSettings& node) { return !is_recorded(node); });
  if (ask.settings.nodes.empty()) {
    return days;
  }
  ask.is_asking_figures = true;
  ask.is_asking_management = false;
  const auto recorded = fetch_days(ask);
  for (std::size_t i = 0; i < days.size(); ++i) {
    for (const NodeDay& node : recorded[i].nodes) {
      *std::ranges::find(days[i].nodes, node.node, &NodeDay::node) = node;
    }
  }
  return days;
}

}  // namespace

DaysOfNodes fetched_days(const DailyPlan& plan, unsigned jobs) {
  DaysOfNodes days;
  for (FetchedDay& fetched : fetch_days(fetch_plan(plan, jobs))) {
    for (std::size_t i = 0; i < fetched.nodes.size(); ++i) {
      const NodeDay& node = fetched.nodes[i];
      if (node.users_failure && is_recorded(plan.settings.nodes[i])) {  // else it is the API's
        days.warnings.push_back(
            fmt::format("{}, {}: {}", fetched.day.date, node.node, *node.users_failure));
      }
      const bool are_users_known = knows_users(plan.settings.nodes[i], fetched.nodes[i]);
      days.nodes.push_back(
          node_of_day(plan, fetched.day, std::move(fetched.nodes[i]), are_users_known));
    }
    std::ranges::move(fetched.warnings, std::back_inserter(days.warnings));
  }
  return days;
}

DaysOfNodes stored_days(const DailyPlan& plan, const std::filesystem::path& data_dir) {
  DaysOfNodes days;
  for (const Day& day : plan.days) {
    for (const NodeSettings& node : plan.settings.nodes) {
      auto stored = read_stored_day(data_dir, node, day);
      if (!stored) {
        stored = NodeDay{.node = node.name, .failure = stored.error().message};
      }
      const bool are_users_known = stored->tasks.has_value();
      days.nodes.push_back(node_of_day(plan, day, std::move(*stored), are_users_known));
    }
  }
  return days;
}

Result<UserReport> user_report(const DailyPlan& plan, Titles titles, unsigned jobs) {
  const auto& nodes = plan.settings.nodes;
  if (!plan.settings.management && std::ranges::none_of(nodes, is_recorded)) {
    return failure("--user-report: the settings have no [management], and no node of the recorder");
  }
  const Words& words = words_of(titles);
  UserReport report;
  bool is_any_known = false;
  for (FetchedDay& day : fetched_users(plan, jobs)) {
    report.text += fmt::format("{}: {}\n\n", words.date, day.day.date);
    for (std::size_t i = 0; i < day.nodes.size(); ++i) {
      const std::string text = users_of_node(nodes[i], day.nodes[i], words);
      report.text += text;
      is_any_known = is_any_known || !text.empty();
      report.is_whole = report.is_whole && !text.empty();
    }
    std::ranges::move(day.warnings, std::back_inserter(report.warnings));
  }
  if (!is_any_known) {
    return failure(report.warnings.empty() ? "nothing is known of who has which GPU"
                                           : report.warnings.front());
  }
  return report;
}

}  // namespace wemol::report::daily
