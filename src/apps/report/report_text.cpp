#include "report_text.h"

#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "document.h"
#include "flat_csv.h"
#include "logged_report.h"
#include "modules_view.h"
#include "queue_report.h"
#include "recommendation_view.h"
#include "recorded_tree.h"
#include "sampled_runs.h"
#include "task_view.h"
#include "text.h"

namespace wemol::report {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kModulesNamed = 10;

ReportContext context_of(const ReportOptions& options, WallTime now) {
  return {.folder = options.folder,
          .now = now,
          .samples_only = options.samples_only,
          .window = options.window,
          .reading = {}};
}

reading::ReadingRequest request_of(const ReportOptions& options) {
  return {.root = options.folder, .samples_only = options.samples_only, .threads = options.threads};
}

Error no_such_module(const std::string& pattern, const std::vector<std::string>& names) {
  std::string known;
  for (std::size_t at = 0; at < names.size() && at < kModulesNamed; ++at) {
    known += (at == 0 ? "" : ", ") + printable(names[at]);
  }
  known += names.size() > kModulesNamed ? ", ..." : "";
  return {fmt::format("--module: no module is named \"{}\" or has that in its name; there are: {}",
                      printable(pattern), known.empty() ? "none" : known)};
}

/// Files were there, and not a row of them could be used: "0 runs" would be wrong.
std::optional<Error> nothing_readable(const ReportContext& context) {
  const reading::ReadingReport& reading = context.reading;
  if (reading.ledger_rows + reading.sample_rows > 0 || reading.bad_lines + reading.bad_files == 0) {
    return std::nullopt;
  }
  std::string text =
      fmt::format("{}: nothing in it can be read:", printable(context.folder.string()));
  for (const std::string& bad : bad_line_texts(reading)) {
    text += "\n  " + bad;
  }
  return Error{
      text +
      "\nGive the files as the recorder wrote them. If a spreadsheet has saved them: as CSV "
      "in UTF-8, with times like 2026-11-05 10:00:00."};
}

Result<ModuleFigures> read_figures(const ReportOptions& options, ReportContext& context,
                                   const reading::Progress& progress) {
  ModuleFigures figures(options.window, context.now);
  auto read = reading::read_runs(
      request_of(options), [&](reading::RecordedRun&& run) { figures.add(run); }, progress);
  if (!read) {
    return tl::make_unexpected(read.error());
  }
  context.reading = std::move(*read);
  if (const auto error = nothing_readable(context)) {
    return tl::make_unexpected(*error);
  }
  const auto names = figures.module_names();
  const ModuleSelection selection(options.modules, names);
  if (!selection.unmatched().empty()) {
    return tl::make_unexpected(no_such_module(selection.unmatched().front(), names));
  }
  figures.keep(selection);
  return figures;
}

Json json_of(const ReportOptions& options, const ModuleFigures& figures,
             const ReportContext& context) {
  return options.command == Command::recommend
             ? recommendation_json(figures, context, options.rules)
             : modules_json(figures, context, options.gpu_hour_cores);
}

/// Has its header also when there is no module.
std::string csv_of(const ReportOptions& options, const ModuleFigures& figures,
                   const ReportContext& context) {
  if (!figures.groups().empty()) {
    return flat_csv(json_of(options, figures, context)["modules"]);
  }
  ModuleFigures one({}, context.now);
  one.add({});
  const std::string csv = flat_csv(json_of(options, one, context)["modules"]);
  return csv.substr(0, csv.find('\n') + 1);
}

std::string modules_text(const ReportOptions& options, const ModuleFigures& figures,
                         const ReportContext& context, const Screen& screen) {
  if (options.format == Format::csv) {
    return csv_of(options, figures, context);
  }
  if (options.format == Format::json) {
    return json_document_text(json_of(options, figures, context));
  }
  const Document document = options.command == Command::recommend
                                ? recommendation_document(figures, context, options.rules)
                                : modules_document(figures, context, options.gpu_hour_cores);
  return options.format == Format::markdown
             ? document_markdown(document)
             : document_text(document, {.width = screen.width, .color = screen.color});
}

std::string task_text(const ReportOptions& options, const TaskReport& task,
                      const ReportContext& context, const Screen& screen) {
  const std::size_t columns = plot_columns(screen.width);
  switch (options.format) {
    case Format::json:
      return json_document_text(task_json(task, context, columns));
    case Format::csv:
      return flat_csv(task_records(task, columns));
    case Format::markdown:
      return document_markdown(task_document(task, context, columns));
    default:
      return document_text(task_document(task, context, columns),
                           {.width = screen.width, .color = screen.color});
  }
}

Result<TaskReport> read_task(const ReportOptions& options, ReportContext& context) {
  auto files = reading::find_task(request_of(options), options.task_id);
  if (!files) {
    return tl::make_unexpected(files.error());
  }
  TaskReport task{.task_id = options.task_id, .csv_files = std::move(files->csv_files), .runs = {}};
  for (reading::RecordedRun& run : files->runs) {
    task.runs.push_back({.run = std::move(run), .series = {}});
  }
  reading::RepeatedRows repeated(task.csv_files.size());
  for (const auto& file : task.csv_files) {
    repeated.begin_file(file);
    auto read = reading::read_task_rows(file, [&](const reading::TaskRow& row) {
      if (repeated.holds(row.container, row.usage.read_at)) {
        return;
      }
      if (RunOverTime* const run = run_of_row(task, row.container, row.usage.read_at)) {
        run->series.add(row.usage);
      }
    });
    if (!read) {
      return tl::make_unexpected(read.error());
    }
    reading::add_report(context.reading, std::move(*read));
  }
  repeated.note(context.reading);
  return task;
}

}  // namespace

Result<ReportText> report_text(const ReportOptions& options, WallTime now, const Screen& screen,
                               const reading::Progress& progress) {
  if (options.command == Command::run) {
    return logged_report(options, now, screen, progress);
  }
  if (options.command == Command::queue) {
    return queue_report(options, now, screen, progress);
  }
  ReportContext context = context_of(options, now);
  if (options.command == Command::task) {
    const auto task = read_task(options, context);
    if (!task) {
      return tl::make_unexpected(task.error());
    }
    std::string text = task_text(options, *task, context, screen);
    return ReportText{std::move(text), std::move(context.reading)};
  }
  const auto figures = read_figures(options, context, progress);
  if (!figures) {
    return tl::make_unexpected(figures.error());
  }
  std::string text = modules_text(options, *figures, context, screen);
  return ReportText{std::move(text), std::move(context.reading)};
}

std::vector<std::string> bad_line_texts(const reading::ReadingReport& reading) {
  std::vector<std::string> texts;
  for (const reading::BadLine& bad : reading.first_bad_lines) {
    const std::string line = bad.line > 0 ? fmt::format("{}:", bad.line) : "";
    texts.push_back(printable(fmt::format("{}:{} {}", bad.file.string(), line, bad.reason)));
  }
  const std::uint64_t bad = reading.bad_lines + reading.bad_files;
  if (bad > texts.size()) {
    texts.push_back(fmt::format("{} more that could not be used", bad - texts.size()));
  }
  return texts;
}

}  // namespace wemol::report
