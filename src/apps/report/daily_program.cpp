#include "daily_program.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "daily_days.h"
#include "daily_page.h"
#include "daily_plan.h"
#include "daily_report.h"
#include "day_files.h"
#include "day_texts.h"
#include "terminal.h"
#include "text.h"

namespace wemol::report::daily {
namespace {

constexpr int kAllThere = 0;
constexpr int kNothingThere = 1;
constexpr int kWrongUsage = 2;
constexpr int kSomeMissing = 3;

void print_error(std::string_view text) {
  fmt::print(stderr, "wemol-report: {}\n", text);
}

void print_warning(std::string_view text) {
  fmt::print(stderr, "wemol-report: WARNING: {}\n", text);
}

void warn_of_failures(const NodeOfDay& node) {
  const std::string place = fmt::format("{}, {}", node.day.date, printable(node.figures.node));
  if (node.figures.failure) {
    print_warning(fmt::format("{}: {}", place, printable(*node.figures.failure)));
    return;
  }
  for (const CardFigures& card : node.figures.cards) {
    if (card.failure) {
      print_warning(fmt::format("{}, GPU[{}]: {}", place, card.index, printable(*card.failure)));
    }
  }
}

/// False: some file could not be written, which is said.
bool write_files(const DataFolder& folder, const DailyPlan& plan, const DailyOptions& options,
                 const std::vector<NodeOfDay>& nodes) {
  const auto written = folder.write(nodes, plan.zone, {options.titles, plan.settings.null_as_zero});
  bool is_written = true;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (!written[i]) {
      print_error(written[i].error().message);
      is_written = false;
    } else if (!*written[i]) {
      print_warning(fmt::format("{}, {}: the files that are there are kept", nodes[i].day.date,
                                printable(nodes[i].figures.node)));
    }
  }
  return is_written;
}

Result<std::string> shown_text(const DailyOptions& options, const DailyPlan& plan,
                               const DailyReport& report, const DataFolder* folder) {
  constexpr int kIndent = 2;
  const auto json_text = [](const nlohmann::ordered_json& json) {
    return json.dump(kIndent, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
  };
  const bool is_of_user = !options.user.empty();
  switch (options.format) {
    case DailyFormat::json:
      return json_text(is_of_user ? user_json(report, options.user) : daily_json(report));
    case DailyFormat::csv:
      return is_of_user ? user_csv(report, options.user) : daily_csv(report);
    case DailyFormat::html: {
      const std::string& first = report.days.front().date;
      const std::string& last = report.days.back().date;
      const auto file = folder->write_page(
          fmt::format("report_{}{}.html", first, first == last ? "" : "_" + last),
          daily_page(report, plan.zone, plan.piece_seconds()));
      return file ? Result<std::string>(file->string() + "\n") : tl::make_unexpected(file.error());
    }
    case DailyFormat::table:
      break;
  }
  const Terminal terminal = terminal_of(STDOUT_FILENO);
  const Document document = is_of_user        ? user_document(report, options.user)
                            : options.compare ? comparison_document(report)
                                              : daily_document(report);
  const bool has_color = color_is_welcome(terminal, std::getenv("NO_COLOR"), std::getenv("TERM"));
  return document_text(document, {.width = terminal.width, .color = has_color});
}

int status_of(const std::vector<NodeOfDay>& nodes) {
  if (std::ranges::none_of(nodes, [](const NodeOfDay& node) { return node.figures.has_data(); })) {
    return kNothingThere;
  }
  return std::ranges::any_of(nodes, [](const NodeOfDay& node) { return node.figures.is_failed(); })
             ? kSomeMissing
             : kAllThere;
}

int print_user_report(const DailyOptions& options, const DailyPlan& plan) {
  const auto report = user_report(plan, options.titles, options.jobs);
  if (!report) {
    print_error(report.error().message);
    return kNothingThere;
  }
  for (const std::string& warning : report->warnings) {
    print_warning(warning);
  }
  const auto shown = write_to_output(report->text);
  return !shown ? kNothingThere : report->is_whole ? kAllThere : kSomeMissing;
}

int run_plan(const DailyOptions& options, const DailyPlan& plan) {
  // A page is written also of days that are there already.
  const bool writes = !options.stored || options.format == DailyFormat::html;
  const auto folder =
      writes ? DataFolder::open(options.data_dir) : Result<DataFolder>(DataFolder());
  if (!folder) {
    print_error(folder.error().message);
    return kNothingThere;
  }
  DaysOfNodes got =
      options.stored ? stored_days(plan, options.data_dir) : fetched_days(plan, options.jobs);
  for (const std::string& warning : got.warnings) {
    print_warning(warning);
  }
  std::ranges::for_each(got.nodes, warn_of_failures);
  const int status = status_of(got.nodes);
  const bool is_written = options.stored || write_files(*folder, plan, options, got.nodes);
  const DailyReport report = daily_report(plan.zone.name(), plan.days, std::move(got.nodes));
  const auto text = shown_text(options, plan, report, &*folder);
  const auto shown = text ? write_to_output(*text) : tl::make_unexpected(text.error());
  if (!shown) {
    print_error(shown.error().message);
  }
  return is_written && shown ? status : kNothingThere;
}

}  // namespace

int run_daily(const DailyOptions& options, WallTime now) {
  const auto plan = daily_plan(
      options, std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count());
  if (!plan) {
    print_error("daily: " + plan.error().message);
    return kWrongUsage;
  }
  for (const std::string& warning : plan->warnings) {
    print_warning(warning);
  }
  return options.user_report ? print_user_report(options, *plan) : run_plan(options, *plan);
}

int daily_main(int argc, const char* const* argv, WallTime now) {
  const auto options = parse_daily_options(argc - 1, argv + 1);
  if (options) {
    return run_daily(*options, now);
  }
  const EarlyEnd& end = options.error();
  if (end.status == 0) {
    fmt::print("{}", end.text);
  } else {
    print_error(end.text);
  }
  return end.status;
}

}  // namespace wemol::report::daily
