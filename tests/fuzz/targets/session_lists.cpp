#include "session_lists.h"

#include "fuzz_target.h"
#include "properties.h"

namespace wemol::fuzz {
namespace {

const Target session_lists_target("session_lists", [](std::string_view input) {
  for (const TerminalSessions& sessions : {parse_screen_list(input), parse_tmux_list(input)}) {
    for (const TerminalSession& session : sessions) {
      require(is_clean_line(session.name), "a name is a clean line");
    }
  }
});

}  // namespace
}  // namespace wemol::fuzz
