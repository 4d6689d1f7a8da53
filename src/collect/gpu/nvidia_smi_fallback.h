#pragma once

#include <chrono>
#include <optional>

#include "backoff.h"
#include "clock.h"
#include "command_runner.h"
#include "driver_opens.h"
#include "files.h"
#include "gpu_reader.h"
#include "nvidia_smi_reader.h"

namespace wemol {

/// Reads NVIDIA's GPUs with nvidia-smi where there is no NVML. A call opens every GPU and takes up
/// to seconds, so it is made only when a task may use a GPU, and every 5 s at most.
///
/// It is made when
/// - a task uses a GPU, by the last answer,
/// - a new task has appeared,
/// - somebody has opened the driver since the last answer (DriverOpens), or that cannot be told,
/// - the last answer was no good,
/// - a minute has passed: somebody may have closed the driver as another one opened it.
/// Where it says that there is no GPU or no driver, it is asked again once a minute, or when the
/// driver appears.
///
/// Between two answers the processes and their GPUs are those of the last one, as long as the
/// kernel's counts say so: while a task uses a GPU nobody may have opened or closed the driver,
/// else nobody may have opened it. What was measured then is absent: it is not of this round. When
/// the counts do not say so, and while nvidia-smi runs, which changes them, nothing is known.
class NvidiaSmiFallback {
 public:
  static constexpr auto kAskEvery = std::chrono::seconds(5);  ///< at shorter intervals
  static constexpr auto kLookEvery = std::chrono::seconds(60);

  NvidiaSmiFallback(CommandRunner& runner, const FileReader& files, const Clock& clock)
      : reader_(runner), files_(files), clock_(clock) {}

  void set_interval(std::chrono::nanoseconds interval) { interval_ = interval; }
  /// To be told in every round.
  void note_tasks(const TaskGpuUse& use);

  /// Waits until `due` at most when nvidia-smi is asked. Nothing where it is not on PATH.
  [[nodiscard]] std::optional<GpuReadings> read(SteadyTime due);

 private:
  [[nodiscard]] bool must_ask(SteadyTime now, const std::optional<DriverOpens>& opens) const;
  [[nodiscard]] bool may_ask(SteadyTime now) const;
  /// Compares with what the driver's counts were when it was asked.
  void look_at(const std::optional<DriverOpens>& opens);
  [[nodiscard]] std::optional<GpuReadings> ask(SteadyTime due);
  [[nodiscard]] GpuReadings between_answers() const;

  nvidia_smi::NvidiaSmiReader reader_;
  const FileReader& files_;
  const Clock& clock_;
  std::chrono::nanoseconds interval_ = kAskEvery;
  Backoff missing_{kLookEvery, kLookEvery};

  bool is_new_task_ = false;  ///< since it was asked last
  bool a_task_uses_gpu_ = false;
  std::optional<SteadyTime> asked_at_;
  std::optional<GpuReadings> answer_;  ///< the last whole one, good or not
  std::optional<DriverOpens> opens_at_answer_;
  bool is_steady_ = false;       ///< nobody opened or closed the driver while it was asked
  bool has_moved_on_ = false;    ///< somebody may have begun or ended to use a GPU since
  bool gave_processes_ = false;  ///< in the last round
};

}  // namespace wemol
