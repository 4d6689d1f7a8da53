#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "run_tally.h"

namespace wemol::report {

/// What is told over time.
enum SeriesFigure : std::size_t {
  kSeriesCores,
  kSeriesMemoryBytes,
  kSeriesGpuUtilizationPercent,  ///< the mean over its GPUs, whole devices
  kSeriesGpuMemoryMib,           ///< of all its GPUs, whole devices
  kSeriesGpuPowerWatts,          ///< of all its GPUs, whole devices
  kSeriesFigureCount
};

/// The readings that one stretch of time is made of; a figure that none of them has is absent.
struct SeriesBucket {
  WallTime begin;
  std::uint64_t samples = 0;                                   ///< readings taken within it
  std::array<std::optional<double>, kSeriesFigureCount> mean;  ///< by the time they stand for
  std::array<std::optional<double>, kSeriesFigureCount> max;
};

/// The readings of one run, kept in memory to be cut into as many stretches as a plot has columns.
///
/// A reading stands for the time since the one before it. Where that is much longer than usual,
/// nobody knows what was between: it then stands for the usual time only. The first one stands for
/// the usual time too, and the last one also for the time up to the end where that is known.
class TaskSeries {
 public:
  void add(const UsageReading& reading);

  [[nodiscard]] std::size_t samples() const { return points_.size(); }

  /// When the last bucket ends; not to be asked for before there is a reading.
  [[nodiscard]] WallTime end(const std::optional<WallTime>& ended_at) const;

  /// From `began_at`, or where that is unknown from the begin of what the first reading stands
  /// for, up to `ended_at`, or the last reading. Empty when there is no reading.
  [[nodiscard]] std::vector<SeriesBucket> buckets(std::size_t count,
                                                  const std::optional<WallTime>& began_at,
                                                  const std::optional<WallTime>& ended_at) const;

 private:
  struct Point {
    WallTime read_at;
    std::array<std::optional<double>, kSeriesFigureCount> figures;
  };

  std::vector<Point> points_;
};

}  // namespace wemol::report
