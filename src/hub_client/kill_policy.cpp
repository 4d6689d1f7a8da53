#include "kill_policy.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "files.h"
#include "process_files.h"
#include "text.h"
#include "words.h"

namespace wemol::hub_client {
namespace {

constexpr std::size_t kProcFileBytes = 16 << 10;

double seconds_since_epoch(std::chrono::system_clock::time_point time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

/// Uid:	1000	1000	1000	1000 – real, effective, saved, of the file system.
std::optional<std::uint32_t> only_user(std::string_view status) {
  while (!status.empty()) {
    std::string_view line = take_line(status);
    if (take_word(line) != "Uid:") {
      continue;
    }
    const auto first = parse_number<std::uint32_t>(take_word(line));
    for (int i = 0; i < 3; ++i) {
      if (parse_number<std::uint32_t>(take_word(line)) != first) {
        return std::nullopt;
      }
    }
    return first;
  }
  return std::nullopt;
}

}  // namespace

void ReportedProcesses::note(const HostSample& sample) {
  if (!sample.process_list) {
    return;
  }
  const SteadyTime now = sample.measured_at;
  for (const ProcessSample& process : *sample.process_list) {
    const ProcessFacts& facts = process.facts;
    if (facts.start_ticks == 0) {
      continue;  // what only a driver names is no process that can be told from another
    }
    const auto [at, is_new] = by_pid_.try_emplace(facts.pid);
    Known& known = at->second;
    if (!is_new && known.process.start_ticks != facts.start_ticks) {
      known.ambiguous_until = now + kSeenFor;
    }
    known.process = {facts.pid, facts.start_ticks, facts.user_id, facts.name, process.user};
    known.create_time = seconds_since_epoch(process.started_at);
    known.seen_at = now;
  }
  std::erase_if(by_pid_, [&](const auto& entry) { return now - entry.second.seen_at > kSeenFor; });
}

std::optional<KillTarget> ReportedProcesses::find(std::uint64_t pid,
                                                  std::optional<double> create_time,
                                                  SteadyTime now) const {
  // Reports round it to hundredths, and a step of the host's clock moves it by as much as itself.
  constexpr double kTolerance = 0.05;
  const auto found = by_pid_.find(pid);
  if (found == by_pid_.end()) {
    return std::nullopt;
  }
  const Known& known = found->second;
  const bool is_that_one = create_time ? std::abs(*create_time - known.create_time) <= kTolerance
                                       : now >= known.ambiguous_until;
  return is_that_one ? std::optional(known.process) : std::nullopt;
}

bool KillPolicy::allows(const KillTarget& target) const {
  return !target.user.empty() && std::ranges::find(users, target.user) != users.end();
}

std::optional<LiveProcess> read_live_process(std::uint64_t pid) {
  const SystemFileReader files;
  const std::string folder = fmt::format("/proc/{}/", pid);
  const auto stat_text = files.read(folder + "stat", kProcFileBytes);
  const auto status_text = files.read(folder + "status", kProcFileBytes);
  const auto stat = stat_text ? parse_process_stat(*stat_text) : std::nullopt;
  if (!stat || !status_text || stat->state == 'Z' || stat->state == 'X') {
    return std::nullopt;
  }
  return LiveProcess{.start_ticks = stat->start_ticks,
                     .parent_pid = stat->parent_pid,
                     .is_kernel_thread = stat->is_kernel_thread,
                     .group = getpgid(static_cast<pid_t>(pid)),
                     .user_id = only_user(*status_text)};
}

std::optional<KillOutcome> objection(const KillTarget& target,
                                     const std::optional<LiveProcess>& live, const Self& self) {
  if (target.pid <= 1) {
    return KillOutcome::denied;
  }
  if (!live || live->start_ticks != target.start_ticks) {
    return KillOutcome::gone;
  }
  const auto own = static_cast<std::uint64_t>(self.pid);
  const bool is_own =
      target.pid == own || live->parent_pid == own || live->group == self.group || live->group <= 0;
  if (is_own || live->is_kernel_thread || live->user_id != target.user_id) {
    return KillOutcome::denied;
  }
  return std::nullopt;
}

}  // namespace wemol::hub_client
