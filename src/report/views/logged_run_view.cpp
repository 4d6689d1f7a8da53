#include "logged_run_view.h"

#include <algorithm>

#include <fmt/format.h>

#include "figure_text.h"
#include "plot.h"
#include "text.h"

namespace wemol::report {
namespace {

constexpr std::size_t kHeadWidth = 10;

Section head_section(const LoggedRunReport& report) {
  const LoggedRun& run = report.run;
  const std::vector<std::pair<const char*, std::string>> texts{
      {"file", printable(report.file.string())}, {"begin", moment_text(run.begin())},
      {"end", moment_text(run.end())},           {"duration", span_text(run.duration_seconds())},
      {"lines", fmt::format("{}", run.lines())}, {"steps", steps_text(run)}};
  Section section{.title = fmt::format("Run {}", run_name(report))};
  for (const auto& [name, text] : texts) {
    section.lines.push_back(padded_right(name, kHeadWidth) + text);
  }
  return section;
}

/// What a plot shows.
struct Plotted {
  std::string name;
  const HostKey* key = nullptr;
  const MetricSeries* series = nullptr;
};

std::vector<Plotted> plotted_hardware(const LoggedRun& run) {
  std::vector<Plotted> plotted;
  for (const auto& [name, title] : {std::pair{"system.cpu.usage_percent", "CPU"},
                                    std::pair{"system.memory.used_bytes", "Memory"}}) {
    if (const LoggedMetric* const metric = run.find(name)) {
      plotted.push_back({title, metric->key, &metric->series});
    }
  }
  struct OfAll {
    AllGpus which;
    const char* one;  ///< a key of the same unit
    const char* title;
  };
  for (const auto& [which, one, title] :
       {OfAll{kAllGpusUtilization, "gpu.0.gpu", "GPU utilization (mean of all GPUs)"},
        OfAll{kAllGpusMemory, "gpu.0.memoryAllocatedBytes", "GPU memory (all GPUs)"},
        OfAll{kAllGpusPower, "gpu.0.powerWatts", "GPU power (all GPUs)"}}) {
    plotted.push_back({title, find_flat_key(one), &run.all_gpus(which)});
  }
  return plotted;
}

/// Those that were asked for by name, or the usual ones and all that are the caller's.
std::vector<Plotted> plotted_of(const LoggedRun& run, const MetricSelection& selection) {
  std::vector<Plotted> plotted;
  if (selection.is_all()) {
    plotted = plotted_hardware(run);
  }
  for (const LoggedMetric& metric : run.metrics()) {
    if (selection.has(metric) && !(selection.is_all() && metric.is_hardware())) {
      plotted.push_back({printable(metric.name), metric.key, &metric.series});
    }
  }
  return plotted;
}

/// A hardware figure's plot begins at 0; the caller's own metric may be anything, and what changes
/// in it is to be seen.
std::optional<Section> plot_section(const Plotted& plotted, const LoggedRun& run,
                                    const LoggedColumns& columns) {
  if (plotted.series->values() == 0) {
    return std::nullopt;
  }
  Plot plot{.columns = means_in(columns, *plotted.series, run.steps()),
            .begin_label = moment_text(run.begin()),
            .end_label = moment_text(run.end())};
  double lowest = plotted.series->max();
  double highest = plotted.series->min();
  for (const auto& mean : plot.columns) {
    lowest = std::min(lowest, mean.value_or(lowest));
    highest = std::max(highest, mean.value_or(highest));
  }
  plot.top = highest;
  plot.top_label = metric_text(plotted.key, highest);
  if (plotted.key == nullptr) {
    plot.bottom = lowest;
    plot.bottom_label = metric_text(nullptr, lowest);
  }
  return Section{
      .title = fmt::format("{}: {} to {}, the mean of each column", plotted.name,
                           metric_text(plotted.key, lowest), metric_text(plotted.key, highest)),
      .lines = plot_lines(plot)};
}

std::optional<Section> figures_section(const LoggedRun& run, const MetricSelection& selection,
                                       bool of_hardware) {
  Table table{.columns = {{of_hardware ? "figure" : "metric", Align::left}}, .rows = {}};
  for (const char* const title : {"min", "mean", "max", "last"}) {
    table.columns.push_back({title});
  }
  table.columns.push_back({"values"});
  for (const LoggedMetric& metric : run.metrics()) {
    if (metric.is_hardware() == of_hardware && selection.shows(metric) &&
        metric.series.values() > 0) {
      const MetricSeries& series = metric.series;
      table.rows.push_back(
          {printable(metric.name), metric_text(metric.key, series.min()),
           metric_text(metric.key, run.mean_of(metric)), metric_text(metric.key, series.max()),
           metric_text(metric.key, series.last()), fmt::format("{}", series.values())});
    }
  }
  if (table.rows.empty()) {
    return std::nullopt;
  }
  return Section{.title = of_hardware ? "Hardware (means over time)"
                                      : "The run's own metrics (means over their values)",
                 .table = std::move(table)};
}

}  // namespace

Document logged_run_document(const LoggedRunReport& report, const MetricSelection& selection,
                             std::size_t columns) {
  Document document{.sections = {head_section(report)}, .notes = logged_notes(report, selection)};
  for (const bool of_hardware : {false, true}) {
    if (auto section = figures_section(report.run, selection, of_hardware)) {
      document.sections.push_back(std::move(*section));
    }
  }
  const LoggedColumns stretches = columns_of(report.run, columns);
  for (const Plotted& plotted : plotted_of(report.run, selection)) {
    if (auto section = plot_section(plotted, report.run, stretches)) {
      document.sections.push_back(std::move(*section));
    }
  }
  return document;
}

}  // namespace wemol::report
