#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host_schema.h"
#include "logged_lines.h"
#include "metric_series.h"

namespace wemol::report {

/// What all GPUs of a line make together.
enum AllGpus : std::size_t {
  kAllGpusUtilization,  ///< the mean
  kAllGpusMemory,       ///< the sum
  kAllGpusPower,        ///< the sum
  kAllGpusCount
};

/// One metric of a run's lines.
struct LoggedMetric {
  std::string name;
  const HostKey* key = nullptr;  ///< null: the caller's own
  MetricSeries series;
  std::optional<AllGpus> of_all = std::nullopt;  ///< it is a part of that
  std::uint64_t nulls = 0;                       ///< values that were NaN or null
  std::uint64_t last_line = 0;

  [[nodiscard]] bool is_hardware() const { return key != nullptr; }
};

/// A run that logged through the monitoring library, as its lines tell it. What it keeps does not
/// depend on how many lines there are.
class LoggedRun {
 public:
  /// Names beyond these are counted and left out.
  static constexpr std::size_t kMostMetrics = 4096;

  void add(const reading::LoggedLine& line);

  [[nodiscard]] std::uint64_t lines() const { return lines_; }
  /// The earliest and the latest time of a line, in seconds since 1970.
  [[nodiscard]] double begin() const { return begin_; }
  [[nodiscard]] double end() const { return end_; }
  [[nodiscard]] double duration_seconds() const { return end_ - begin_; }
  [[nodiscard]] const std::optional<std::int64_t>& first_step() const { return first_step_; }
  [[nodiscard]] const std::optional<std::int64_t>& last_step() const { return last_step_; }
  [[nodiscard]] std::uint64_t values_left_out() const { return values_left_out_; }

  [[nodiscard]] const TimeSteps& steps() const { return steps_; }
  /// In the order in which the lines first had them.
  [[nodiscard]] std::span<const LoggedMetric> metrics() const { return metrics_; }
  [[nodiscard]] const LoggedMetric* find(std::string_view name) const;
  [[nodiscard]] const MetricSeries& all_gpus(AllGpus which) const { return all_gpus_[which]; }

  /// A hardware figure's mean over the time that it is known of, an own metric's over its values.
  [[nodiscard]] std::optional<double> mean_of(const LoggedMetric& metric) const;

 private:
  void widen(double seconds);
  [[nodiscard]] std::size_t number_of(std::string_view name, std::size_t likely);
  void add_value(const std::optional<double>& value, double seconds, std::int64_t step,
                 LoggedMetric& metric);
  void add_all_gpus(double seconds, std::int64_t step);

  std::uint64_t lines_ = 0;
  double begin_ = 0;
  double end_ = 0;
  std::optional<std::int64_t> first_step_;
  std::optional<std::int64_t> last_step_;
  std::uint64_t values_left_out_ = 0;
  TimeSteps steps_;
  std::vector<LoggedMetric> metrics_;
  std::map<std::string, std::size_t, std::less<>> numbers_;  ///< in metrics_
  /// Which metric stands at each place of the line; most likely the same as in the line before.
  std::vector<std::size_t> places_;
  struct OfLine {
    double sum = 0;
    std::size_t gpus = 0;
  };
  std::array<OfLine, kAllGpusCount> of_line_;
  std::array<MetricSeries, kAllGpusCount> all_gpus_;
};

/// A stretch of time as a plot shows it.
struct LoggedColumns {
  std::vector<double> begins;  ///< seconds since 1970
  std::size_t steps_each = 1;
};

/// At most `most` of equal length, the last one may reach beyond the run's end.
[[nodiscard]] LoggedColumns columns_of(const LoggedRun& run, std::size_t most);
/// The mean in each of them; absent where it is unknown.
[[nodiscard]] std::vector<std::optional<double>> means_in(const LoggedColumns& columns,
                                                          const MetricSeries& series,
                                                          const TimeSteps& steps);

}  // namespace wemol::report
