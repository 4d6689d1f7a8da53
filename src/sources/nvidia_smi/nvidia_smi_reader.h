#pragma once

#include <vector>

#include "command_runner.h"
#include "gpu_query.h"
#include "gpu_reader.h"

namespace wemol::nvidia_smi {

/// The key of the condition that there is no nvidia-smi on PATH.
inline constexpr const char* kMissing = "nvidia-smi missing";

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
