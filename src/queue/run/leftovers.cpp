#include "leftovers.h"

#include <poll.h>

#include <chrono>
#include <csignal>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "keeper.h"
#include "process_table.h"
#include "time_points.h"
#include "try_cgroup.h"

namespace wemol::queue {
namespace {

using namespace std::chrono_literals;

std::optional<TryCgroup> cgroup_of_try(const std::string& uni_id,
                                       const std::vector<ProcessEntry>& processes) {
  const auto own = own_cgroup();
  auto cgroup = own ? TryCgroup::find(*own, uni_id) : std::nullopt;
  for (auto process = processes.begin(); !cgroup && process != processes.end(); ++process) {
    cgroup = TryCgroup::find_of_process(process->id.pid, uni_id);
  }
  return cgroup;
}

/// What a killed keeper has left.
class Leftovers {
 public:
  void end(const ProcessEntry& process) {
    const bool is_new = ended_.emplace(process.id.pid, process.id.start_ticks).second;
    if (send_signal(process.id, SIGKILL) == 0 && is_new) {
      names_.push_back(fmt::format("{} ({})", process.name, process.id.pid));
    }
  }
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }

 private:
  std::set<std::pair<std::int32_t, std::uint64_t>> ended_;
  std::vector<std::string> names_;
};

/// An older kernel kills one after the other, and what they fork meanwhile in the next round.
void end_all_in(const TryCgroup& cgroup, Leftovers& leftovers) {
  constexpr int kRounds = 20;
  for (int i = 0; i < kRounds && cgroup.is_populated(); ++i) {
    for (const ProcessEntry& process : cgroup.processes()) {
      leftovers.end(process);
    }
    if (cgroup.kill_all()) {
      return;
    }
  }
}

/// What was killed takes a moment to end. A group that is longer in use is left to the next start
/// of a scheduler.
void remove_when_empty(const TryCgroup& cgroup) {
  constexpr std::chrono::milliseconds kTimeToEnd = 500ms;
  const SteadyTime due = std::chrono::steady_clock::now() + kTimeToEnd;
  while (cgroup.is_populated() && std::chrono::steady_clock::now() < due) {
    pollfd news{.fd = cgroup.events(), .events = POLLPRI};
    poll(&news, 1, static_cast<int>(kTimeToEnd.count()));
  }
  cgroup.remove();
}

}  // namespace

std::vector<std::string> end_leftovers(const std::string& uni_id) {
  const auto by_environment = processes_of_try(uni_id);
  const auto cgroup = cgroup_of_try(uni_id, by_environment);
  Leftovers leftovers;
  if (cgroup) {
    end_all_in(*cgroup, leftovers);
  }
  for (const ProcessEntry& process : by_environment) {
    leftovers.end(process);
  }
  if (cgroup) {
    remove_when_empty(*cgroup);
  }
  return leftovers.names();
}

void remove_stale_cgroups() {
  const auto own = own_cgroup();
  for (const std::string& uni_id : own ? TryCgroup::tries_in(*own) : std::vector<std::string>()) {
    const auto cgroup = TryCgroup::find(*own, uni_id);
    if (cgroup && !cgroup->is_populated() && !find_keeper(uni_id)) {
      cgroup->remove();
    }
  }
}

}  // namespace wemol::queue
