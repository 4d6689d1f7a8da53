#include "host_rates.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <string_view>

namespace wemol {
namespace {

constexpr double kWholePercent = 100;

/// How far a counter has come; nothing when it has fallen.
std::optional<double> growth(std::uint64_t before, std::uint64_t now) {
  return now >= before ? std::optional(static_cast<double>(now - before)) : std::nullopt;
}

std::optional<double> usage_percent(const CpuTimes& before, const CpuTimes& now) {
  const auto busy = growth(before.busy_ticks, now.busy_ticks);
  const auto total = growth(before.total_ticks, now.total_ticks);
  if (!busy || !total || *total == 0) {
    return std::nullopt;
  }
  // The kernel's idle time may fall back by a tick or two.
  return std::min(*busy / *total * kWholePercent, kWholePercent);
}

std::optional<double> part_percent(const std::optional<std::uint64_t>& part,
                                   const std::optional<std::uint64_t>& whole) {
  if (!part || !whole || *whole == 0) {
    return std::nullopt;
  }
  return static_cast<double>(*part) / static_cast<double>(*whole) * kWholePercent;
}

std::optional<std::uint64_t> difference(const std::optional<std::uint64_t>& whole,
                                        const std::optional<std::uint64_t>& part) {
  return whole && part && *part <= *whole ? std::optional(*whole - *part) : std::nullopt;
}

/// Devices are looked up by name: their order changes with what is plugged in.
template <typename Device>
const Device* same_device(const std::vector<Device>& devices, const Device& wanted) {
  const auto found = std::ranges::find(devices, wanted.name, &Device::name);
  return found != devices.end() ? &*found : nullptr;
}

/// The growth of one counter of all devices that are in both, per second. One that has fallen makes
/// it unknown: the sum without that device would be no sum of all.
template <typename Device>
std::optional<double> rate_of(const std::optional<std::vector<Device>>& before,
                              const std::optional<std::vector<Device>>& now,
                              std::uint64_t Device::*counter, double seconds) {
  if (!before || !now) {
    return std::nullopt;
  }
  double sum = 0;
  for (const Device& device : *now) {
    const Device* const old = same_device(*before, device);
    if (old == nullptr) {
      continue;
    }
    const auto grown = growth(old->*counter, device.*counter);
    if (!grown) {
      return std::nullopt;
    }
    sum += *grown;
  }
  return sum / seconds;
}

std::optional<double> sum_of(const std::optional<double>& one, const std::optional<double>& other) {
  return one && other ? std::optional(*one + *other) : std::nullopt;
}

void set_rates(const HostFacts& before, const HostFacts& now, double seconds, HostSample& sample) {
  if (before.cpu.times && now.cpu.times) {
    sample.cpu_usage_percent = usage_percent(*before.cpu.times, *now.cpu.times);
  }
  for (std::size_t at = 0; at < now.cpu.cores.size(); ++at) {
    const CoreFacts& core = now.cpu.cores[at];
    const auto old = std::ranges::lower_bound(before.cpu.cores, core.id, {}, &CoreFacts::id);
    if (old != before.cpu.cores.end() && old->id == core.id) {
      sample.cores[at].usage_percent = usage_percent(old->times, core.times);
    }
  }
  const auto disk = [&](std::uint64_t DiskFacts::*counter) {
    return rate_of(before.disks, now.disks, counter, seconds);
  };
  sample.disk_read_bytes_per_second = disk(&DiskFacts::read_bytes);
  sample.disk_written_bytes_per_second = disk(&DiskFacts::written_bytes);
  sample.disk_operations_per_second = sum_of(disk(&DiskFacts::reads), disk(&DiskFacts::writes));
  const auto network = [&](std::uint64_t InterfaceFacts::*counter) {
    return rate_of(before.interfaces, now.interfaces, counter, seconds);
  };
  sample.network_received_bytes_per_second = network(&InterfaceFacts::received_bytes);
  sample.network_sent_bytes_per_second = network(&InterfaceFacts::sent_bytes);
  sample.network_received_packets_per_second = network(&InterfaceFacts::received_packets);
  sample.network_sent_packets_per_second = network(&InterfaceFacts::sent_packets);
}

void set_memory(const MemoryFacts& memory, HostSample& sample) {
  sample.memory = memory;
  sample.memory_used_bytes = difference(memory.total_bytes, memory.available_bytes);
  sample.memory_usage_percent = part_percent(sample.memory_used_bytes, memory.total_bytes);
  sample.swap_used_bytes = difference(memory.swap_total_bytes, memory.swap_free_bytes);
  sample.swap_usage_percent = memory.swap_total_bytes == 0U
                                  ? std::optional(0.0)  // none of none is in use
                                  : part_percent(sample.swap_used_bytes, memory.swap_total_bytes);
}

void set_disk_space(std::optional<std::vector<FileSystemFacts>> file_systems, HostSample& sample) {
  const auto space = file_systems ? disk_space(*file_systems) : std::nullopt;
  sample.file_systems = std::move(file_systems);
  if (space) {
    sample.disk_total_bytes = space->total_bytes;
    sample.disk_used_bytes = space->used_bytes;
    sample.disk_usage_percent =
        part_percent(space->used_bytes, space->used_bytes + space->available_bytes);
  }
}

}  // namespace

HostSample host_sample(HostFacts now, const HostFacts* before) {
  HostSample sample;
  sample.read_at = now.read_at;
  sample.measured_at = now.measured_at;
  sample.cores.reserve(now.cpu.cores.size());
  for (const CoreFacts& core : now.cpu.cores) {
    sample.cores.push_back({.id = core.id,
                            .usage_percent = std::nullopt,
                            .frequency_mhz = core.frequency_mhz,
                            .temperature_celsius = core.temperature_celsius});
  }
  sample.cpu_temperature_celsius = now.cpu.temperature_celsius;
  sample.load_averages = now.cpu.load_averages;
  sample.processes = now.cpu.processes;
  sample.threads = now.cpu.threads;
  set_memory(now.memory, sample);
  sample.tcp_connections = now.tcp_connections;
  sample.cpu_pressure = now.cpu_pressure;
  sample.memory_pressure = now.memory_pressure;
  sample.io_pressure = now.io_pressure;
  if (before != nullptr && now.measured_at > before->measured_at) {
    const std::chrono::duration<double> span = now.measured_at - before->measured_at;
    sample.rates_cover = now.measured_at - before->measured_at;
    set_rates(*before, now, span.count(), sample);
  }
  set_disk_space(std::move(now.file_systems), sample);
  return sample;
}

std::optional<DiskSpace> disk_space(std::span<const FileSystemFacts> file_systems) {
  DiskSpace sum;
  bool is_any = false;
  std::map<std::string_view, std::uint64_t> available_in_pool;
  for (const FileSystemFacts& facts : file_systems) {
    if (facts.is_network) {
      continue;
    }
    is_any = true;
    sum.used_bytes += facts.used_bytes;
    if (facts.pool.empty()) {
      sum.total_bytes += facts.total_bytes;
      sum.available_bytes += facts.available_bytes;
    } else {
      // A file system's total is what it uses and what the pool has left.
      sum.total_bytes += facts.used_bytes;
      std::uint64_t& available = available_in_pool[facts.pool];
      available = std::max(available, facts.available_bytes);
    }
  }
  for (const auto& [pool, available] : available_in_pool) {
    sum.total_bytes += available;
    sum.available_bytes += available;
  }
  return is_any ? std::optional(sum) : std::nullopt;
}

}  // namespace wemol
