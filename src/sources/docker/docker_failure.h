#pragma once

#include <string>

#include "command_runner.h"

namespace wemol::docker {

/// Why a docker command did not give what it was asked for, in words for the log: how it ended,
/// what it said, and what to do where that is known.
[[nodiscard]] std::string explain_failure(const std::string& kind, const CommandOutcome& outcome);

}  // namespace wemol::docker
