#include "task_series.h"

#include <algorithm>
#include <cmath>

namespace wemol::report {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr double kUsualTimesOfAGap = 3;

/// The sum over the GPUs in which it is known.
template <typename Member>
std::optional<double> sum_over(std::span<const GpuReading> gpus, Member member) {
  std::optional<double> sum;
  for (const GpuReading& gpu : gpus) {
    if (const std::optional<double>& value = gpu.*member) {
      sum = sum.value_or(0) + *value;
    }
  }
  return sum;
}

std::optional<double> mean_utilization(std::span<const GpuReading> gpus) {
  const auto known = std::ranges::count_if(
      gpus, [](const GpuReading& gpu) { return gpu.utilization_percent.has_value(); });
  const auto sum = sum_over(gpus, &GpuReading::utilization_percent);
  return sum ? std::optional(*sum / static_cast<double>(known)) : std::nullopt;
}

/// The median of the distances; one second when there is none.
double usual_distance(std::vector<double> distances) {
  std::erase_if(distances, [](double distance) { return distance <= 0; });
  if (distances.empty()) {
    return 1;
  }
  const auto middle = distances.begin() + static_cast<std::ptrdiff_t>(distances.size() / 2);
  std::ranges::nth_element(distances, middle);
  return *middle;
}

/// Cuts a stretch of time into equal buckets and weighs in them what readings stand for.
class Cutter {
 public:
  Cutter(WallTime begin, double seconds, std::size_t count)
      : begin_(begin), width_(seconds / static_cast<double>(count)), buckets_(count) {
    sums_.resize(count);
    for (std::size_t at = 0; at < count; ++at) {
      buckets_[at].begin = begin + std::chrono::duration_cast<WallTime::duration>(
                                       Seconds(width_ * static_cast<double>(at)));
    }
  }

  [[nodiscard]] double offset_of(WallTime time) const { return Seconds(time - begin_).count(); }

  /// The times are seconds after the begin.
  void add(const std::array<std::optional<double>, kSeriesFigureCount>& figures, double from,
           double read_at, double until) {
    ++buckets_[bucket_of(read_at)].samples;
    for (std::size_t at = bucket_of(from); at < buckets_.size(); ++at) {
      const double begin = width_ * static_cast<double>(at);
      const double share = std::min(until, begin + width_) - std::max(from, begin);
      if (share <= 0) {
        break;
      }
      weigh(figures, share, at);
    }
  }

  [[nodiscard]] std::vector<SeriesBucket> take() {
    for (std::size_t at = 0; at < buckets_.size(); ++at) {
      for (std::size_t figure = 0; figure < kSeriesFigureCount; ++figure) {
        const Sum& sum = sums_[at][figure];
        if (sum.seconds > 0) {
          buckets_[at].mean[figure] = sum.weighted / sum.seconds;
        }
      }
    }
    return std::move(buckets_);
  }

 private:
  struct Sum {
    double weighted = 0;
    double seconds = 0;
  };

  [[nodiscard]] std::size_t bucket_of(double offset) const {
    const double bucket = std::floor(std::max(offset, 0.0) / width_);
    return std::min(static_cast<std::size_t>(bucket), buckets_.size() - 1);
  }

  void weigh(const std::array<std::optional<double>, kSeriesFigureCount>& figures, double seconds,
             std::size_t at) {
    for (std::size_t figure = 0; figure < kSeriesFigureCount; ++figure) {
      if (const auto& value = figures[figure]) {
        Sum& sum = sums_[at][figure];
        sum.weighted += *value * seconds;
        sum.seconds += seconds;
        auto& max = buckets_[at].max[figure];
        max = std::max(max.value_or(*value), *value);
      }
    }
  }

  WallTime begin_;
  double width_;
  std::vector<SeriesBucket> buckets_;
  std::vector<std::array<Sum, kSeriesFigureCount>> sums_;
};

}  // namespace

void TaskSeries::add(const UsageReading& reading) {
  Point point{.read_at = reading.read_at, .figures = {}};
  point.figures[kSeriesCores] = reading.cpu_cores;
  if (reading.memory_used_bytes) {
    point.figures[kSeriesMemoryBytes] = static_cast<double>(*reading.memory_used_bytes);
  }
  if (reading.gpus) {
    point.figures[kSeriesGpuUtilizationPercent] = mean_utilization(*reading.gpus);
    point.figures[kSeriesGpuMemoryMib] = sum_over(*reading.gpus, &GpuReading::memory_used_mib);
    point.figures[kSeriesGpuPowerWatts] = sum_over(*reading.gpus, &GpuReading::power_draw_watts);
  }
  const auto behind = std::ranges::upper_bound(points_, point.read_at, {}, &Point::read_at);
  points_.insert(behind, point);
}

WallTime TaskSeries::end(const std::optional<WallTime>& ended_at) const {
  return std::max(points_.back().read_at, ended_at.value_or(points_.back().read_at));
}

std::vector<SeriesBucket> TaskSeries::buckets(std::size_t count,
                                              const std::optional<WallTime>& began_at,
                                              const std::optional<WallTime>& ended_at) const {
  if (points_.empty() || count == 0) {
    return {};
  }
  std::vector<double> distances;
  for (std::size_t at = 1; at < points_.size(); ++at) {
    distances.push_back(Seconds(points_[at].read_at - points_[at - 1].read_at).count());
  }
  const double usual = usual_distance(std::move(distances));
  const WallTime first = points_.front().read_at;
  const auto before_first = first - std::chrono::duration_cast<WallTime::duration>(Seconds(usual));
  const WallTime begin = began_at && *began_at < first ? *began_at : before_first;
  Cutter cutter(begin, Seconds(end(ended_at) - begin).count(), count);
  double from = 0;
  for (std::size_t at = 0; at < points_.size(); ++at) {
    const double read_at = cutter.offset_of(points_[at].read_at);
    if (read_at - from > kUsualTimesOfAGap * usual) {
      from = read_at - usual;
    }
    const bool is_last = at + 1 == points_.size();
    const double rest = cutter.offset_of(end(ended_at)) - read_at;
    const double until = read_at + (is_last && rest <= kUsualTimesOfAGap * usual ? rest : 0);
    cutter.add(points_[at].figures, from, read_at, until);
    from = read_at;
  }
  return cutter.take();
}

}  // namespace wemol::report
