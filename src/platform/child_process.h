#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "unique_fd.h"

namespace wemol {

/// A started program: leader of its own process group, standard input empty, both outputs on
/// pipes that do not block, all signals at their defaults, at most 1024 open files (a huge limit
/// makes nvidia-smi slow). It is killed when this process dies.
struct ChildProcess {
  pid_t pid = -1;
  UniqueFd standard_output;
  UniqueFd standard_error;
};

/// Starts argv[0], looked up on PATH. The error is the errno of what failed, also inside the
/// child (ENOENT: no such program).
[[nodiscard]] tl::expected<ChildProcess, int> start_child(const std::vector<std::string>& argv);

}  // namespace wemol
