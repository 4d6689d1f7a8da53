#pragma once

#include <nlohmann/json.hpp>

#include "document.h"
#include "time_points.h"

namespace wemol::queue {

/// The tables of `status` from the document of status_json().
[[nodiscard]] report::Document status_document(const nlohmann::ordered_json& status, WallTime now);

}  // namespace wemol::queue
