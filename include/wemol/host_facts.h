#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <wemol/condition.h>

namespace wemol {

/// Time that CPUs have spent since the boot, in ticks of the kernel (USER_HZ). Time of guests
/// counts once, as the host's.
struct CpuTimes {
  std::uint64_t busy_ticks = 0;
  std::uint64_t total_ticks = 0;
};

/// One logical CPU that is online.
struct CoreFacts {
  unsigned id = 0;  ///< as the kernel numbers it; numbers of CPUs that are offline are missing
  CpuTimes times;
  std::optional<double> frequency_mhz;
  std::optional<double> temperature_celsius;  ///< of the physical core, by the sensor's label
};

struct CpuFacts {
  std::optional<CpuTimes> times;  ///< of all together
  std::vector<CoreFacts> cores;
  std::optional<double> temperature_celsius;           ///< of the package, the hottest one
  std::optional<std::array<double, 3>> load_averages;  ///< over 1, 5 and 15 minutes
  std::optional<std::uint64_t> processes;
  std::optional<std::uint64_t> threads;
};

struct MemoryFacts {
  std::optional<std::uint64_t> total_bytes;
  std::optional<std::uint64_t> available_bytes;  ///< the kernel's estimate, as `free` shows it
  std::optional<std::uint64_t> swap_total_bytes;
  std::optional<std::uint64_t> swap_free_bytes;
  /// Of the control group in which this process runs; absent where it has no limit.
  std::optional<std::uint64_t> cgroup_limit_bytes;
  std::optional<std::uint64_t> cgroup_used_bytes;
};

/// A whole disk (nvme0n1, sda): no partition, and nothing that lies on other disks (dm, md, loop).
/// Counters since the boot.
struct DiskFacts {
  std::string name;
  std::uint64_t read_bytes = 0;
  std::uint64_t written_bytes = 0;
  std::uint64_t reads = 0;  ///< completed
  std::uint64_t writes = 0;
};

/// A file system on a disk or from a network, once however often it is mounted.
struct FileSystemFacts {
  std::string mount_point;  ///< the shortest one
  std::string type;
  bool is_network = false;  ///< lies on another host
  /// What several file systems take their space from, each as much as it needs: the pool of ZFS.
  /// Empty: the space is its own.
  std::string pool;
  std::uint64_t total_bytes = 0;
  std::uint64_t used_bytes = 0;  ///< as `df` has it
  std::uint64_t available_bytes = 0;
};

/// A physical interface: neither the loopback nor veth, bridges, tunnels and the like. Counters
/// since it came up.
struct InterfaceFacts {
  std::string name;
  std::uint64_t received_bytes = 0;
  std::uint64_t sent_bytes = 0;
  std::uint64_t received_packets = 0;
  std::uint64_t sent_packets = 0;
};

/// Pressure stall information of one resource: the share of the last 10 s in percent.
struct PressureFacts {
  std::optional<double> some_percent;  ///< some task waited for it
  std::optional<double> full_percent;  ///< all tasks that wanted to run waited for it
};

/// What the kernel says of this host at one moment. Nothing is derived; unknown is absent, never 0.
struct HostFacts {
  std::chrono::system_clock::time_point read_at;
  std::chrono::steady_clock::time_point measured_at;
  CpuFacts cpu;
  MemoryFacts memory;
  std::optional<std::vector<DiskFacts>> disks;
  std::optional<std::vector<FileSystemFacts>> file_systems;
  std::optional<std::vector<InterfaceFacts>> interfaces;
  std::optional<std::uint64_t> tcp_connections;  ///< established, IPv4 and IPv6
  PressureFacts cpu_pressure;
  PressureFacts memory_pressure;
  PressureFacts io_pressure;
};

/// One process at one moment.
struct ProcessFacts {
  /// When this was read. Earlier than its list: the process rests, and is read seldom.
  std::chrono::steady_clock::time_point measured_at;
  std::uint64_t pid = 0;
  std::uint64_t parent_pid = 0;
  /// Since the boot. With the pid it names the process for good: a pid alone is used again.
  std::uint64_t start_ticks = 0;
  std::string name;          ///< comm
  std::string command_line;  ///< arguments joined by blanks, secrets masked; empty: a thread of the
                             ///< kernel, or denied
  char state = '?';          ///< R, S, D, Z, T, I, …
  std::uint32_t user_id = 0;
  std::uint64_t cpu_ticks = 0;  ///< user and system
  std::optional<std::uint64_t> resident_bytes;
  std::uint64_t threads = 1;
};

/// The processes that can be seen, in the order of their pids.
struct ProcessList {
  std::chrono::steady_clock::time_point measured_at;
  std::chrono::system_clock::time_point booted_at;  ///< from which start_ticks count
  std::uint64_t ticks_per_second = 100;
  std::vector<ProcessFacts> processes;
};

/// What does not change while the host runs.
struct SystemInfo {
  std::string platform;      ///< "Linux-6.1.0-18-amd64", as uname has it
  std::string architecture;  ///< "x86_64"
  std::string cpu_model;
  std::optional<std::uint64_t> cpu_cores;    ///< physical ones
  std::optional<std::uint64_t> cpu_threads;  ///< logical ones
  std::optional<std::uint64_t> memory_total_bytes;
  std::optional<std::uint64_t> swap_total_bytes;
  std::optional<std::uint64_t> disk_total_bytes;
  std::string hostname;
  std::string ip_address;  ///< by which other hosts are reached; empty: none
};

}  // namespace wemol
