#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

#include <wemol/result.h>

#include "try_cgroup.h"
#include "try_order.h"

namespace wemol::queue {

/// The environment of this process with those variables, and without what only a service is meant
/// to have.
[[nodiscard]] Variables environment_with(const Variables& variables);

/// Starts `/bin/sh -c command` in a session of its own, with an empty input, both outputs to
/// `output`, all signals at their defaults and no other descriptor. It runs in `cgroup`, if there
/// is one that can be entered. The error says what could not be done, with its errno. For a process
/// of one thread.
[[nodiscard]] Result<pid_t> start_command(const std::string& command,
                                          const std::filesystem::path& work_dir,
                                          const Variables& environment, int output,
                                          const TryCgroup* cgroup);

}  // namespace wemol::queue
