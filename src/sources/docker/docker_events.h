#pragma once

#include <string>
#include <vector>

#include "clock.h"

namespace wemol::docker {

/// `docker events` of the starts and ends of containers between two moments of this host's clock.
/// It prints one JSON object a line, as the engine's API sends it, and ends at once when the second
/// moment has passed.
[[nodiscard]] std::vector<std::string> events_arguments(WallTime since, WallTime until);

}  // namespace wemol::docker
