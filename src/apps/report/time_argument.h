#pragma once

#include <optional>
#include <string_view>

#include "ledger_schema.h"

namespace wemol::report {

/// What a time argument may look like, for messages.
inline constexpr const char* kTimeArgumentForms =
    "a date or time (2026-01-15, \"2026-01-15 10:30\", 2026-01-15T10:30:00+08:00) or an age (7d, "
    "24h, 90m)";

/// A date is its midnight; without an offset the time is local; an age is that long before `now`.
[[nodiscard]] std::optional<WallTime> parse_time_argument(std::string_view text, WallTime now);

}  // namespace wemol::report
