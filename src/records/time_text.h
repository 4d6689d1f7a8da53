#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "run_summary.h"

namespace wemol {

/// "2026-01-15T10:30:00.123+08:00": ISO 8601, to the millisecond, with the offset of the local
/// time.
[[nodiscard]] std::string iso_time_text(WallClockTime time);

/// Reads what iso_time_text writes; the fraction may have any number of digits or be missing, and
/// the offset may be "Z". Nothing when it is anything else, or no year from 1969 to 2199.
[[nodiscard]] std::optional<WallClockTime> parse_iso_time(std::string_view text);

}  // namespace wemol
