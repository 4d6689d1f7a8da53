#pragma once

#include <chrono>
#include <filesystem>
#include <optional>

#include <nlohmann/json.hpp>

#include <wemol/result.h>

#include "request.h"

namespace wemol::queue {

/// Asks the scheduler of a state directory and waits for its answer, for ever without a `patience`.
/// The error says what to do: no scheduler runs there (its code is ECONNREFUSED), or why the
/// scheduler has refused.
[[nodiscard]] Result<nlohmann::ordered_json> ask_scheduler(
    const std::filesystem::path& state_dir, const Request& request,
    std::optional<std::chrono::milliseconds> patience);

}  // namespace wemol::queue
