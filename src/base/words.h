#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace wemol {

/// Takes the first line off the text, without its end.
[[nodiscard]] inline std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

/// Takes the first word off a line: what any number of blanks and tabs divide. Empty: there is no
/// more.
[[nodiscard]] inline std::string_view take_word(std::string_view& line) {
  constexpr std::string_view kDividers = " \t";
  const std::size_t begin = std::min(line.find_first_not_of(kDividers), line.size());
  const std::size_t end = std::min(line.find_first_of(kDividers, begin), line.size());
  const std::string_view word = line.substr(begin, end - begin);
  line.remove_prefix(end);
  return word;
}

/// As printable() of text.h, cut after so many bytes.
[[nodiscard]] std::string printable(std::string_view text, std::size_t longest_bytes);

}  // namespace wemol
