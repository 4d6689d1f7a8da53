#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "figure_text.h"
#include "logged_run_view.h"
#include "text.h"

namespace wemol::report {
namespace {

using Reports = std::span<const LoggedRunReport, 2>;

constexpr const char* kDifference = "B - A";
constexpr const char* kChange = "change";

std::string change_text(const FigureDifference& difference) {
  if (!difference.percent) {
    return kNotKnown;
  }
  const std::string size = amount_text(std::abs(*difference.percent));
  const char* const sign = *difference.percent < 0 ? "-" : "+";
  return (size == "0" ? "" : sign) + size + " %";
}

Section runs_section(const Reports& reports) {
  const LoggedRun& a = reports[0].run;
  const LoggedRun& b = reports[1].run;
  const double duration = b.duration_seconds() - a.duration_seconds();
  Table table{.columns = {{"", Align::left}, {"A"}, {"B"}, {kDifference}}, .rows = {}};
  table.rows.push_back(
      {std::string("run"), run_name(reports[0]), run_name(reports[1]), std::string()});
  table.rows.push_back(
      {std::string("begin"), moment_text(a.begin()), moment_text(b.begin()), std::string()});
  table.rows.push_back({std::string("duration"), span_text(a.duration_seconds()),
                        span_text(b.duration_seconds()),
                        (duration < 0 ? "-" : "+") + span_text(std::abs(duration))});
  table.rows.push_back({std::string("lines"), fmt::format("{}", a.lines()),
                        fmt::format("{}", b.lines()),
                        fmt::format("{:+}", static_cast<std::int64_t>(b.lines()) -
                                                static_cast<std::int64_t>(a.lines()))});
  table.rows.push_back({std::string("steps"), steps_text(a), steps_text(b), std::string()});
  return {.title = "Two runs",
          .table = std::move(table),
          .lines = {"A: " + printable(reports[0].file.string()),
                    "B: " + printable(reports[1].file.string())}};
}

using FigureOfRun = std::optional<double> (*)(const LoggedRun& run, const LoggedMetric& metric);

struct ComparedFigure {
  const char* name;
  FigureOfRun figure;
  bool has_difference;
};

template <double (MetricSeries::*Member)() const>
std::optional<double> of_series(const LoggedRun& /*run*/, const LoggedMetric& metric) {
  return metric.series.values() > 0 ? std::optional((metric.series.*Member)()) : std::nullopt;
}

const std::vector<ComparedFigure>& figures_of(bool of_hardware) {
  static const ComparedFigure mean{
      "mean", [](const LoggedRun& run, const LoggedMetric& metric) { return run.mean_of(metric); },
      true};
  static const ComparedFigure min{"min", of_series<&MetricSeries::min>, false};
  static const ComparedFigure max{"max", of_series<&MetricSeries::max>, false};
  static const ComparedFigure last{"last", of_series<&MetricSeries::last>, true};
  static const std::vector<ComparedFigure> hardware{mean, max};
  static const std::vector<ComparedFigure> own{last, min, max};
  return of_hardware ? hardware : own;
}

std::vector<Cell> cells_of(const MetricPair& pair, const Reports& reports, bool of_hardware) {
  std::vector<Cell> cells{printable(pair.any().name)};
  const HostKey* const key = pair.any().key;
  for (const auto& [name, figure, has_difference] : figures_of(of_hardware)) {
    const auto a = pair.a != nullptr ? figure(reports[0].run, *pair.a) : std::nullopt;
    const auto b = pair.b != nullptr ? figure(reports[1].run, *pair.b) : std::nullopt;
    cells.emplace_back(metric_text(key, a));
    cells.emplace_back(metric_text(key, b));
    if (has_difference) {
      const FigureDifference difference = difference_of(a, b);
      cells.emplace_back(difference_text(key, difference.difference));
      cells.emplace_back(change_text(difference));
    }
  }
  return cells;
}

std::optional<Section> figures_section(const Reports& reports, const MetricSelection& selection,
                                       bool of_hardware) {
  Table table{.columns = {{of_hardware ? "figure" : "metric", Align::left}}, .rows = {}};
  for (const ComparedFigure& figure : figures_of(of_hardware)) {
    for (const char* const title : {"A", "B", kDifference, kChange}) {
      if (figure.has_difference || title == std::string_view("A") ||
          title == std::string_view("B")) {
        table.columns.push_back({title, Align::right, figure.name});
      }
    }
  }
  for (const MetricPair& pair : metric_pairs(reports[0].run, reports[1].run)) {
    if (pair.any().is_hardware() == of_hardware && selection.shows(pair.any())) {
      table.rows.push_back(cells_of(pair, reports, of_hardware));
    }
  }
  if (table.rows.empty()) {
    return std::nullopt;
  }
  return Section{.title = of_hardware ? "Hardware (means over time)" : "The runs' own metrics",
                 .table = std::move(table)};
}

}  // namespace

std::vector<MetricPair> metric_pairs(const LoggedRun& a, const LoggedRun& b) {
  std::vector<MetricPair> pairs;
  for (const LoggedMetric& metric : a.metrics()) {
    pairs.push_back({&metric, b.find(metric.name)});
  }
  for (const LoggedMetric& metric : b.metrics()) {
    if (a.find(metric.name) == nullptr) {
      pairs.push_back({nullptr, &metric});
    }
  }
  return pairs;
}

FigureDifference difference_of(const std::optional<double>& a, const std::optional<double>& b) {
  constexpr double kPercent = 100;
  if (!a || !b) {
    return {};
  }
  FigureDifference difference{.difference = *b - *a, .percent = std::nullopt};
  if (*a != 0) {
    difference.percent = kPercent * (*b - *a) / std::abs(*a);
  }
  return difference;
}

Document logged_comparison_document(Reports reports, const MetricSelection& selection) {
  Document document{.sections = {runs_section(reports)}, .notes = {}};
  for (const bool of_hardware : {false, true}) {
    if (auto section = figures_section(reports, selection, of_hardware)) {
      document.sections.push_back(std::move(*section));
    }
  }
  for (const LoggedRunReport& report : reports) {
    for (std::string& note : logged_notes(report, selection)) {
      if (std::ranges::find(document.notes, note) == document.notes.end()) {
        document.notes.push_back(std::move(note));
      }
    }
  }
  return document;
}

}  // namespace wemol::report
