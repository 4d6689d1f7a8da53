#include "task_view.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "document.h"
#include "figure_text.h"
#include "plot.h"
#include "run_notes.h"
#include "text.h"
#include "time_text.h"

namespace wemol::report {
namespace {

using FigureText = std::string (*)(const std::optional<double>&);

constexpr std::size_t kNameWidth = 17;

std::string watts_text(const std::optional<double>& watts) {
  return watts ? amount_text(watts) + " W" : kNotKnown;
}

struct PlottedFigure {
  SeriesFigure figure;
  const char* name;
  FigureText text;
  bool by_max;  ///< a bar is the highest reading and not the mean
};

constexpr std::array<PlottedFigure, kSeriesFigureCount> kPlottedFigures{{
    {kSeriesCores, "CPU cores", amount_text, false},
    {kSeriesMemoryBytes, "Memory", bytes_text, true},
    {kSeriesGpuUtilizationPercent, "GPU utilization (whole device)", percent_text, false},
    {kSeriesGpuMemoryMib, "GPU memory (whole device)", mebibytes_text, true},
    {kSeriesGpuPowerWatts, "GPU power (whole device)", watts_text, false},
}};

/// "2026-01-15 10:30:00".
std::string short_time_text(WallTime time) {
  constexpr std::size_t kDateAndTime = 19;
  std::string text = iso_time_text(time).substr(0, kDateAndTime);
  std::ranges::replace(text, 'T', ' ');
  return text;
}

std::string time_or_unknown(const std::optional<WallTime>& time) {
  return time ? short_time_text(*time) : kNotKnown;
}

std::optional<double> number_of(const std::optional<std::uint64_t>& number) {
  return number ? std::optional(static_cast<double>(*number)) : std::nullopt;
}

std::string how_it_ended(const reading::RecordedRun& run, WallTime now) {
  if (may_still_run(run, now)) {
    return "may still be running";
  }
  std::string text =
      run.summary.exit_code ? fmt::format("exit code {}", *run.summary.exit_code) : kNotKnown;
  if (run.summary.oom_killed.value_or(false)) {
    text += ", OOM-killed";
  }
  return text;
}

std::string gpus_of(const RunSummary& run) {
  if (!run.gpu_count) {
    return kNotKnown;
  }
  return *run.gpu_count == 0 ? "none"
                             : fmt::format("{} ({})", run.gpu_ids, printable(run.gpu_names));
}

std::string gpu_memory_of(const RunSummary& run) {
  if (run.gpu_memory_peak_mib || !run.gpu_device_memory_peak_mib) {
    return fmt::format("{} mean, {} peak", mebibytes_text(run.gpu_memory_mean_mib),
                       mebibytes_text(run.gpu_memory_peak_mib));
  }
  return fmt::format("{} peak of the whole device", mebibytes_text(run.gpu_device_memory_peak_mib));
}

using NamedTexts = std::vector<std::pair<const char*, std::string>>;

NamedTexts identity_of(const reading::RecordedRun& run, WallTime now) {
  const RunSummary& summary = run.summary;
  const bool is_estimate = run.basis == reading::Basis::samples;
  return {{"job", printable(summary.job_id)},
          {"module", printable(summary.module_name)},
          {"container", printable(summary.container)},
          {"started", time_or_unknown(summary.started_at)},
          {"ended", time_or_unknown(summary.ended_at)},
          {"run time", duration_text(summary.duration_seconds)},
          {"exit", how_it_ended(run, now)},
          {"samples", fmt::format("{}, which saw {} of the run time", summary.samples,
                                  percent_text(summary.coverage_percent))},
          {"figures", is_estimate ? "estimates: added up from the samples" : "from the ledger"}};
}

NamedTexts figures_of(const RunSummary& run) {
  NamedTexts figures{
      {"CPU", fmt::format("{} cores mean, {} max, {} of CPU time", amount_text(run.cpu_cores_mean),
                          amount_text(run.cpu_cores_max), duration_text(run.cpu_seconds))},
      {"memory", fmt::format("{} mean, {} peak", bytes_text(run.memory_mean_bytes),
                             bytes_text(number_of(run.memory_peak_bytes)))},
      {"network", fmt::format("{} received, {} sent", bytes_text(number_of(run.network_rx_bytes)),
                              bytes_text(number_of(run.network_tx_bytes)))},
      {"disk", fmt::format("{} read, {} written", bytes_text(number_of(run.block_read_bytes)),
                           bytes_text(number_of(run.block_write_bytes)))},
      {"GPUs", gpus_of(run)}};
  if (run.gpu_count.value_or(0) > 0) {
    figures.emplace_back("GPU utilization",
                         fmt::format("{} mean, {} max", percent_text(run.gpu_utilization_mean),
                                     percent_text(run.gpu_utilization_max)));
    figures.emplace_back("GPU memory", gpu_memory_of(run));
    figures.emplace_back("GPU shared", run.gpu_shared_percent
                                           ? fmt::format("in {} of the samples",
                                                         percent_text(run.gpu_shared_percent))
                                           : kNotKnown);
    figures.emplace_back("energy", energy_text(run.energy_wh));
  }
  return figures;
}

std::vector<std::string> lines_of(const reading::RecordedRun& run, WallTime now) {
  std::vector<std::string> lines;
  for (const NamedTexts& part : {identity_of(run, now), figures_of(run.summary)}) {
    for (const auto& [name, text] : part) {
      lines.push_back(padded_right(name, kNameWidth) + text);
    }
  }
  return lines;
}

/// Nothing when no reading has the figure.
std::optional<Section> plot_section(const PlottedFigure& plotted,
                                    const std::vector<SeriesBucket>& buckets, WallTime end) {
  Plot plot{.columns = {},
            .begin_label = short_time_text(buckets.front().begin),
            .end_label = short_time_text(end)};
  std::optional<double> lowest;
  std::optional<double> highest;
  for (const SeriesBucket& bucket : buckets) {
    const auto& value = plotted.by_max ? bucket.max[plotted.figure] : bucket.mean[plotted.figure];
    plot.columns.push_back(value);
    if (value) {
      lowest = std::min(lowest.value_or(*value), *value);
      highest = std::max(highest.value_or(*value), *value);
    }
  }
  if (!highest) {
    return std::nullopt;
  }
  plot.top = *highest;
  plot.top_label = plotted.text(highest);
  return Section{.title = fmt::format("{}: {} to {}, the {} of each column", plotted.name,
                                      plotted.text(lowest), plotted.text(highest),
                                      plotted.by_max ? "highest" : "mean"),
                 .lines = plot_lines(plot)};
}

}  // namespace

RunOverTime* run_of_row(TaskReport& task, std::string_view container, WallTime read_at) {
  constexpr std::chrono::seconds kTimestampsStep{1};  // a row's time has whole seconds
  RunOverTime* found = nullptr;
  for (RunOverTime& candidate : task.runs) {
    const RunSummary& run = candidate.run.summary;
    const bool has_begun = run.started_at && *run.started_at <= read_at + kTimestampsStep;
    if (run.container == container && (found == nullptr || has_begun)) {
      found = &candidate;
    }
  }
  return found;
}

std::size_t plot_columns(std::size_t screen_width) {
  constexpr std::size_t kFewest = 20;
  constexpr std::size_t kMost = 200;
  return std::clamp(screen_width, kFewest + kPlotMargin, kMost + kPlotMargin) - kPlotMargin;
}

Document task_document(const TaskReport& task, const ReportContext& context, std::size_t columns) {
  Document document{.sections = {}, .notes = reading_notes(context)};
  for (std::size_t at = 0; at < task.runs.size(); ++at) {
    const auto& [run, series] = task.runs[at];
    const std::string which =
        task.runs.size() > 1 ? fmt::format(", run {} of {}", at + 1, task.runs.size()) : "";
    document.sections.push_back({.title = fmt::format("Task {}{}", printable(task.task_id), which),
                                 .lines = lines_of(run, context.now)});
    const auto buckets = series.buckets(columns, run.summary.started_at, run.summary.ended_at);
    for (const PlottedFigure& plotted : kPlottedFigures) {
      if (buckets.empty()) {
        continue;
      }
      if (auto section = plot_section(plotted, buckets, series.end(run.summary.ended_at))) {
        document.sections.push_back(std::move(*section));
      }
    }
    if (buckets.empty()) {
      document.sections.back().lines.emplace_back("No samples of this run are left to plot.");
    }
  }
  return document;
}

}  // namespace wemol::report
