#pragma once

#include <algorithm>
#include <string_view>

namespace wemol {

/// A container's whole id has 64 hexadecimal digits, in lower case; 12 are its short form.
constexpr std::size_t kContainerIdLength = 64;
constexpr std::size_t kShortContainerIdLength = 12;
constexpr std::string_view kContainerIdDigits = "0123456789abcdef";

[[nodiscard]] inline bool is_container_id(std::string_view text) {
  return text.size() == kContainerIdLength &&
         text.find_first_not_of(kContainerIdDigits) == std::string_view::npos;
}

/// A whole id, or one that the tool cut to its short form.
[[nodiscard]] inline bool is_container_id_or_short_id(std::string_view text) {
  return (text.size() == kContainerIdLength || text.size() == kShortContainerIdLength) &&
         text.find_first_not_of(kContainerIdDigits) == std::string_view::npos;
}

/// Docker's names are letters, digits, '_', '.' and '-' in ASCII. Other engines may allow more, but
/// a blank or anything that cannot be seen is not in a name.
[[nodiscard]] inline bool is_container_name(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
}

[[nodiscard]] inline std::string_view short_container_id(std::string_view id) {
  return id.substr(0, kShortContainerIdLength);
}

}  // namespace wemol
