#include "logged_report.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "flat_csv.h"
#include "logged_run_view.h"
#include "recorded_tree.h"
#include "task_view.h"
#include "text.h"

namespace wemol::report {
namespace {

/// Why there is nothing to tell of a file that could be read.
std::string no_lines_text(const LoggedRunReport& report) {
  const reading::ReadingReport& read = report.reading.report;
  std::string text = fmt::format("{}: no line of a run is in it", printable(report.file.string()));
  if (read.bytes == 0) {
    text += ": it is empty";
  } else if (!read.first_bad_lines.empty()) {
    text += fmt::format(": line {}: {}", read.first_bad_lines.front().line,
                        read.first_bad_lines.front().reason);
  }
  return text;
}

bool is_any_selected(const std::vector<LoggedRunReport>& reports,
                     const MetricSelection& selection) {
  return selection.is_all() || std::ranges::any_of(reports, [&](const LoggedRunReport& report) {
           return std::ranges::any_of(report.run.metrics(), [&](const LoggedMetric& metric) {
             return selection.has(metric);
           });
         });
}

Result<std::vector<LoggedRunReport>> read_logged_runs(const ReportOptions& options,
                                                      reading::ReadingReport& sum,
                                                      const reading::Progress& progress) {
  std::vector<LoggedRunReport> reports;
  for (const std::filesystem::path& file : options.run_files) {
    LoggedRunReport& report = reports.emplace_back(LoggedRunReport{.file = file});
    auto read = reading::read_logged_lines(
        file, [&](const reading::LoggedLine& line) { report.run.add(line); }, progress);
    if (!read) {
      return tl::make_unexpected(read.error());
    }
    report.reading = std::move(*read);
    if (report.run.lines() == 0) {
      return failure(no_lines_text(report));
    }
    reading::add_report(sum, reading::ReadingReport(report.reading.report));
  }
  return reports;
}

std::string logged_runs_text(const ReportOptions& options,
                             const std::vector<LoggedRunReport>& reports, WallTime now,
                             const Screen& screen) {
  const std::size_t columns = plot_columns(screen.width);
  const MetricSelection selection(options.metrics);
  if (options.format == Format::json) {
    return json_document_text(logged_runs_json(reports, selection, now, columns));
  }
  if (options.format == Format::csv) {
    return flat_csv(logged_run_records(reports, selection, columns));
  }
  const Document document =
      reports.size() == 2
          ? logged_comparison_document(std::span<const LoggedRunReport, 2>(reports), selection)
          : logged_run_document(reports.front(), selection, columns);
  return options.format == Format::markdown
             ? document_markdown(document)
             : document_text(document, {.width = screen.width, .color = screen.color});
}

}  // namespace

Result<ReportText> logged_report(const ReportOptions& options, WallTime now, const Screen& screen,
                                 const reading::Progress& progress) {
  reading::ReadingReport reading;
  const auto reports = read_logged_runs(options, reading, progress);
  if (!reports) {
    return tl::make_unexpected(reports.error());
  }
  if (!is_any_selected(*reports, MetricSelection(options.metrics))) {
    return failure(
        fmt::format("--metric: no metric has \"{}\" in its name", options.metrics.front()));
  }
  return ReportText{logged_runs_text(options, *reports, now, screen), std::move(reading)};
}

}  // namespace wemol::report
