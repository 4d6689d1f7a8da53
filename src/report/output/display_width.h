#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace wemol::report {

/// How many cells of a terminal the text takes: two for a Chinese character, none for an accent
/// that stands over another character. The text is UTF-8 without control characters.
[[nodiscard]] std::size_t display_width(std::string_view text);

/// Filled with blanks up to `width` cells.
[[nodiscard]] std::string padded_right(std::string_view text, std::size_t width);
[[nodiscard]] std::string padded_left(std::string_view text, std::size_t width);

/// Cut between words into lines of at most `width` cells; a longer word stays whole.
[[nodiscard]] std::vector<std::string> wrapped(std::string_view text, std::size_t width);

}  // namespace wemol::report
