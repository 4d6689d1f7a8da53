#pragma once

#include <filesystem>
#include <string>

#include <wemol/result.h>

#include "time_points.h"

namespace wemol::hub {

/// What `wemol-report modules --format json` says of what the recorder has written there. Takes its
/// time: for a worker.
[[nodiscard]] Result<std::string> module_figures_json(const std::filesystem::path& folder,
                                                      WallTime now);

}  // namespace wemol::hub
