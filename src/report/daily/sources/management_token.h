#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <wemol/result.h>

#include "daily_settings.h"

namespace wemol::report::daily {

/// From the file, which must be nobody else's to read, or from the environment. A token that
/// expired by its own words is an error. No error holds the token.
[[nodiscard]] Result<std::string> read_token(const ManagementSettings& settings,
                                             std::int64_t now_epoch);

/// The `exp` of a JSON Web Token, in seconds since 1970; nothing: it is none, or has none.
[[nodiscard]] std::optional<std::int64_t> expiry_of_token(std::string_view token);

}  // namespace wemol::report::daily
