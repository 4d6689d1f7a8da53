#pragma once

#include <string>
#include <string_view>

namespace wemol {

/// What an outside program printed, fit for one line of the log: control characters become blanks,
/// and it is cut after 300 bytes.
[[nodiscard]] std::string printable(std::string_view text);

/// The first line of `text` that is not blank, printable.
[[nodiscard]] std::string first_line(std::string_view text);

}  // namespace wemol
