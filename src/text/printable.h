#pragma once

#include <string>
#include <string_view>

namespace wemol {

/// What an outside program printed, fit for one line of the log, on a terminal as in the journal:
/// UTF-8 in which control characters are blanks and bytes that are no character are question marks.
/// Cut after 300 bytes, at a character's border.
[[nodiscard]] std::string printable(std::string_view text);

/// The first line of `text` that is not blank, printable.
[[nodiscard]] std::string first_line(std::string_view text);

}  // namespace wemol
