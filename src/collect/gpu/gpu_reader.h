#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include <wemol/facts.h>

#include "clock.h"

namespace wemol {

/// What one kind of GPU interface says in one round.
struct GpuReadings {
  std::optional<std::vector<GpuDevice>> devices;     ///< absent when they could not be read
  std::optional<std::vector<GpuProcess>> processes;  ///< absent when they could not be read
  Conditions conditions;
  /// Nothing could be read since the interface is missing or says that there is no GPU; not that
  /// it failed.
  bool finds_none = false;
  /// It was not asked since no task uses it: its devices are left out, not missing.
  bool is_left_alone = false;
};

/// Until when a round waits for them.
struct GpuReadingsDue {
  SteadyTime driver;   ///< from a driver
  SteadyTime command;  ///< from a command, which takes far longer
};

/// What the rounds so far say about the tasks.
struct TaskGpuUse {
  bool is_wanted = false;        ///< somebody wants readings: a task runs, or someone watches
  std::size_t new_tasks = 0;     ///< that have appeared since this was told last
  bool a_task_uses_gpu = false;  ///< by the readings of the last round
};

/// Reads the GPUs that one interface serves (NVML, the kernel's files for AMD).
class GpuReader {
 public:
  GpuReader() = default;
  GpuReader(const GpuReader&) = delete;
  GpuReader& operator=(const GpuReader&) = delete;
  virtual ~GpuReader() = default;

  /// Told before each begin(), for those who let go of a driver that no task needs.
  virtual void note_tasks(const TaskGpuUse& /*use*/) {}

  /// Another setting from now on: how long an answer of another process may take.
  virtual void set_answer_timeout(std::chrono::milliseconds /*timeout*/) {}

  /// Asks for the readings of this round and does not wait for them.
  virtual void begin() {}

  /// Gives them, once after each begin(). Waits until they are due at most: what has not come by
  /// then is absent and stated. Nothing when this host has no such interface.
  [[nodiscard]] virtual std::optional<GpuReadings> finish(const GpuReadingsDue& due) = 0;

  /// After a finish() that gave nothing: what to say, once, on a host where nobody else finds any
  /// GPUs either.
  [[nodiscard]] virtual std::optional<Condition> why_nothing() const { return std::nullopt; }
};

}  // namespace wemol
