#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <wemol/facts.h>

#include "files.h"

namespace wemol {

/// The text of /proc/<pid>/cgroup.
[[nodiscard]] Result<std::string> cgroup_text_of(const FileReader& files, std::uint64_t pid);

/// When the process started, in ticks since the boot. With its pid it names the process for good:
/// a pid alone is used again. Nothing when there is no such process.
[[nodiscard]] std::optional<std::uint64_t> start_ticks_of(const FileReader& files,
                                                          std::uint64_t pid);

/// The start time in the text of /proc/<pid>/stat; nothing when it has none.
[[nodiscard]] std::optional<std::uint64_t> start_ticks_in(std::string_view stat_text);

/// Tells whether an id (64 hexadecimal digits) is a container that the engine knows.
using IsKnownContainer = std::function<bool(std::string_view id)>;

/// The container in whose control group a process is, from the text of /proc/<pid>/cgroup. A path
/// may hold several ids (an engine inside a container, a monitor): the deepest known one counts.
/// Understands control groups v1, v2 and both mixed, and every naming of the paths in which the
/// id stands as a run of exactly 64 hexadecimal digits.
[[nodiscard]] std::optional<std::string> container_in_cgroup(std::string_view cgroup_text,
                                                             const IsKnownContainer& is_known);

/// Finds out which GPU process runs in which container by the control group of the process alone.
/// It costs one small file for a process whose container is known from the last call, and three
/// for any other.
class ProcessOwners {
 public:
  explicit ProcessOwners(const FileReader& files);

  /// Sets `container_id` of the processes that run in a container that `is_known`. A process that
  /// has started after `listed_at_ticks` (boot_ticks_now() when the GPUs were asked for their
  /// processes) is not the one that was listed: its pid was used again, and it gets no container.
  void attribute(std::vector<GpuProcess>& processes, const IsKnownContainer& is_known,
                 std::uint64_t listed_at_ticks);

 private:
  struct Owner {
    std::uint64_t process_start_ticks = 0;
    std::string container_id;
  };

  [[nodiscard]] std::optional<Owner> find_owner(std::uint64_t pid, const IsKnownContainer& is_known,
                                                std::uint64_t listed_at_ticks) const;

  const FileReader& files_;
  /// By pid, of the processes of the last call. Those without a container are left out, so that
  /// they are looked at again: their container may be known by then.
  std::unordered_map<std::uint64_t, Owner> owners_;
};

}  // namespace wemol
