#include "nvidia_gpus.h"

#include <fmt/format.h>

namespace wemol {

using Decision = DriverIdlePolicy::Decision;

NvidiaGpus::NvidiaGpus(std::unique_ptr<nvml::DriverReader> nvml, CommandRunner& runner,
                       const FileReader& files, const Clock& clock)
    : nvml_(std::move(nvml)), nvidia_smi_(runner, files, clock), clock_(clock), rest_(files) {}

void NvidiaGpus::note_tasks(const TaskGpuUse& use) {
  const std::size_t not_seen_to = use_.new_tasks;
  use_ = use;
  use_.new_tasks += not_seen_to;
  nvidia_smi_.note_tasks(use);
}

void NvidiaGpus::begin() {
  decision_ = rest_.decide(clock_.now(), use_, nvml_->has_let_go(), last_was_good_);
  use_.new_tasks = 0;
  if (decision_ == Decision::ask || decision_ == Decision::ask_last) {
    nvml_->begin();
  } else if (decision_ == Decision::stay_away) {
    nvml_->let_go();
  }
}

std::optional<GpuReadings> NvidiaGpus::finish(const GpuReadingsDue& due) {
  if (decision_ != Decision::ask && decision_ != Decision::ask_last) {
    GpuReadings unused;
    unused.is_left_alone = true;
    unused.processes.emplace();
    return unused;
  }
  auto readings = nvml_->finish(due);
  last_was_good_ = readings && readings->processes;
  if (!readings) {
    return ask_nvidia_smi(due.command);
  }
  if (decision_ == Decision::ask_last && last_was_good_) {
    nvml_->let_go();
  }
  return readings;
}

std::optional<GpuReadings> NvidiaGpus::ask_nvidia_smi(SteadyTime due) {
  auto readings = nvidia_smi_.read(due);
  if (!readings) {
    return std::nullopt;
  }
  readings->conditions.push_back(
      {.key = "nvml missing",
       .severity = Severity::warning,
       .message =
           fmt::format("NVML cannot be loaded ({}): the GPUs are read with nvidia-smi, every 5 s "
                       "at most, which takes longer and does not tell a process's share of a "
                       "GPU's time",
                       nvml_->why_no_library()),
       .follow_up = false});
  return readings;
}

std::optional<Condition> NvidiaGpus::why_nothing() const {
  return Condition{
      .key = "no nvidia gpus",
      .severity = Severity::warning,
      .message = fmt::format("NVML cannot be loaded ({}) and nvidia-smi was not found on PATH; "
                             "the gpu_ columns are N/A",
                             nvml_->why_no_library()),
      .follow_up = false};
}

}  // namespace wemol
