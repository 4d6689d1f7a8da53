#pragma once

#include <cstddef>

namespace wemol::report {

/// Where output goes to.
struct Terminal {
  bool is_terminal = false;
  std::size_t width = 80;  ///< cells
  std::size_t height = 24;
};

[[nodiscard]] Terminal terminal_of(int descriptor);

/// Whether to use color when nobody has said it: on a terminal that can, unless NO_COLOR is set to
/// anything.
[[nodiscard]] bool color_is_welcome(const Terminal& terminal, const char* no_color,
                                    const char* term);

}  // namespace wemol::report
