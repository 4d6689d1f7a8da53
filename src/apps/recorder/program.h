#pragma once

#include <functional>

#include <tl/expected.hpp>

#include "options.h"

namespace wemol {

/// Records until stopped. `read_options` reads the same options again. Returns the exit status.
/// Throws std::exception when it cannot start.
[[nodiscard]] int run_recorder(
    const Options& options, const std::function<tl::expected<Options, EarlyExit>()>& read_options);

/// Prints one line per thing that the host must provide. Returns 0 when all is well, else 1.
[[nodiscard]] int run_host_check(const Options& options);

}  // namespace wemol
