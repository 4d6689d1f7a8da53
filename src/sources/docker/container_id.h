#pragma once

#include <algorithm>
#include <string_view>

namespace wemol::docker {

/// A container's whole id has 64 hexadecimal digits, in lower case; 12 are its short form.
constexpr std::size_t kIdLength = 64;
constexpr std::size_t kShortIdLength = 12;

[[nodiscard]] inline bool is_hex_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

[[nodiscard]] inline bool is_id(std::string_view text) {
  return text.size() == kIdLength && std::ranges::all_of(text, is_hex_digit);
}

/// A whole id, or one that the tool cut to its short form.
[[nodiscard]] inline bool is_id_or_short_id(std::string_view text) {
  return (text.size() == kIdLength || text.size() == kShortIdLength) &&
         std::ranges::all_of(text, is_hex_digit);
}

[[nodiscard]] inline std::string_view short_id(std::string_view id) {
  return id.substr(0, kShortIdLength);
}

}  // namespace wemol::docker
