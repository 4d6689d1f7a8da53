#include "session_lists.h"

#include <optional>

#include "text.h"
#include "words.h"

namespace wemol {
namespace {

using State = TerminalSession::State;

/// A host with more is no help to anybody.
constexpr std::size_t kMostSessions = 500;

/// "(Multi, detached)" without its parentheses, else nothing.
std::optional<std::string_view> in_parentheses(std::string_view field) {
  field = trimmed(field);
  return field.size() >= 2 && field.front() == '(' && field.back() == ')'
             ? std::optional(field.substr(1, field.size() - 2))
             : std::nullopt;
}

State state_of(std::string_view word) {
  if (word == "Attached" || word == "Multi, attached") {
    return State::attached;
  }
  if (word == "Detached" || word == "Multi, detached") {
    return State::detached;
  }
  // "Remote or dead": its host is another one, or it is no more.
  return word.starts_with("Dead") || word == "Removed" || word.starts_with("Remote")
             ? State::dead
             : State::unknown;
}

std::optional<TerminalSession> parse_screen_line(std::string_view line) {
  if (!line.starts_with('\t')) {
    return std::nullopt;
  }
  const auto fields = split_fields(line.substr(1), '\t');
  const auto state = in_parentheses(fields.back());
  const std::size_t dot = fields.front().find('.');
  const auto pid = parse_number<std::uint64_t>(fields.front().substr(0, dot));
  if (fields.size() < 2 || !state || !pid || dot == std::string_view::npos) {
    return std::nullopt;
  }
  return TerminalSession{.pid = *pid,
                         .name = printable(fields.front().substr(dot + 1)),
                         .state = state_of(*state),
                         .is_shared = state->starts_with("Multi")};
}

std::optional<TerminalSession> parse_tmux_line(std::string_view line) {
  const auto clients = parse_number<std::uint64_t>(take_word(line));
  const auto pid = parse_number<std::uint64_t>(take_word(line));
  if (!clients || !pid || !line.starts_with(' ') || line.size() < 2) {
    return std::nullopt;
  }
  return TerminalSession{.pid = *pid,
                         .name = printable(line.substr(1)),
                         .state = *clients > 0 ? State::attached : State::detached};
}

template <typename Parse>
TerminalSessions parse_lines(std::string_view text, Parse parse) {
  TerminalSessions sessions;
  for (const std::string_view line : complete_lines(text)) {
    auto session = parse(line);
    if (session && sessions.size() < kMostSessions) {
      sessions.push_back(std::move(*session));
    }
  }
  return sessions;
}

}  // namespace

TerminalSessions parse_screen_list(std::string_view text) {
  return parse_lines(text, parse_screen_line);
}

TerminalSessions parse_tmux_list(std::string_view text) {
  return parse_lines(text, parse_tmux_line);
}

}  // namespace wemol
