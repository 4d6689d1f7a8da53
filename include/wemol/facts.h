#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <wemol/condition.h>

namespace wemol {

/// The six readings of a container exactly as the tool that took them printed them.
struct PrintedStats {
  std::string cpu_percent;     ///< "3189.83%"
  std::string memory_usage;    ///< "975.7MiB / 250.3GiB"
  std::string memory_percent;  ///< "0.38%"
  std::string network_io;      ///< "746B / 0B": received / sent
  std::string block_io;        ///< "1.58MB / 1.71GB": read / written
  std::string pids;            ///< "39"
};

/// The CPU time that one run of a container has used, as the kernel counts it.
struct CpuCounter {
  std::chrono::nanoseconds used{};
  std::chrono::steady_clock::time_point read_at;
  /// When the counter was 0: the start of the run.
  std::chrono::steady_clock::time_point began_at;
};

/// What a container uses. A value that is unknown is absent, never 0.
struct ContainerStats {
  std::chrono::system_clock::time_point read_at;
  /// The same moment on the clock that nobody steps. How long a time lies between two readings is
  /// known from this one only.
  std::chrono::steady_clock::time_point measured_at;
  /// 100 is one busy CPU. A source that has read `cpu_counter` leaves this to the model.
  std::optional<double> cpu_percent;
  std::optional<CpuCounter> cpu_counter;
  std::optional<std::uint64_t> memory_used_bytes;
  std::optional<std::uint64_t> memory_limit_bytes;
  std::optional<double> memory_percent;  ///< used / limit x 100
  /// The kernel's own peak of this run so far, page cache included. It may be some seconds older
  /// than the reading, except in the last one of a run.
  std::optional<std::uint64_t> memory_peak_bytes;
  /// Processes that the kernel has killed in this run since the memory was used up, as of the same
  /// moment as the peak.
  std::optional<std::uint64_t> out_of_memory_kills;
  std::optional<std::uint64_t> network_received_bytes;  ///< since the container's start
  std::optional<std::uint64_t> network_sent_bytes;      ///< since the container's start
  std::optional<std::uint64_t> block_read_bytes;        ///< since the container's start
  std::optional<std::uint64_t> block_written_bytes;     ///< since the container's start
  std::optional<std::uint64_t> pids;                    ///< tasks of the cgroup, threads included
  /// Set when the readings came as text. The numbers above then have that text's three or four
  /// digits, and no number can give the text back exactly ("1e+03kB").
  std::shared_ptr<const PrintedStats> printed;
};

/// One run of a container that the engine lists as running, paused or restarting, or that has ended
/// since the last round. A container that was restarted meanwhile appears once for each run.
struct Container {
  std::string id;    ///< 64 hexadecimal digits
  std::string name;  ///< without a leading slash
  /// Absent when there was no valid reading in this round.
  std::optional<ContainerStats> stats;
  /// The run is over, and `stats` are its last: counters as its end left them, memory and pids as
  /// they were last seen while it ran.
  bool ended = false;
  /// Tells the runs of one container apart: the same for all readings of a run and for its end.
  std::uint64_t run = 0;
  std::optional<std::chrono::system_clock::time_point> started_at;
  /// The kernel has killed a process of this run since the memory was used up.
  bool oom_killed = false;
  /// Why `stats` is absent though the container runs and was asked about, for the log. Empty when
  /// nothing is wrong with it: nobody could be asked, or it is being restarted.
  std::string no_reading_because;
};

/// The end of one run of a container. It is stated once, in the round in which as much is known of
/// it as there will be, which may be later than its last reading.
struct EndedRun {
  std::string container_id;
  std::string container_name;
  std::uint64_t run = 0;
  std::optional<std::chrono::system_clock::time_point> started_at;
  std::optional<std::chrono::system_clock::time_point> ended_at;
  std::optional<std::int64_t> exit_code;
  /// The kernel has killed a process of it since the memory was used up.
  std::optional<bool> oom_killed;
};

/// A run that was not over when something was written down.
struct OpenRun {
  std::string container_id;
  std::string container_name;
  std::optional<std::chrono::system_clock::time_point> started_at;
  bool oom_killed = false;  ///< by then
};

/// One GPU as the driver's tools number and see it: whole-device values.
struct GpuDevice {
  unsigned index = 0;  ///< the driver's index, not CUDA's; may change at a boot
  std::string uuid;    ///< "GPU-…": the key
  std::string name;
  std::optional<std::uint64_t> memory_used_bytes;
  std::optional<std::uint64_t> memory_total_bytes;
  /// As the driver says it: what it reserves for itself is not free. nvidia-smi is asked for
  /// it by those only who need it.
  std::optional<std::uint64_t> memory_free_bytes;
  std::optional<double> utilization_percent;         ///< share of time with a kernel running
  std::optional<double> memory_utilization_percent;  ///< share of time with memory traffic
  std::optional<double> temperature_celsius;
  std::optional<double> fan_speed_percent;  ///< of the maximum; may exceed 100
  std::optional<double> power_draw_watts;
  std::optional<double> power_limit_watts;  ///< as requested
  /// What follows is read for monitors of the host only, and through NVML only.
  std::optional<double> enforced_power_limit_watts;  ///< the lowest of all limits
  std::optional<double> sm_clock_mhz;
  std::optional<double> memory_clock_mhz;
  std::optional<std::uint64_t> corrected_memory_errors;  ///< since the driver was loaded
  std::optional<std::uint64_t> uncorrected_memory_errors;
};

/// One process on one GPU. A process that uses two GPUs appears twice.
struct GpuProcess {
  std::uint64_t pid = 0;  ///< as the host numbers it
  std::string gpu_uuid;
  std::optional<std::uint64_t> memory_used_bytes;
  std::optional<double> sm_utilization_percent;  ///< its share of the GPU's SM time
  /// The container in which the process runs; absent when it runs in none that is known.
  std::optional<std::string> container_id;
  /// It may run in any container: those who could tell have not answered.
  bool owner_unknown = false;
};

/// What a source states about the host in one round. Nothing here is derived.
struct Facts {
  /// Absent when the containers could not be listed.
  std::optional<std::vector<Container>> containers;
  /// Also of runs so short that no round has read them.
  std::vector<EndedRun> ended_runs;
  /// The ends of all runs up to then have been stated, in this round or before.
  std::optional<std::chrono::system_clock::time_point> ends_stated_until;
  /// Absent when the GPU tools could not be read, or were not asked since there is no task.
  std::optional<std::vector<GpuDevice>> gpu_devices;
  std::optional<std::vector<GpuProcess>> gpu_processes;
  Conditions conditions;
};

}  // namespace wemol
