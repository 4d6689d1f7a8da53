#include "nvml_device.h"

#include <array>

namespace wemol::nvml {
namespace {

constexpr double kMilliwattsPerWatt = 1000;

std::optional<std::string> text(DeviceText get, Device device) {
  std::array<char, kTextBytes> buffer{};
  if (get == nullptr || get(device, buffer.data(), kTextBytes) != Status::success) {
    return std::nullopt;
  }
  buffer.back() = '\0';
  return buffer.data();
}

std::optional<double> in_watts(std::optional<double> milliwatts) {
  return milliwatts ? std::optional(*milliwatts / kMilliwattsPerWatt) : std::nullopt;
}

}  // namespace

GpuReading Gpu::read(const Functions& functions, WallTime wall_now) {
  GpuReading reading;
  if (trouble_ || (uuid_.empty() && !identify(functions))) {
    return reading;
  }
  GpuDevice device = read_values(functions);
  reading.processes = read_compute_processes(functions, handle_, uuid_);
  good(reading.processes ? Status::success : reading.processes.error());
  const auto shares = sm_utilization_.read(functions, handle_, wall_now);
  if (trouble_) {
    return reading;
  }
  if (reading.processes && shares) {
    for (GpuProcess& process : *reading.processes) {
      const auto share = shares->find(process.pid);
      process.sm_utilization_percent = share == shares->end() ? 0 : share->second;
    }
  }
  reading.device = std::move(device);
  return reading;
}

bool Gpu::identify(const Functions& functions) {
  if (const Status status = functions.device_by_index(index_, &handle_);
      status != Status::success) {
    trouble_ = status;
    return false;
  }
  const auto uuid = text(functions.uuid, handle_);
  if (!uuid || uuid->empty()) {
    trouble_ = Status::not_supported;
    return false;
  }
  uuid_ = *uuid;
  name_ = text(functions.name, handle_).value_or("");
  return true;
}

bool Gpu::good(Status status) {
  if (status == Status::gpu_is_lost || status == Status::uninitialized ||
      status == Status::library_driver_mismatch) {
    trouble_ = status;
  }
  return status == Status::success;
}

std::optional<double> Gpu::number(DeviceNumber get) {
  unsigned value = 0;
  if (get == nullptr || !good(get(handle_, &value))) {
    return std::nullopt;
  }
  return value;
}

std::optional<double> Gpu::temperature(const Functions& functions) {
  unsigned celsius = 0;
  if (functions.temperature != nullptr &&
      good(functions.temperature(handle_, kSensorOfGpu, &celsius))) {
    return celsius;
  }
  TemperatureV1 newer{.version = kTemperatureV1Version, .sensor = kSensorOfGpu, .celsius = 0};
  if (functions.temperature_v != nullptr && good(functions.temperature_v(handle_, &newer))) {
    return newer.celsius;
  }
  return std::nullopt;
}

void Gpu::read_memory(const Functions& functions, GpuDevice& device) {
  MemoryV2 memory{.version = kMemoryV2Version};
  if (functions.memory_v2 != nullptr && good(functions.memory_v2(handle_, &memory))) {
    device.memory_total_bytes = memory.total;
    device.memory_used_bytes = memory.used;
    return;
  }
  MemoryV1 older{};
  if (functions.memory_v1 != nullptr && good(functions.memory_v1(handle_, &older))) {
    device.memory_total_bytes = older.total;
    device.memory_used_bytes = older.used;
  }
}

GpuDevice Gpu::read_values(const Functions& functions) {
  GpuDevice device{.index = index_, .uuid = uuid_, .name = name_};
  read_memory(functions, device);
  Utilization utilization{};
  if (functions.utilization != nullptr && good(functions.utilization(handle_, &utilization))) {
    device.utilization_percent = utilization.gpu;
    device.memory_utilization_percent = utilization.memory;
  }
  device.temperature_celsius = temperature(functions);
  device.fan_speed_percent = number(functions.fan_speed_percent);
  device.power_draw_watts = in_watts(number(functions.power_milliwatts));
  device.power_limit_watts = in_watts(number(functions.power_limit_milliwatts));
  return device;
}

}  // namespace wemol::nvml
