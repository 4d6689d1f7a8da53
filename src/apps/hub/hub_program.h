#pragma once

#include "hub_options.h"

namespace wemol::hub {

/// Serves until a signal comes. The program's exit status.
[[nodiscard]] int run_hub(const HubOptions& options);

/// Looks at everything that this host must provide, one line each: --check.
[[nodiscard]] int run_hub_check(const HubOptions& options);

}  // namespace wemol::hub
