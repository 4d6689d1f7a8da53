#pragma once

#include "hub_options.h"

namespace wemol::hub {

/// enroll, hosts, remove, set-password: they change the state folder's files, which a hub that runs
/// reads within a second. The program's exit status.
[[nodiscard]] int run_hub_command(const HubOptions& options);

}  // namespace wemol::hub
