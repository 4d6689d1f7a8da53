#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <wemol/facts.h>

#include "container_of_process.h"
#include "files.h"

namespace wemol {

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
