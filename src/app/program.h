#pragma once

#include "options.h"

namespace wemol {

/// Records until stopped. Returns the exit status. Throws std::exception when it cannot start.
[[nodiscard]] int run_recorder(const Options& options);

/// Prints one line per thing that the host must provide. Returns 0 when all is well, else 1.
[[nodiscard]] int run_host_check(const Options& options);

}  // namespace wemol
