#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace wemol {

/// "2026-11-28", and nothing else; of the years 1969 to 2199.
[[nodiscard]] std::optional<std::chrono::sys_days> parse_date(std::string_view text);

}  // namespace wemol
