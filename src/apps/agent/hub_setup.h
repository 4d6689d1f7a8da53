#pragma once

#include <optional>
#include <string>

#include "agent_options.h"
#include "hub_reporter.h"

namespace wemol::agent {

/// How the hub of the options is reached; they have one.
[[nodiscard]] hub_client::HubAccess hub_access(const AgentOptions& options);

/// `port`: where the agent listens.
[[nodiscard]] hub_client::HubReporter::Settings hub_settings(const AgentOptions& options,
                                                             std::uint16_t port);

/// What is wrong on the way to the hub: name, connection, certificate, token. Nothing: it has
/// registered this host. An agent that runs beside it loses its own registration for a moment.
[[nodiscard]] std::optional<std::string> hub_fault(const AgentOptions& options);

}  // namespace wemol::agent
