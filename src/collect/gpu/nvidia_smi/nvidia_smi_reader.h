#pragma once

#include <optional>
#include <vector>

#include "command_runner.h"
#include "gpu_query.h"
#include "gpu_reader.h"

namespace wemol::nvidia_smi {

/// The key of the condition that there is no nvidia-smi on PATH.
inline constexpr const char* kMissing = "nvidia-smi missing";

/// Asks nvidia-smi for the GPU processes and then for the devices: one call after the other, since
/// the driver serves them one after the other anyway. A call that takes longer than its round goes
/// on in the rounds after it; there is never more than one.
class NvidiaSmiReader : public GpuReader {
 public:
  explicit NvidiaSmiReader(CommandRunner& runner,
                           std::vector<GpuColumn> columns = all_gpu_columns());

  /// Waits until `due` at most: what has not come by then is absent and stated. Processes that are
  /// known while the devices are late are given at once, and again with the devices.
  [[nodiscard]] GpuReadings read(SteadyTime due);
  /// A call goes on: the next read() continues it.
  [[nodiscard]] bool is_asking() const {
    return processes_query_.is_running() || devices_query_.is_running();
  }
  [[nodiscard]] std::optional<GpuReadings> finish(const GpuReadingsDue& due) override {
    return read(due.command);
  }

 private:
  /// Sets known_processes_. False when they are late or could not be read.
  [[nodiscard]] bool read_processes(SteadyTime due, GpuReadings& readings);
  void read_devices(SteadyTime due, GpuReadings& readings);

  RecurringCommand processes_query_;
  RecurringCommand devices_query_;
  /// Waits for the devices that belong to it.
  std::optional<GpuReadings> known_processes_;
  /// What this nvidia-smi can be asked for; shrinks when it does not know a field.
  std::vector<GpuColumn> columns_;
};

}  // namespace wemol::nvidia_smi
