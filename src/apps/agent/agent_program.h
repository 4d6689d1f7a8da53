#pragma once

#include "agent_options.h"

namespace wemol::agent {

/// Serves until a signal or the end of --parent-pid. Returns the exit status.
[[nodiscard]] int run_agent(const AgentOptions& options);

/// Looks at what the agent needs, prints a line for each thing; 0 when all is well.
[[nodiscard]] int run_agent_check(const AgentOptions& options);

}  // namespace wemol::agent
