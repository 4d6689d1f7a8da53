#pragma once

#include "command_runner.h"
#include "files.h"
#include "gpu_presence.h"
#include "host_finding.h"
#include "options.h"

namespace wemol {

/// Looks at what the source docker-cli needs: docker and nvidia-smi. Changes nothing.
[[nodiscard]] HostFindings check_docker_cli(const Options& options, CommandRunner& runner,
                                            const FileReader& files, GpuPresence& presence);

/// Looks at what every source needs: the folders and the log file. Changes nothing.
[[nodiscard]] HostFindings check_folders(const Options& options);

}  // namespace wemol
