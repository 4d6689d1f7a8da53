#include "process_ending.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <utility>

#include <fmt/format.h>

namespace wemol::queue {
namespace {

using namespace std::chrono_literals;

/// What begins while the others end is told to end after this.
constexpr std::chrono::milliseconds kTellEvery = 200ms;
/// What cannot be killed sits in the kernel and may do so for hours.
constexpr std::chrono::milliseconds kFirstPause = 5ms;
constexpr std::chrono::milliseconds kLongestPause = 1s;
constexpr std::size_t kNamesAtMost = 8;

}  // namespace

std::vector<ProcessEntry> ProcessEnding::what_is_left() const {
  auto left = descendants_of(getpid(), all_processes());
  for (ProcessEntry& process :
       cgroup_ != nullptr ? cgroup_->processes() : std::vector<ProcessEntry>()) {
    if (std::ranges::find(left, process.id, &ProcessEntry::id) == left.end()) {
      left.push_back(std::move(process));
    }
  }
  return left;
}

void ProcessEnding::step(SteadyTime now) {
  const bool is_time_to_kill = now >= kill_at_;
  const std::vector<ProcessEntry> left = what_is_left();
  if (is_time_to_kill && cgroup_ != nullptr && cgroup_->is_populated()) {
    had_to_kill_ = cgroup_->kill_all() || had_to_kill_;
  }
  for (const ProcessEntry& process : left) {
    const bool is_new = told_.emplace(process.id.pid, process.id.start_ticks).second;
    if (is_new && names_.size() < kNamesAtMost) {
      names_.push_back(fmt::format("{} ({})", process.name, process.id.pid));
    }
    if (is_time_to_kill) {
      had_to_kill_ = send_signal(process.id, SIGKILL) == 0 || had_to_kill_;
    } else if (is_new && send_signal(process.id, SIGTERM) == 0) {
      (void)send_signal(process.id, SIGCONT);  // one that is stopped would not hear it
    }
  }
  if (is_time_to_kill) {
    pause_ = std::clamp(pause_ * 2, kFirstPause, kLongestPause);
    next_step_ = now + pause_;
  } else {
    next_step_ = std::min<SteadyTime>(now + kTellEvery, kill_at_);
  }
}

}  // namespace wemol::queue
