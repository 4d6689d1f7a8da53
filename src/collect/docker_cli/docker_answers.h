#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <tl/expected.hpp>

#include <wemol/facts.h>

#include "command_runner.h"
#include "docker_commands.h"
#include "engine_messages.h"

namespace wemol::docker {

/// Why a docker command did not give what it was asked for, in words for the log: how it ended,
/// what it said, and what to do where that is known.
[[nodiscard]] std::string explain_failure(const std::string& kind, const CommandOutcome& outcome);

}  // namespace wemol::docker

namespace wemol {

/// What the docker commands have answered, or the condition that says why it is not to be had.
/// Where only a part cannot be read, the rest is taken and the part is stated among `conditions`.

/// The listed containers.
[[nodiscard]] tl::expected<std::vector<docker::ListedContainer>, Condition> read_listing(
    const CommandOutcome& outcome, Conditions& conditions);

using StatsByShortId = std::unordered_map<std::string, std::optional<ContainerStats>>;
[[nodiscard]] tl::expected<StatsByShortId, Condition> read_stats(const CommandOutcome& outcome,
                                                                 Conditions& conditions);

/// All events or none: where a part cannot be read, they are to be asked for again.
[[nodiscard]] tl::expected<std::vector<engine::Event>, Condition> read_events(
    const CommandOutcome& outcome);

}  // namespace wemol
