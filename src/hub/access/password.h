#pragma once

#include <string>
#include <string_view>

#include <wemol/result.h>

namespace wemol::hub {

inline constexpr std::size_t kShortestPassword = 8;
inline constexpr std::size_t kLongestPassword = 1024;

/// argon2id with its salt and cost, as libsodium writes it. Takes some tens of milliseconds and 32
/// MiB: not for a server's only thread. An error when the password is too short or too long.
[[nodiscard]] Result<std::string> hash_password(std::string_view password);

/// As long. An empty hash, of a user that there is not, takes as long as any other and fits
/// nothing.
[[nodiscard]] bool is_password(std::string_view password, const std::string& hash);

}  // namespace wemol::hub
