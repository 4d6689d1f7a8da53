#include "nvml_device.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>
#include <set>
#include <tuple>

namespace wemol::nvml {
namespace {

using namespace std::chrono_literals;

constexpr unsigned kMigEnabled = 1;
constexpr unsigned kMigInstancesAtMost = 64;
constexpr unsigned kProcessesAtMost = 1U << 16;
constexpr int kTries = 3;
constexpr auto kSamplesAtLeast = 2s;
constexpr unsigned kWholePercent = 100;

using Processes = std::vector<ProcessInfo>;

/// Takes the elements apart by their true size. What an element lacks becomes `instance` or 0.
Processes elements_of(const std::vector<std::byte>& bytes, std::size_t element_bytes,
                      std::size_t count, unsigned instance) {
  Processes processes;
  processes.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    ProcessInfo info{.gpu_instance = instance, .compute_instance = instance};
    std::memcpy(&info, bytes.data() + i * element_bytes, element_bytes);
    processes.push_back(info);
  }
  return processes;
}

/// The count may grow between asking for it and asking for the list.
tl::expected<Processes, Status> read_list(const ProcessList& list, Device device,
                                          unsigned instance) {
  if (list.get == nullptr) {
    return tl::make_unexpected(Status::function_not_found);
  }
  unsigned count = 0;
  Status status = list.get(device, &count, nullptr);
  for (int i = 0; i < kTries && status == Status::insufficient_size; ++i) {
    const unsigned room = std::min(count, kProcessesAtMost) * 2 + 5;
    // Room for the longest element: a wrong guess of its size must not write beyond the end.
    std::vector<std::byte> bytes(room * sizeof(ProcessInfo));
    count = room;
    status = list.get(device, &count, bytes.data());
    if (status == Status::success) {
      return elements_of(bytes, list.element_bytes, std::min(count, room), instance);
    }
  }
  if (status != Status::success) {
    return tl::make_unexpected(status);
  }
  return Processes{};
}

bool is_divided(const Functions& functions, Device device) {
  unsigned current = 0;
  unsigned pending = 0;
  return functions.mig_mode != nullptr && functions.mig_count_at_most != nullptr &&
         functions.mig_by_index != nullptr &&
         functions.mig_mode(device, &current, &pending) == Status::success &&
         current == kMigEnabled;
}

/// The device's MIG instances; empty when it is not divided.
std::vector<Device> mig_devices(const Functions& functions, Device device) {
  unsigned count = 0;
  std::vector<Device> devices;
  if (!is_divided(functions, device) ||
      functions.mig_count_at_most(device, &count) != Status::success) {
    return devices;
  }
  for (unsigned i = 0; i < std::min(count, kMigInstancesAtMost); ++i) {
    Device instance = nullptr;
    if (functions.mig_by_index(device, i, &instance) == Status::success) {  // may have holes
      devices.push_back(instance);
    }
  }
  return devices;
}

tl::expected<Processes, Status> read_all_lists(const Functions& functions,
                                               const std::vector<Device>& devices) {
  Processes all;
  for (unsigned i = 0; i < devices.size(); ++i) {
    auto compute = read_list(functions.compute_processes, devices[i], i);
    if (!compute) {
      return compute;
    }
    all.insert(all.end(), compute->begin(), compute->end());
    if (const auto mps = read_list(functions.mps_processes, devices[i], i)) {
      all.insert(all.end(), mps->begin(), mps->end());
    }
  }
  return all;
}

std::vector<GpuProcess> one_per_pid(const Processes& listed, const std::string& uuid) {
  std::map<std::uint64_t, GpuProcess> by_pid;
  std::set<std::tuple<unsigned, unsigned, unsigned>> seen;
  for (const ProcessInfo& info : listed) {
    GpuProcess& process = by_pid[info.pid];
    process.pid = info.pid;
    process.gpu_uuid = uuid;
    const bool is_new = seen.emplace(info.pid, info.gpu_instance, info.compute_instance).second;
    if (is_new && info.used_bytes != kNotAvailable) {
      process.memory_used_bytes = process.memory_used_bytes.value_or(0) + info.used_bytes;
    }
  }
  std::vector<GpuProcess> processes;
  processes.reserve(by_pid.size());
  for (auto& [pid, process] : by_pid) {
    processes.push_back(std::move(process));
  }
  return processes;
}

unsigned long long usec_since_1970(WallTime time) {
  const auto usec = std::chrono::floor<std::chrono::microseconds>(time.time_since_epoch()).count();
  return usec > 0 ? static_cast<unsigned long long>(usec) : 0;
}

}  // namespace

tl::expected<std::vector<GpuProcess>, Status> read_compute_processes(const Functions& functions,
                                                                     Device device,
                                                                     const std::string& uuid) {
  tl::expected<Processes, Status> listed = tl::make_unexpected(Status::not_found);
  if (const auto instances = mig_devices(functions, device); !instances.empty()) {
    listed = read_all_lists(functions, instances);
  }
  if (!listed) {
    listed = read_all_lists(functions, {device});
  }
  return listed.map([&](const Processes& processes) { return one_per_pid(processes, uuid); });
}

std::optional<SmUtilization::PercentByPid> SmUtilization::read(const Functions& functions,
                                                               Device device, WallTime now) {
  if (functions.process_utilization == nullptr) {
    return std::nullopt;
  }
  const auto since = newest_sample_usec_ == 0
                         ? usec_since_1970(now - kSamplesAtLeast)
                         : std::min(newest_sample_usec_, usec_since_1970(now - kSamplesAtLeast));
  unsigned count = 0;
  std::vector<ProcessUtilizationSample> samples;
  Status status = functions.process_utilization(device, nullptr, &count, since);
  if (status == Status::insufficient_size) {
    samples.resize(std::min(count, kProcessesAtMost));
    count = static_cast<unsigned>(samples.size());
    status = functions.process_utilization(device, samples.data(), &count, since);
  }
  if (status != Status::success && status != Status::not_found) {
    return std::nullopt;
  }
  samples.resize(status == Status::success ? std::min<std::size_t>(count, samples.size()) : 0);

  std::map<std::uint64_t, std::pair<double, int>> sum_and_count;
  for (const ProcessUtilizationSample& sample : samples) {
    newest_sample_usec_ = std::max(newest_sample_usec_, sample.time_usec);
    if (sample.time_usec > since && sample.sm <= kWholePercent) {  // others are not filled in
      auto& [sum, number] = sum_and_count[sample.pid];
      sum += sample.sm;
      ++number;
    }
  }
  PercentByPid percents;
  for (const auto& [pid, entry] : sum_and_count) {
    percents[pid] = entry.first / entry.second;
  }
  return percents;
}

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

GpuReading Gpu::read(const Functions& functions, WallTime wall_now, Detail detail) {
  GpuReading reading;
  if (trouble_ || (uuid_.empty() && !identify(functions))) {
    return reading;
  }
  GpuDevice device = read_values(functions);
  if (detail == Detail::all) {
    read_details(functions, device);
  }
  reading.is_divided = detail == Detail::instances && is_divided(functions, handle_);
  if (reading.is_divided) {
    read_instances(functions, reading);
  } else {
    reading.processes = read_compute_processes(functions, handle_, uuid_);
  }
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

void Gpu::read_memory(const Functions& functions, Device handle, GpuDevice& device) {
  MemoryV2 memory{.version = kMemoryV2Version};
  if (functions.memory_v2 != nullptr && good(functions.memory_v2(handle, &memory))) {
    device.memory_total_bytes = memory.total;
    device.memory_used_bytes = memory.used;
    device.memory_free_bytes = memory.free;
    return;
  }
  MemoryV1 older{};
  if (functions.memory_v1 != nullptr && good(functions.memory_v1(handle, &older))) {
    device.memory_total_bytes = older.total;
    device.memory_used_bytes = older.used;
    device.memory_free_bytes = older.free;
  }
}

void Gpu::read_instances(const Functions& functions, GpuReading& reading) {
  reading.processes.emplace();
  for (Device instance : mig_devices(functions, handle_)) {
    const auto uuid = text(functions.uuid, instance);
    if (!uuid || uuid->empty()) {
      continue;  // nobody could name it to CUDA
    }
    GpuDevice device{
        .index = index_, .uuid = *uuid, .name = text(functions.name, instance).value_or(name_)};
    read_memory(functions, instance, device);
    reading.instances.push_back(std::move(device));
    const auto listed = read_all_lists(functions, {instance});
    if (!listed) {
      reading.processes = tl::make_unexpected(listed.error());
    } else if (reading.processes) {
      std::ranges::move(one_per_pid(*listed, *uuid), std::back_inserter(*reading.processes));
    }
  }
}

void Gpu::read_details(const Functions& functions, GpuDevice& device) {
  const auto clock_mhz = [&](int clock) -> std::optional<double> {
    unsigned mhz = 0;
    const bool is_known =
        functions.clock_mhz != nullptr && good(functions.clock_mhz(handle_, clock, &mhz));
    return is_known ? std::optional<double>(mhz) : std::nullopt;
  };
  const auto errors = [&](int kind) -> std::optional<std::uint64_t> {
    unsigned long long count = 0;
    const bool is_known = functions.memory_errors != nullptr &&
                          good(functions.memory_errors(handle_, kind, kErrorsSinceDriverLoad,
                                                       kErrorsOfDeviceMemory, &count));
    return is_known ? std::optional<std::uint64_t>(count) : std::nullopt;
  };
  device.enforced_power_limit_watts = in_watts(number(functions.enforced_limit_milliwatts));
  device.sm_clock_mhz = clock_mhz(kClockOfSms);
  device.memory_clock_mhz = clock_mhz(kClockOfMemory);
  device.corrected_memory_errors = errors(kCorrectedErrors);
  device.uncorrected_memory_errors = errors(kUncorrectedErrors);
}

GpuDevice Gpu::read_values(const Functions& functions) {
  GpuDevice device{.index = index_, .uuid = uuid_, .name = name_};
  read_memory(functions, handle_, device);
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
