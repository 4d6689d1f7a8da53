#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <wemol/host_facts.h>
#include <wemol/host_sample.h>

namespace wemol {

/// The sample of `now`: gauges as they are, rates against `before`. A counter that has fallen (an
/// interface that was made anew, a wrap) makes a rate absent, never negative; disks and interfaces
/// that are not in both do not count. Without `before`, and when no time has passed, there is no
/// rate. GPUs and processes are left to others.
[[nodiscard]] HostSample host_sample(HostFacts now, const HostFacts* before);

struct DiskSpace {
  std::uint64_t total_bytes = 0;
  std::uint64_t used_bytes = 0;
  std::uint64_t available_bytes = 0;
};
/// Of all file systems of this host's disks together. What those of one pool could still take is
/// counted once. Nothing: there is none.
[[nodiscard]] std::optional<DiskSpace> disk_space(std::span<const FileSystemFacts> file_systems);

/// The name of a user.
using UserName = std::function<std::string(std::uint32_t user_id)>;

/// Turns lists of processes into samples, with what it remembers of the list before.
class ProcessRates {
 public:
  /// The processes with what they have used since each was read before, over the time between the
  /// two. What began since the list before has used all of its time since. No percentage: there is
  /// no list before, or the process was not in it though it ran already.
  [[nodiscard]] std::vector<ProcessSample> derive(ProcessList now,
                                                  const std::optional<std::uint64_t>& memory_bytes,
                                                  const UserName& user_name);

 private:
  struct Base {
    std::uint64_t pid = 0;
    std::uint64_t start_ticks = 0;
    std::uint64_t cpu_ticks = 0;
    std::chrono::steady_clock::time_point measured_at;
    std::optional<double> cpu_percent;
  };
  [[nodiscard]] std::optional<double> percent_of(const ProcessFacts& process,
                                                 double ticks_per_second) const;

  std::optional<std::chrono::steady_clock::time_point> measured_at_;
  std::vector<Base> before_;  ///< sorted by pid
  /// What the list before lacks and began earlier than its newest process was hidden from it.
  std::uint64_t newest_start_ticks_ = 0;
};

/// What the process `root` and all that descend from it use. A process whose parent has ended
/// belongs to nobody's tree any more. Nothing: there is no such process. The GPUs' part is absent
/// where `gpu_processes` is.
[[nodiscard]] std::optional<ProcessTreeSample> process_tree(
    std::span<const ProcessSample> processes, std::uint64_t root,
    const std::optional<std::vector<GpuProcess>>& gpu_processes);

}  // namespace wemol
