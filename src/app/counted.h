#pragma once

#include <string>
#include <string_view>

#include <fmt/format.h>

namespace wemol {

/// "1 round", "2 rounds": a count with its noun, which takes an s.
template <typename Count>
[[nodiscard]] std::string counted(Count count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace wemol
