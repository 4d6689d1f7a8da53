#include "device_intervals.h"

#include <algorithm>
#include <ctime>

#include <fmt/format.h>

#include "device_row.h"
#include "time_text.h"

namespace wemol {
namespace {

std::string date_text(std::chrono::sys_seconds time) {
  const std::time_t seconds = time.time_since_epoch().count();
  std::tm local{};
  localtime_r(&seconds, &local);
  return fmt::format("{:04}-{:02}-{:02}", local.tm_year + 1900, local.tm_mon + 1, local.tm_mday);
}

/// "2026-11-28T16:50:00+08:00"
std::string time_text(std::chrono::sys_seconds time) {
  constexpr std::size_t kToTheSecond = 19;
  constexpr std::size_t kMilliseconds = 4;  // with their point
  return iso_time_text(time).erase(kToTheSecond, kMilliseconds);
}

std::optional<double> memory_used_percent(const GpuDevice& device) {
  if (!device.memory_used_bytes || device.memory_total_bytes.value_or(0) == 0) {
    return std::nullopt;
  }
  return 100 * static_cast<double>(*device.memory_used_bytes) /
         static_cast<double>(*device.memory_total_bytes);
}

}  // namespace

void DeviceIntervals::Mean::add(const std::optional<double>& value) {
  if (value) {
    sum += *value;
    ++count;
  }
}

std::optional<double> DeviceIntervals::Mean::value() const {
  return count == 0 ? std::nullopt : std::optional(sum / static_cast<double>(count));
}

std::optional<DeviceBlock> DeviceIntervals::add(WallTime read_at,
                                                std::span<const GpuDevice> devices,
                                                const DeviceUsers& users) {
  const auto since_1970 = std::chrono::floor<std::chrono::seconds>(read_at).time_since_epoch();
  const Seconds begin{since_1970 / length_ * length_};
  std::optional<DeviceBlock> before;
  if (begin != begin_) {
    before = take(begin_ + length_);
    begin_ = begin;
  }
  for (const GpuDevice& device : devices) {
    add(device, users);
  }
  return before;
}

std::optional<DeviceBlock> DeviceIntervals::finish(WallTime now) {
  const auto end = std::chrono::ceil<std::chrono::seconds>(now);
  return take(std::clamp(end, begin_ + std::chrono::seconds(1), begin_ + length_));
}

void DeviceIntervals::add(const GpuDevice& reading, const DeviceUsers& users) {
  Device& device = devices_[reading.uuid];
  device.newest = reading;
  device.utilization_percent.add(reading.utilization_percent);
  device.memory_used_percent.add(memory_used_percent(reading));
  device.temperature_celsius.add(reading.temperature_celsius);
  device.power_draw_watts.add(reading.power_draw_watts);
  if (!users) {
    return;
  }
  device.are_users_known = true;
  const auto on_device = users->find(reading.uuid);
  if (on_device == users->end()) {
    return;
  }
  for (const std::string& user : on_device->second) {
    if (device.users.size() < kMostUsers &&
        std::ranges::find(device.users, user) == device.users.end()) {
      device.users.push_back(user);
    }
  }
}

std::optional<DeviceBlock> DeviceIntervals::take(Seconds end) {
  if (devices_.empty()) {
    return std::nullopt;
  }
  std::vector<const Device*> in_order;
  in_order.reserve(devices_.size());
  for (const auto& [uuid, device] : devices_) {
    in_order.push_back(&device);
  }
  std::ranges::stable_sort(in_order, {}, [](const Device* it) { return it->newest.index; });
  // What began on a day is of that day, and so is its row stamped 00:00:00.
  DeviceBlock block{.date = date_text(begin_)};
  const std::string time = time_text(end);
  for (const Device* const device : in_order) {
    const std::string users = device->are_users_known ? joined_users(device->users) : "";
    DeviceRow row{.end_epoch = end.time_since_epoch().count(),
                  .index = device->newest.index,
                  .uuid = device->newest.uuid,
                  .name = device->newest.name,
                  .utilization_percent = device->utilization_percent.value(),
                  .memory_used_percent = device->memory_used_percent.value(),
                  .temperature_celsius = device->temperature_celsius.value(),
                  .power_draw_watts = device->power_draw_watts.value(),
                  .users = users};
    if (const auto bytes = device->newest.memory_total_bytes) {
      row.memory_total_mib = *bytes >> 20U;
    }
    append_device_row(row, time, block.rows);
  }
  devices_.clear();
  return block;
}

}  // namespace wemol
