#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <wemol/facts.h>
#include <wemol/host_facts.h>

namespace wemol {

/// The figures of one logical CPU.
struct CoreSample {
  unsigned id = 0;
  std::optional<double> usage_percent;  ///< since the sample before
  std::optional<double> frequency_mhz;
  std::optional<double> temperature_celsius;
};

/// One process, with what it has used since the sample before.
struct ProcessSample {
  ProcessFacts facts;
  std::string user;  ///< name, or the number where there is none
  std::chrono::system_clock::time_point started_at;
  std::optional<double> cpu_percent;     ///< 100 is one busy CPU
  std::optional<double> memory_percent;  ///< of the host's
};

/// What the process tree of a run uses: a process and all that descend from it.
struct ProcessTreeSample {
  std::uint64_t processes = 0;
  std::optional<double> cpu_percent;  ///< 100 is one busy CPU
  std::optional<std::uint64_t> resident_bytes;
  struct OnGpu {
    std::string uuid;
    std::optional<std::uint64_t> memory_used_bytes;
    std::optional<double> sm_utilization_percent;
  };
  std::optional<std::vector<OnGpu>> gpus;
};

/// The job of wemol-queue that holds a GPU's lock.
struct QueueJob {
  std::string gpu_uuid;  ///< of a whole GPU, or of an instance of one
  std::string user;      ///< name, or the number where there is none
  std::string queue;
  std::uint64_t job = 0;
  std::optional<std::chrono::system_clock::time_point> since;
};

/// The record of one host at one moment: gauges as read, rates since the sample before. Unknown is
/// absent, never 0; the first sample has no rates.
struct HostSample {
  std::chrono::system_clock::time_point read_at;
  std::chrono::steady_clock::time_point measured_at;
  /// The time that the rates are of: since the sample before.
  std::optional<std::chrono::nanoseconds> rates_cover;
  /// What it was made of: the counters, for those who take rates themselves. May be null.
  std::shared_ptr<const HostFacts> facts;

  std::optional<double> cpu_usage_percent;  ///< 100: all CPUs are busy
  std::vector<CoreSample> cores;
  std::optional<double> cpu_temperature_celsius;
  std::optional<std::array<double, 3>> load_averages;
  std::optional<std::uint64_t> processes;
  std::optional<std::uint64_t> threads;

  MemoryFacts memory;
  std::optional<std::uint64_t> memory_used_bytes;  ///< total - available
  std::optional<double> memory_usage_percent;
  std::optional<std::uint64_t> swap_used_bytes;
  std::optional<double> swap_usage_percent;

  std::optional<std::vector<FileSystemFacts>> file_systems;
  std::optional<std::uint64_t> disk_total_bytes;  ///< of all file systems of disks
  std::optional<std::uint64_t> disk_used_bytes;
  std::optional<double> disk_usage_percent;
  std::optional<double> disk_read_bytes_per_second;
  std::optional<double> disk_written_bytes_per_second;
  std::optional<double> disk_operations_per_second;

  std::optional<double> network_received_bytes_per_second;
  std::optional<double> network_sent_bytes_per_second;
  std::optional<double> network_received_packets_per_second;
  std::optional<double> network_sent_packets_per_second;
  std::optional<std::uint64_t> tcp_connections;

  PressureFacts cpu_pressure;
  PressureFacts memory_pressure;
  PressureFacts io_pressure;

  /// Absent: the GPUs could not be read. Empty: there is none.
  std::optional<std::vector<GpuDevice>> gpus;
  std::optional<std::vector<GpuProcess>> gpu_processes;
  /// Absent: not asked for, or /proc could not be listed.
  std::optional<std::vector<ProcessSample>> process_list;

  /// Absent: not asked for, or wemol-queue has never locked a GPU of this host since its start.
  std::optional<std::vector<QueueJob>> queue_jobs;

  Conditions conditions;
};

}  // namespace wemol
