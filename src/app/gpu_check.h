#pragma once

#include <memory>
#include <vector>

#include "clock.h"
#include "command_runner.h"
#include "files.h"
#include "gpu_presence.h"
#include "gpu_reader.h"
#include "host_finding.h"

namespace wemol {

/// Whether nvidia-smi answers. A host without an NVIDIA GPU does not need it.
[[nodiscard]] HostFinding check_nvidia_smi(CommandRunner& runner, const FileReader& files,
                                           GpuPresence& presence);

/// Asks each reader once, as a round with a new task does, and waits until `due` at most. One
/// finding for each reader that finds GPUs, and one when an NVIDIA GPU is found by none or there is
/// no GPU at all.
[[nodiscard]] HostFindings check_gpu_readers(const std::vector<std::unique_ptr<GpuReader>>& readers,
                                             SteadyTime due, const FileReader& files,
                                             GpuPresence& presence);

}  // namespace wemol
