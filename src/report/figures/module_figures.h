#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "distribution.h"
#include "recorded_runs.h"
#include "run_selection.h"

namespace wemol::report {

/// What the runs of a group differ by.
struct GroupKey {
  std::string module_name;
  /// The GPU models used, each once, sorted; none when it used no GPU, absent when nobody knows.
  std::optional<std::vector<std::string>> gpu_models;

  friend bool operator==(const GroupKey&, const GroupKey&) = default;
  friend bool operator<(const GroupKey& one, const GroupKey& other) {
    return std::tie(one.module_name, one.gpu_models) <
           std::tie(other.module_name, other.gpu_models);
  }
};

[[nodiscard]] GroupKey group_of(const RunSummary& run);

/// A sum over those runs in which the figure is known.
struct KnownSum {
  double sum = 0;
  std::uint64_t known = 0;

  void add(const std::optional<double>& value);
  /// Absent when it is known of no run.
  [[nodiscard]] std::optional<double> total() const;
  [[nodiscard]] std::optional<double> mean() const;
};

/// What the runs of one module on one kind of GPU came to. Each run counts once, however long.
struct GroupFigures {
  std::uint64_t runs = 0;
  std::uint64_t from_samples = 0;  ///< the ledger has no row of them: their figures are estimates
  Distribution samples_coverage_percent;
  std::uint64_t may_still_run = 0;  ///< not in run_time_seconds
  std::uint64_t exit_code_known = 0;
  std::uint64_t failed = 0;  ///< with another exit code than 0, also those that were OOM-killed
  std::uint64_t oom_known = 0;
  std::uint64_t oom_killed = 0;
  /// Of the runs that were OOM-killed: less than what they needed.
  std::optional<double> largest_oom_peak_bytes;

  Distribution run_time_seconds;
  Distribution cpu_cores_mean;
  Distribution cpu_cores_max;
  Distribution memory_peak_bytes;
  Distribution gpu_memory_peak_mib;  ///< on all GPUs of a run together
  /// In how many runs gpu_memory_peak_mib is what all processes of whomever held.
  std::uint64_t gpu_memory_of_whole_device = 0;

  KnownSum gpu_utilization_mean_percent;
  KnownSum energy_wh;
  KnownSum cpu_seconds;
  KnownSum gpu_seconds;  ///< GPUs used x run time

  /// Core-hours used, and GPU-hours held at `gpu_hour_cores` core-hours each.
  [[nodiscard]] std::optional<double> cost_core_hours(double gpu_hour_cores) const;

  void add(const reading::RecordedRun& run, bool still_runs);
  void make_approximate();
};

/// Over all groups.
struct RunCounts {
  std::uint64_t runs = 0;
  std::uint64_t from_samples = 0;
  std::uint64_t may_still_run = 0;
  std::uint64_t gpu_memory_of_whole_device = 0;
  std::optional<double> samples_coverage_percent_p50;
};

/// Groups runs as they come. Memory: a few numbers per run up to `exact_up_to` runs in all; beyond
/// that the percentiles are those of a QuantileSketch and the memory is flat.
class ModuleFigures {
 public:
  static constexpr std::uint64_t kExactUpTo = 200'000;

  ModuleFigures(TimeWindow window, WallTime now, std::uint64_t exact_up_to = kExactUpTo)
      : window_(window), now_(now), exact_up_to_(exact_up_to) {}

  void add(const reading::RecordedRun& run);
  /// Leaves only the groups of these modules.
  void keep(const ModuleSelection& modules);

  [[nodiscard]] const std::map<GroupKey, GroupFigures>& groups() const { return groups_; }
  /// Each once.
  [[nodiscard]] std::vector<std::string> module_names() const;
  /// Of all groups that are left.
  [[nodiscard]] RunCounts counts() const;
  [[nodiscard]] bool is_exact() const { return exact_; }
  /// Runs that were left out since a window is set and nothing tells when they were.
  [[nodiscard]] std::uint64_t without_time() const { return without_time_; }

 private:
  TimeWindow window_;
  WallTime now_;
  std::uint64_t exact_up_to_;
  bool exact_ = true;
  std::uint64_t runs_ = 0;
  std::uint64_t without_time_ = 0;
  std::map<GroupKey, GroupFigures> groups_;
};

}  // namespace wemol::report
