#pragma once

#include <filesystem>

#include "time_points.h"

namespace wemol::queue {

/// Where a file that cannot be understood is put aside: "uni_id.json.bad-20260115-103000", in UTC.
/// No file of that name is there.
[[nodiscard]] std::filesystem::path aside_path(const std::filesystem::path& path, WallTime now);

}  // namespace wemol::queue
