#pragma once

#include <chrono>
#include <set>
#include <string>
#include <vector>

#include "process_table.h"
#include "time_points.h"
#include "try_cgroup.h"

namespace wemol::queue {

/// Ends all that this process has started, and what it starts meanwhile: SIGTERM, and SIGKILL to
/// what is still there after a while. Whoever reaps them knows when none is left.
class ProcessEnding {
 public:
  /// `cgroup`, if there is one, is where they are, and outlives this.
  ProcessEnding(SteadyTime now, std::chrono::milliseconds ending_time, const TryCgroup* cgroup)
      : cgroup_(cgroup), kill_at_(now + ending_time), next_step_(now) {}

  void kill_now(SteadyTime now) { kill_at_ = next_step_ = now; }
  [[nodiscard]] SteadyTime next_step() const { return next_step_; }
  /// To be called when it is due, and may be at any time.
  void step(SteadyTime now);

  /// "python (123)": those that got a signal.
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
  [[nodiscard]] bool had_to_kill() const { return had_to_kill_; }

 private:
  [[nodiscard]] std::vector<ProcessEntry> what_is_left() const;

  const TryCgroup* cgroup_;
  SteadyTime kill_at_;
  SteadyTime next_step_;
  std::chrono::milliseconds pause_{};
  std::set<std::pair<std::int32_t, std::uint64_t>> told_;
  std::vector<std::string> names_;
  bool had_to_kill_ = false;
};

}  // namespace wemol::queue
