#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace wemol::report {

/// Cuts time into steps of one width, a power of two in milliseconds, from the first time on (and
/// below it, where the clock was set back). Where the times no longer fit into kMostSteps, two
/// steps become one.
class TimeSteps {
 public:
  static constexpr std::int64_t kMostSteps = 2048;

  /// By how many halvings the width had to grow so that this time fits in too: numbers of steps
  /// from before are divided by two as many times.
  unsigned take_in(double seconds);

  [[nodiscard]] std::int64_t step_of(double seconds) const;
  [[nodiscard]] std::int64_t first() const { return first_; }
  [[nodiscard]] std::int64_t count() const { return is_empty_ ? 0 : last_ - first_ + 1; }
  /// When a step begins.
  [[nodiscard]] double begin_of(std::int64_t step) const;
  [[nodiscard]] double width_seconds() const;

 private:
  bool is_empty_ = true;
  unsigned shift_ = 0;  ///< the width is 2^shift ms
  std::int64_t origin_ms_ = 0;
  std::int64_t first_ = 0;
  std::int64_t last_ = 0;
};

/// What one metric was over time: exact figures, and a mean for each step. Its memory does not
/// depend on how many values there are.
class MetricSeries {
 public:
  /// The value of a step of the present width.
  void add(double value, double seconds, std::int64_t step);
  /// The width has doubled so many times.
  void widen(unsigned times);

  [[nodiscard]] std::uint64_t values() const { return values_; }
  [[nodiscard]] double min() const { return min_; }
  [[nodiscard]] double max() const { return max_; }
  [[nodiscard]] double last() const { return last_; }
  [[nodiscard]] double mean() const { return sum_ / static_cast<double>(values_); }

  /// The mean of each step from the first one of all times to the last. A value stands for the
  /// time since the one before it; where that is much longer than usual, for the usual time only.
  /// Absent: unknown.
  [[nodiscard]] std::vector<std::optional<double>> means(const TimeSteps& steps) const;

 private:
  struct Step {
    double sum = 0;
    std::uint64_t values = 0;
  };

  void make_room(std::int64_t step);

  std::uint64_t values_ = 0;
  double min_ = 0;
  double max_ = 0;
  double last_ = 0;
  double sum_ = 0;
  double first_seconds_ = 0;
  double last_seconds_ = 0;
  std::int64_t first_step_ = 0;
  std::vector<Step> steps_;
};

/// The mean of what is known; absent when nothing is.
[[nodiscard]] std::optional<double> mean_of_known(const std::vector<std::optional<double>>& values);

}  // namespace wemol::report
