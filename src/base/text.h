#pragma once

#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace wemol {

/// The lines of `text` without their ends ("\n" or "\r\n") and without empty ones. A last line
/// that has no end is half a line (its writer was cut off) and is left out.
[[nodiscard]] std::vector<std::string_view> complete_lines(std::string_view text);

/// What follows the last line's end: half a line, whose writer was cut off. Empty when there is
/// none.
[[nodiscard]] std::string_view half_line(std::string_view text);

/// All fields of `line`, also empty ones; at least one.
[[nodiscard]] std::vector<std::string_view> split_fields(std::string_view line, char separator);

/// Without blanks and tabs at both ends.
[[nodiscard]] std::string_view trimmed(std::string_view text);

/// Strictly: no overlong form, no half of a surrogate pair, nothing beyond U+10FFFF.
[[nodiscard]] bool is_utf8(std::string_view text);

/// The number that `text` is, as a whole; nothing when anything else stands in it. `base` is that
/// of a whole number, 10 when it is left out.
template <typename Number, typename... Base>
[[nodiscard]] std::optional<Number> parse_number(std::string_view text, Base... base) {
  Number number{};
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, base...);
  if (error != std::errc{} || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return number;
}

/// What an outside program printed, fit for one line of the log, on a terminal as in the journal:
/// UTF-8 in which control characters are blanks and bytes that are no character are question marks.
/// Cut after 300 bytes, at a character's border.
[[nodiscard]] std::string printable(std::string_view text);

/// The first line of `text` that is not blank, printable.
[[nodiscard]] std::string first_line(std::string_view text);

/// "1 round", "2 rounds": a count with its noun, which takes an s.
template <typename Count>
[[nodiscard]] std::string counted(Count count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace wemol
