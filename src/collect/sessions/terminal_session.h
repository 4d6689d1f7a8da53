#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace wemol {

/// A session of screen or tmux, to which its user can come back.
struct TerminalSession {
  enum class State { attached, detached, dead, unknown };

  std::uint64_t pid = 0;  ///< of screen: of the session; of tmux: of the server of all of them
  std::string name;       ///< one clean line; dots and blanks may be in it
  State state = State::unknown;
  bool is_shared = false;  ///< screen's "Multi": several users may attach
  std::string user;        ///< empty: the one who asked

  friend bool operator==(const TerminalSession&, const TerminalSession&) = default;
};

using TerminalSessions = std::vector<TerminalSession>;

}  // namespace wemol
