#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

#include "clock.h"
#include "driver_opens.h"
#include "files.h"
#include "gpu_reader.h"

namespace wemol {

/// Decides when to let go of the NVIDIA driver. While a process of ours has it open, no GPU goes to
/// sleep and the module can be neither unloaded nor replaced; but opening it takes up to seconds
/// per GPU and wakes them all.
///
/// It is let go when for a minute no task has used a GPU and none has appeared, after a last
/// reading that says so again. It is asked again
/// - when a new task appears,
/// - when somebody has opened it: it is held open more often than when we had left (DriverOpens),
/// - once a minute while there are tasks, for one reading: somebody could have opened it between
///   our last reading and our leaving.
/// A module that is unloaded meanwhile is left alone, since to ask would load it again. Where the
/// counts could not be read when we left, the driver is asked again as soon as there is a task.
class DriverIdlePolicy {
 public:
  static constexpr auto kUnusedBeforeRest = std::chrono::seconds(60);
  static constexpr auto kLookEvery = std::chrono::seconds(60);

  enum class Decision {
    ask,        ///< the driver
    ask_last,   ///< the same, and then let go of it, once there is an answer
    keep_open,  ///< and do not ask: there is no task
    stay_away,  ///< let go of it: no task uses a GPU
  };

  explicit DriverIdlePolicy(const FileReader& files) : files_(files) {}

  /// What to do in the round that begins. `closed`: nothing of ours has the driver open.
  /// `last_was_good`: when it was asked last, it said which processes use the GPUs.
  [[nodiscard]] Decision decide(SteadyTime now, const TaskGpuUse& use, bool closed,
                                bool last_was_good);

 private:
  enum class State { awake, leaving, resting };

  [[nodiscard]] Decision while_awake(SteadyTime now, const TaskGpuUse& use, bool last_was_good);
  [[nodiscard]] Decision while_away(SteadyTime now, const TaskGpuUse& use);
  [[nodiscard]] Decision wake(SteadyTime now);
  [[nodiscard]] Decision look_once(SteadyTime now);

  const FileReader& files_;
  State state_ = State::resting;
  std::optional<DriverOpens> opens_at_rest_;
  SteadyTime last_use_;
  SteadyTime last_asked_;
};

}  // namespace wemol
