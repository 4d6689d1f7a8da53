#include "terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <string_view>

namespace wemol::report {

Terminal terminal_of(int descriptor) {
  Terminal terminal{.is_terminal = isatty(descriptor) == 1};
  winsize size{};
  if (terminal.is_terminal && ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 &&
      size.ws_row > 0) {
    terminal.width = size.ws_col;
    terminal.height = size.ws_row;
  }
  return terminal;
}

bool color_is_welcome(const Terminal& terminal, const char* no_color, const char* term) {
  const bool is_refused = no_color != nullptr && *no_color != '\0';
  const bool is_dumb = term != nullptr && std::string_view(term) == "dumb";
  return terminal.is_terminal && !is_refused && !is_dumb;
}

}  // namespace wemol::report
