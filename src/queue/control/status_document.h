#pragma once

#include <cstddef>

#include <nlohmann/json.hpp>

#include "document.h"
#include "time_points.h"

namespace wemol::queue {

/// The tables of `status` from the document of status_json(). Of the jobs that have ended the last
/// `ended_jobs` are shown.
[[nodiscard]] report::Document status_document(const nlohmann::ordered_json& status, WallTime now,
                                               std::size_t ended_jobs);

}  // namespace wemol::queue
