#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <wemol/host_sample.h>

#include "hub_message.h"
#include "time_points.h"

namespace wemol::hub_client {

/// A process for good: its pid alone is used again.
struct KillTarget {
  std::uint64_t pid = 0;
  std::uint64_t start_ticks = 0;
  std::uint32_t user_id = 0;
  std::string name;  ///< for the log
  std::string user;
};

/// What was reported of processes, so that a pid means the process that was seen on the page.
class ReportedProcesses {
 public:
  /// A page may show what is as old as this. A pid that has changed hands since means nobody.
  static constexpr std::chrono::seconds kSeenFor{60};

  /// With each sample.
  void note(const HostSample& sample);
  /// The process that was reported under this pid; with its `create_time`, only if it is that one.
  [[nodiscard]] std::optional<KillTarget> find(std::uint64_t pid, std::optional<double> create_time,
                                               SteadyTime now) const;

 private:
  struct Known {
    KillTarget process;
    double create_time = 0;
    SteadyTime seen_at;  ///< in a sample, last
    SteadyTime ambiguous_until{};
  };

  std::unordered_map<std::uint64_t, Known> by_pid_;
};

/// Whose processes may be ended at the hub's wish. Of nobody by default.
struct KillPolicy {
  std::vector<std::string> users;

  [[nodiscard]] bool allows(const KillTarget& target) const;
};

/// A process as it is now, as far as it matters here.
struct LiveProcess {
  std::uint64_t start_ticks = 0;
  std::uint64_t parent_pid = 0;
  bool is_kernel_thread = false;
  pid_t group = 0;
  /// The one user that it runs as; nothing while its users differ (setuid).
  std::optional<std::uint32_t> user_id;
};
/// Nothing: it is gone.
[[nodiscard]] std::optional<LiveProcess> read_live_process(std::uint64_t pid);

/// Who the agent is.
struct Self {
  pid_t pid = 0;
  pid_t group = 0;
};

/// What stands against it, whatever the policy says: it is another process by now or runs as
/// another user, it is process 1, the kernel's, or the agent's own. Nothing: it may be signaled.
[[nodiscard]] std::optional<KillOutcome> objection(const KillTarget& target,
                                                   const std::optional<LiveProcess>& live,
                                                   const Self& self);

}  // namespace wemol::hub_client
