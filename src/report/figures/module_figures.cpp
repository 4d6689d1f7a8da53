#include "module_figures.h"

#include <algorithm>
#include <array>

#include "text.h"

namespace wemol::report {
namespace {

constexpr double kSecondsPerHour = 3600;
constexpr std::string_view kUnknownModel = "unknown model";

std::string model_name(std::string_view name) {
  constexpr std::array<std::string_view, 4> kNoNames{"", "N/A", "[N/A]", "Unknown"};
  const bool is_known = std::ranges::find(kNoNames, name) == kNoNames.end();
  return std::string(is_known ? name : kUnknownModel);
}

std::vector<std::string> models_of(std::string_view gpu_names) {
  std::vector<std::string> models;
  for (const std::string_view name : split_fields(gpu_names, ',')) {
    models.push_back(model_name(trimmed(name)));
  }
  std::ranges::sort(models);
  models.erase(std::unique(models.begin(), models.end()), models.end());
  return models;
}

std::optional<double> to_double(const std::optional<std::uint64_t>& number) {
  return number ? std::optional(static_cast<double>(*number)) : std::nullopt;
}

}  // namespace

GroupKey group_of(const RunSummary& run) {
  GroupKey key{.module_name = run.module_name, .gpu_models = std::nullopt};
  if (run.gpu_count) {
    key.gpu_models.emplace();
    if (*run.gpu_count > 0) {
      key.gpu_models = models_of(run.gpu_names);
    }
  }
  return key;
}

void KnownSum::add(const std::optional<double>& value) {
  if (value) {
    sum += *value;
    ++known;
  }
}

std::optional<double> KnownSum::total() const {
  return known > 0 ? std::optional(sum) : std::nullopt;
}

std::optional<double> KnownSum::mean() const {
  return known > 0 ? std::optional(sum / static_cast<double>(known)) : std::nullopt;
}

std::optional<double> GroupFigures::cost_core_hours(double gpu_hour_cores) const {
  if (cpu_seconds.known == 0 && gpu_seconds.known == 0) {
    return std::nullopt;
  }
  return (cpu_seconds.sum + gpu_seconds.sum * gpu_hour_cores) / kSecondsPerHour;
}

void GroupFigures::add(const reading::RecordedRun& run, bool still_runs) {
  const RunSummary& summary = run.summary;
  ++runs;
  may_still_run += still_runs ? 1U : 0U;
  from_samples += run.basis == reading::Basis::samples ? 1U : 0U;
  samples_coverage_percent.add(summary.coverage_percent);
  exit_code_known += summary.exit_code ? 1U : 0U;
  failed += summary.exit_code.value_or(0) != 0 ? 1U : 0U;
  oom_known += summary.oom_killed ? 1U : 0U;
  oom_killed += summary.oom_killed.value_or(false) ? 1U : 0U;
  const auto memory_peak = to_double(summary.memory_peak_bytes);
  if (summary.oom_killed.value_or(false) && memory_peak) {
    largest_oom_peak_bytes = std::max(largest_oom_peak_bytes.value_or(0), *memory_peak);
  }
  if (!still_runs) {
    run_time_seconds.add(summary.duration_seconds);
  }
  cpu_cores_mean.add(summary.cpu_cores_mean);
  cpu_cores_max.add(summary.cpu_cores_max);
  memory_peak_bytes.add(memory_peak);
  if (summary.gpu_memory_peak_mib) {
    gpu_memory_peak_mib.add(summary.gpu_memory_peak_mib);
  } else if (summary.gpu_device_memory_peak_mib) {
    gpu_memory_peak_mib.add(summary.gpu_device_memory_peak_mib);
    ++gpu_memory_of_whole_device;
  }
  gpu_utilization_mean_percent.add(summary.gpu_utilization_mean);
  energy_wh.add(summary.energy_wh);
  cpu_seconds.add(summary.cpu_seconds);
  if (summary.gpu_count && summary.duration_seconds) {
    gpu_seconds.add(static_cast<double>(*summary.gpu_count) * *summary.duration_seconds);
  }
}

void GroupFigures::make_approximate() {
  for (Distribution* const figure : {&samples_coverage_percent, &run_time_seconds, &cpu_cores_mean,
                                     &cpu_cores_max, &memory_peak_bytes, &gpu_memory_peak_mib}) {
    figure->make_approximate();
  }
}

void ModuleFigures::add(const reading::RecordedRun& run) {
  if (!window_.is_open()) {
    const auto time = time_of(run);
    if (!time) {
      ++without_time_;
      return;
    }
    if (!window_.holds(*time)) {
      return;
    }
  }
  if (++runs_ > exact_up_to_ && exact_) {
    exact_ = false;
    for (auto& [key, group] : groups_) {
      group.make_approximate();
    }
  }
  const auto [group, is_new] = groups_.try_emplace(group_of(run.summary));
  if (is_new && !exact_) {
    group->second.make_approximate();
  }
  group->second.add(run, report::may_still_run(run, now_));
}

void ModuleFigures::keep(const ModuleSelection& modules) {
  std::erase_if(groups_,
                [&](const auto& group) { return !modules.takes(group.first.module_name); });
}

RunCounts ModuleFigures::counts() const {
  RunCounts counts;
  Distribution coverage;
  for (const auto& [key, group] : groups_) {
    counts.runs += group.runs;
    counts.from_samples += group.from_samples;
    counts.may_still_run += group.may_still_run;
    counts.gpu_memory_of_whole_device += group.gpu_memory_of_whole_device;
    coverage.add(group.samples_coverage_percent);
  }
  counts.samples_coverage_percent_p50 = coverage.quantile(50);
  return counts;
}

std::vector<std::string> ModuleFigures::module_names() const {
  std::vector<std::string> names;
  for (const auto& [key, group] : groups_) {
    if (names.empty() || names.back() != key.module_name) {
      names.push_back(key.module_name);
    }
  }
  return names;
}

}  // namespace wemol::report
