#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <wemol/host_sample.h>
#include <wemol/monitor.h>

#include "time_points.h"

namespace wemol::sdk {

/// One figure over a span of time. Between two readings it is taken for a straight line, before the
/// first and behind the last one for level. Where it is unknown, there is a gap.
class FigureOverTime {
 public:
  explicit FigureOverTime(SteadyTime begin) : begin_(begin) {}

  void add(SteadyTime at, std::optional<double> value);
  [[nodiscard]] std::optional<monitor::Spread> spread(SteadyTime end) const;
  /// Times seconds.
  [[nodiscard]] std::optional<double> integral(SteadyTime end) const;

 private:
  struct Point {
    SteadyTime at;
    double value = 0;
  };
  struct Area {
    double value_seconds = 0;
    double seconds = 0;
  };
  [[nodiscard]] Area area(SteadyTime end) const;

  SteadyTime begin_;
  std::optional<Point> last_;  ///< absent in a gap
  std::optional<monitor::Spread> extremes_;
  double last_known_ = 0;
  Area area_;
};

/// What GPUs do in a span of time. Any thread may call its members.
class GpuUsageMeter {
 public:
  GpuUsageMeter(SteadyTime begin, std::optional<unsigned> gpu_id)
      : begin_(begin), gpu_id_(gpu_id) {}

  void add(const HostSample& sample);
  [[nodiscard]] std::vector<monitor::GpuUsage> usage(SteadyTime end) const;

 private:
  struct Gpu {
    explicit Gpu(SteadyTime begin)
        : utilization(begin), memory_used(begin), power(begin), temperature(begin) {}
    unsigned id = 0;
    std::string uuid;
    std::string name;
    std::uint64_t samples = 0;
    FigureOverTime utilization;
    FigureOverTime memory_used;
    FigureOverTime power;
    FigureOverTime temperature;
  };
  Gpu& gpu_of(const GpuDevice& device);

  const SteadyTime begin_;
  const std::optional<unsigned> gpu_id_;
  mutable std::mutex mutex_;
  std::vector<Gpu> gpus_;
};

}  // namespace wemol::sdk
