#include "driver_idle_policy.h"

#include "text.h"

namespace wemol {
namespace {
constexpr std::size_t kCountCapBytes = 64;
}

DriverIdlePolicy::Decision DriverIdlePolicy::decide(SteadyTime now, const TaskGpuUse& use,
                                                    bool closed, bool last_was_good) {
  if (state_ == State::awake) {
    return while_awake(now, use, last_was_good);
  }
  if (use.a_task_uses_gpu || use.new_tasks > 0) {
    return wake(now);
  }
  if (state_ == State::resting) {
    return while_away(now, use);
  }
  if (use.is_wanted && !last_was_good) {
    return look_once(now);  // no answer, so nothing is known yet
  }
  if (closed) {
    state_ = State::resting;
    count_at_rest_ = reference_count();
    return while_away(now, use);
  }
  return Decision::stay_away;
}

DriverIdlePolicy::Decision DriverIdlePolicy::while_awake(SteadyTime now, const TaskGpuUse& use,
                                                         bool last_was_good) {
  if (use.a_task_uses_gpu || use.new_tasks > 0) {
    last_use_ = now;
  }
  const bool unused = now - last_use_ >= kUnusedBeforeRest;
  if (!use.is_wanted) {
    state_ = unused ? State::leaving : State::awake;
    return unused ? Decision::stay_away : Decision::keep_open;
  }
  if (unused && last_was_good && reference_count()) {
    return look_once(now);
  }
  last_asked_ = now;
  return Decision::ask;
}

DriverIdlePolicy::Decision DriverIdlePolicy::while_away(SteadyTime now, const TaskGpuUse& use) {
  if (!use.is_wanted) {
    return Decision::stay_away;
  }
  if (!count_at_rest_) {
    return wake(now);
  }
  const auto count = reference_count();
  if (!count) {
    count_at_rest_ = 0;
    return Decision::stay_away;
  }
  if (*count > *count_at_rest_) {
    return wake(now);
  }
  count_at_rest_ = *count;  // the driver may finish closing after the process has ended
  return now - last_asked_ >= kLookEvery ? look_once(now) : Decision::stay_away;
}

DriverIdlePolicy::Decision DriverIdlePolicy::wake(SteadyTime now) {
  state_ = State::awake;
  last_use_ = now;
  last_asked_ = now;
  return Decision::ask;
}

DriverIdlePolicy::Decision DriverIdlePolicy::look_once(SteadyTime now) {
  state_ = State::leaving;
  last_asked_ = now;
  return Decision::ask_last;
}

std::optional<std::uint64_t> DriverIdlePolicy::reference_count() const {
  const auto text = files_.read(kReferenceCount, kCountCapBytes);
  if (!text) {
    return std::nullopt;
  }
  const auto lines = complete_lines(*text);
  return lines.empty() ? std::nullopt : parse_number<std::uint64_t>(trimmed(lines.front()));
}

}  // namespace wemol
