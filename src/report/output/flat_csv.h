#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

namespace wemol::report {

/// A list of objects as CSV, a record for each. Members of an object within them become columns
/// with the names of both, "cores" with "p50" in it "cores_p50"; a list of texts is one cell. All
/// objects have the members of the first. null is an empty cell, true and false are 1 and 0.
[[nodiscard]] std::string flat_csv(const nlohmann::ordered_json& objects);

}  // namespace wemol::report
