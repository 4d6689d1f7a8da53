#pragma once

#include <string>
#include <vector>

#include "command_runner.h"
#include "files.h"
#include "gpu_presence.h"
#include "options.h"

namespace wemol {

/// One thing that the host must provide.
struct CheckResult {
  bool good = false;
  std::string text;  ///< what was found and, when it is not good, what to do about it
};

using CheckResults = std::vector<CheckResult>;

/// Whether the docker command answers.
[[nodiscard]] CheckResult check_docker(const Options& options, CommandRunner& runner);

/// Looks at what the source docker-cli needs: docker and nvidia-smi. Changes nothing.
[[nodiscard]] CheckResults check_docker_cli(const Options& options, CommandRunner& runner,
                                            const FileReader& files, GpuPresence& presence);

/// Looks at what every source needs: the folders and the log file. Changes nothing.
[[nodiscard]] CheckResults check_folders(const Options& options);

}  // namespace wemol
