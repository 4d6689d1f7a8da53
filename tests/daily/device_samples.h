#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include <fmt/format.h>

#include <wemol/facts.h>

#include "device_row.h"
#include "time_text.h"

namespace wemol::test {

inline constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;

/// 2026-03-10 00:00:00 UTC.
inline constexpr std::int64_t kMidnight = 1'773'100'800;

[[nodiscard]] inline WallTime at(std::int64_t epoch) {
  return WallTime(std::chrono::seconds(epoch));
}

/// A quarter of its memory is in use.
[[nodiscard]] inline GpuDevice gpu(unsigned index, double utilization_percent) {
  GpuDevice device{.index = index, .uuid = fmt::format("AMD-{}", index), .name = "MI300X"};
  device.utilization_percent = utilization_percent;
  device.memory_used_bytes = 48 * kGiB;
  device.memory_total_bytes = 192 * kGiB;
  return device;
}

/// A row as a writer in UTC has it.
[[nodiscard]] inline std::string row(std::int64_t end_epoch, unsigned index,
                                     const std::string& utilization,
                                     const std::string& users = "-") {
  std::string time = iso_time_text(at(end_epoch));
  return fmt::format("{},{},AMD-{},MI300X,{},25,196608,,,{}\r\n", time, index, index, utilization,
                     users);
}

[[nodiscard]] inline std::string header() {
  return std::string(device_csv_header());
}

}  // namespace wemol::test
