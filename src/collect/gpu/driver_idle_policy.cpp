#include "driver_idle_policy.h"

namespace wemol {

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
    opens_at_rest_ = read_driver_opens(files_);
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
  if (unused && last_was_good && read_driver_opens(files_)) {
    return look_once(now);
  }
  last_asked_ = now;
  return Decision::ask;
}

DriverIdlePolicy::Decision DriverIdlePolicy::while_away(SteadyTime now, const TaskGpuUse& use) {
  if (!use.is_wanted) {
    return Decision::stay_away;
  }
  if (!opens_at_rest_) {
    return wake(now);
  }
  const auto opens = read_driver_opens(files_);
  if (!opens) {
    opens_at_rest_ = DriverOpens{};
    return Decision::stay_away;
  }
  if (opens->is_above(*opens_at_rest_)) {
    return wake(now);
  }
  opens_at_rest_ = *opens;  // the driver may finish closing after the process has ended
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

}  // namespace wemol
