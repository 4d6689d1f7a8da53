#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "job.h"

namespace wemol::queue {

/// One process as /proc/<pid>/stat has it.
struct ProcessEntry {
  ProcessId id;
  std::int32_t parent_pid = 0;
  char state = '?';  ///< 'Z' and 'X': it has ended
  std::string name;  ///< 15 bytes at most
};

/// Nothing when there is no such process.
[[nodiscard]] std::optional<ProcessEntry> process_at(std::int32_t pid);
/// All that this user may see.
[[nodiscard]] std::vector<ProcessEntry> all_processes();
/// Those of `processes` that `ancestor` has started, and those that they have; without itself and
/// without those that have ended.
[[nodiscard]] std::vector<ProcessEntry> descendants_of(std::int32_t ancestor,
                                                       const std::vector<ProcessEntry>& processes);

[[nodiscard]] ProcessId this_process();
/// It is there and has not ended. A pid that was given to another process is not it.
[[nodiscard]] bool is_alive(const ProcessId& process);
/// Sends it to this very process, or to none. The errno, ESRCH when it is gone; 0 when it was sent.
[[nodiscard]] int send_signal(const ProcessId& process, int signal);

/// The processes of this user that were started with UNI_ID=<uni_id> in their environment: what is
/// left of a try whose keeper was killed.
[[nodiscard]] std::vector<ProcessEntry> processes_of_try(const std::string& uni_id);

}  // namespace wemol::queue
