#pragma once

#include <memory>
#include <optional>

#include "command_runner.h"
#include "driver_idle_policy.h"
#include "gpu_message.h"
#include "gpu_reader.h"
#include "nvidia_smi_fallback.h"

namespace wemol {

/// Reads NVIDIA's GPUs: through NVML, and where that is missing with nvidia-smi, which is said
/// once. NVML is let go while no task uses a GPU (DriverIdlePolicy), nvidia-smi is asked as seldom
/// as its answers hold (NvidiaSmiFallback).
///
/// What finish() gives while the driver is left alone: no devices, and an empty list of processes,
/// for that no task uses a GPU is known.
class NvidiaGpus : public GpuReader {
 public:
  NvidiaGpus(std::unique_ptr<nvml::DriverReader> nvml, CommandRunner& runner,
             const FileReader& files, const Clock& clock);

  /// Nothing is asked while nobody wants readings.
  void note_tasks(const TaskGpuUse& use) override;

  void set_answer_timeout(std::chrono::milliseconds timeout) override {
    nvml_->set_answer_timeout(timeout);
  }
  void set_interval(std::chrono::nanoseconds interval) override {
    nvidia_smi_.set_interval(interval);
  }

  void begin() override;
  /// Nothing when there is neither NVML nor nvidia-smi; why_nothing() then says so.
  [[nodiscard]] std::optional<GpuReadings> finish(const GpuReadingsDue& due) override;

  [[nodiscard]] std::optional<Condition> why_nothing() const override;

 private:
  [[nodiscard]] std::optional<GpuReadings> ask_nvidia_smi(SteadyTime due);

  std::unique_ptr<nvml::DriverReader> nvml_;
  NvidiaSmiFallback nvidia_smi_;
  const Clock& clock_;
  DriverIdlePolicy rest_;
  TaskGpuUse use_;
  DriverIdlePolicy::Decision decision_ = DriverIdlePolicy::Decision::stay_away;
  bool last_was_good_ = false;
};

}  // namespace wemol
