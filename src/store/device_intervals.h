#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <wemol/facts.h>

#include "time_points.h"

namespace wemol {

/// Who is on each GPU at one moment, by its UUID. Absent: unknown.
using DeviceUsers = std::optional<std::map<std::string, std::vector<std::string>>>;

/// The rows of one interval, ready to be written.
struct DeviceBlock {
  std::string date;  ///< "2026-11-28": the local day in which the interval began
  std::string rows;
};

/// Means of the readings of GPUs over intervals that end at whole multiples of their length since
/// 1970. An interval in which nothing was read has no rows.
class DeviceIntervals {
 public:
  explicit DeviceIntervals(std::chrono::seconds length) : length_(length) {}

  /// Gives the interval before when this reading begins another, also one in the past: a clock may
  /// be set back.
  [[nodiscard]] std::optional<DeviceBlock> add(WallTime read_at, std::span<const GpuDevice> devices,
                                               const DeviceUsers& users);
  /// What there is of the interval that goes on, which ends now.
  [[nodiscard]] std::optional<DeviceBlock> finish(WallTime now);

 private:
  using Seconds = std::chrono::sys_seconds;
  /// So many names are kept of one GPU and interval.
  static constexpr std::size_t kMostUsers = 64;

  struct Mean {
    double sum = 0;
    std::uint64_t count = 0;

    void add(const std::optional<double>& value);
    [[nodiscard]] std::optional<double> value() const;
  };
  struct Device {
    GpuDevice newest;
    Mean utilization_percent;
    Mean memory_used_percent;
    Mean temperature_celsius;
    Mean power_draw_watts;
    bool are_users_known = false;
    std::vector<std::string> users;  ///< in the order in which they were seen
  };

  void add(const GpuDevice& device, const DeviceUsers& users);
  [[nodiscard]] std::optional<DeviceBlock> take(Seconds end);

  std::chrono::seconds length_;
  Seconds begin_{};
  std::map<std::string, Device> devices_;  ///< by UUID
};

}  // namespace wemol
