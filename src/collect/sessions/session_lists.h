#pragma once

#include <string>
#include <string_view>

#include "terminal_session.h"

namespace wemol {

/// What `screen -ls` prints, whatever its exit status:
///
///     26782.train.v1.2	(11/28/26 05:41:51)	(Detached)
///
/// (Attached), (Detached), (Multi, attached), (Multi, detached) and (Dead ???). (Private) is a
/// session of another user: its state is unknown. Lines that are no sessions are passed over.
[[nodiscard]] TerminalSessions parse_screen_list(std::string_view text);

/// What kTmuxFormat makes `tmux list-sessions -F` print.
inline constexpr std::string_view kTmuxFormat = "#{session_attached} #{pid} #{session_name}";
[[nodiscard]] TerminalSessions parse_tmux_list(std::string_view text);

}  // namespace wemol
