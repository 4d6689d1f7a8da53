#pragma once

#include <chrono>
#include <memory>

#include <wemol/host_sample.h>

namespace wemol::test {

/// A sample in which everything is known, of a host with two CPUs (0 and 2: CPU 1 is offline), one
/// GPU, one disk, one interface.
inline HostSample full_host_sample() {
  using namespace std::chrono_literals;
  constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;
  HostSample sample;
  sample.read_at =
      std::chrono::sys_days(std::chrono::year(2026) / 1 / 15) + 10h + 30min + 1234567us;
  sample.rates_cover = 15s;
  sample.cpu_usage_percent = 37.5;
  sample.cores = {
      {.id = 0, .usage_percent = 50.0, .frequency_mhz = 3200.5, .temperature_celsius = 61.0},
      {.id = 2, .usage_percent = 25.0, .frequency_mhz = 800.0, .temperature_celsius = 55.0}};
  sample.cpu_temperature_celsius = 63.0;
  sample.load_averages = {0.5, 1.25, 2.0};
  sample.processes = 312;
  sample.threads = 1204;
  sample.memory = {.total_bytes = 64 * kGiB,
                   .available_bytes = 48 * kGiB,
                   .swap_total_bytes = 8 * kGiB,
                   .swap_free_bytes = 6 * kGiB,
                   .cgroup_limit_bytes = 32 * kGiB,
                   .cgroup_used_bytes = 4 * kGiB};
  sample.memory_used_bytes = 16 * kGiB;
  sample.memory_usage_percent = 25.0;
  sample.swap_used_bytes = 2 * kGiB;
  sample.swap_usage_percent = 25.0;
  sample.file_systems = {{.mount_point = "/",
                          .type = "ext4",
                          .total_bytes = 100 * kGiB,
                          .used_bytes = 40 * kGiB,
                          .available_bytes = 55 * kGiB}};
  sample.disk_total_bytes = 100 * kGiB;
  sample.disk_used_bytes = 40 * kGiB;
  sample.disk_usage_percent = 40.0;
  sample.disk_read_bytes_per_second = 1048576.0;
  sample.disk_written_bytes_per_second = 2097152.5;
  sample.disk_operations_per_second = 150.0;
  sample.network_received_bytes_per_second = 12500.0;
  sample.network_sent_bytes_per_second = 6250.0;
  sample.network_received_packets_per_second = 100.0;
  sample.network_sent_packets_per_second = 80.0;
  sample.tcp_connections = 7;
  sample.cpu_pressure = {.some_percent = 1.5, .full_percent = 0.0};
  sample.memory_pressure = {.some_percent = 0.25, .full_percent = 0.125};
  sample.io_pressure = {.some_percent = 4.0, .full_percent = 3.0};
  GpuDevice gpu;
  gpu.index = 3;
  gpu.uuid = "GPU-5c1b6fd4";
  gpu.name = "NVIDIA L4";
  gpu.memory_used_bytes = 6 * kGiB;
  gpu.memory_total_bytes = 24 * kGiB;
  gpu.utilization_percent = 80.0;
  gpu.memory_utilization_percent = 35.0;
  gpu.temperature_celsius = 66.0;
  gpu.fan_speed_percent = 45.0;
  gpu.power_draw_watts = 54.0;
  gpu.power_limit_watts = 80.0;
  gpu.enforced_power_limit_watts = 72.0;
  gpu.sm_clock_mhz = 2040.0;
  gpu.memory_clock_mhz = 6251.0;
  gpu.corrected_memory_errors = 2;
  gpu.uncorrected_memory_errors = 0;
  sample.gpus = {gpu};
  sample.conditions = {{.key = "k", .message = "the swap cannot be read"}};

  auto facts = std::make_shared<HostFacts>();
  facts->cpu.cores = {{.id = 0, .times = {.busy_ticks = 1250, .total_ticks = 10000}},
                      {.id = 2, .times = {.busy_ticks = 50, .total_ticks = 10000}}};
  facts->disks = {{.name = "nvme0n1",
                   .read_bytes = 123456789012,
                   .written_bytes = 512,
                   .reads = 1000,
                   .writes = 1}};
  facts->interfaces = {{.name = "eth0",
                        .received_bytes = 5000,
                        .sent_bytes = 4000,
                        .received_packets = 50,
                        .sent_packets = 40}};
  sample.facts = facts;
  return sample;
}

/// The share of a run's processes in it.
inline ProcessTreeSample full_process_tree() {
  ProcessTreeSample tree;
  tree.processes = 5;
  tree.cpu_percent = 180.0;
  tree.resident_bytes = 3221225472;
  tree.gpus = {
      {.uuid = "GPU-5c1b6fd4", .memory_used_bytes = 3221225472, .sm_utilization_percent = 70.0}};
  return tree;
}

}  // namespace wemol::test
