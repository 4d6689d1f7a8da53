#pragma once

#include <optional>
#include <vector>

#include <wemol/facts.h>

#include "command_runner.h"
#include "gpu_query.h"

namespace wemol::nvidia_smi {

struct GpuReadings {
  std::optional<std::vector<GpuDevice>> devices;     ///< absent when they could not be read
  std::optional<std::vector<GpuProcess>> processes;  ///< absent when they could not be read
  Conditions conditions;
};

/// Asks nvidia-smi for the GPU processes and then for the devices: one call after the other, since
/// the driver serves them one after the other anyway.
class NvidiaSmiReader {
 public:
  explicit NvidiaSmiReader(CommandRunner& runner);

  [[nodiscard]] GpuReadings read();

 private:
  CommandRunner& runner_;
  /// What this nvidia-smi can be asked for; shrinks when it does not know a field.
  std::vector<GpuColumn> columns_;
};

}  // namespace wemol::nvidia_smi
