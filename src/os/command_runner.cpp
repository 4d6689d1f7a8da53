#include "command_runner.h"

#include <cstring>
#include <utility>

#include <fmt/format.h>

namespace wemol {

std::string CommandOutcome::describe() const {
  const double seconds = std::chrono::duration<double>(took).count();
  switch (status) {
    case Status::exited:
      return fmt::format("exited with status {}", code);
    case Status::signaled:
      return fmt::format("was killed by signal {} ({})", code, strsignal(code));
    case Status::not_found:
      return "was not found on PATH";
    case Status::not_started:
      return fmt::format("could not be started: {}", strerror(code));
    case Status::timed_out:
      return fmt::format("gave no answer and was ended after {:.1f} s", seconds);
    case Status::output_too_large:
      return "printed too much and was ended";
    case Status::stuck:
      return fmt::format("gave no answer for {:.1f} s and cannot be ended", seconds);
    case Status::blocked:
      return "was not started: an earlier one has not ended yet";
    case Status::canceled:
      return "was canceled";
  }
  return "ended in an unknown way";
}

RecurringCommand::RecurringCommand(CommandRunner& runner, std::string kind)
    : runner_(runner), kind_(std::move(kind)) {}

void RecurringCommand::start(std::vector<std::string> argv) {
  if (!ticket_) {
    ticket_ = runner_.start({.kind = kind_, .argv = std::move(argv)});
  }
}

std::optional<CommandOutcome> RecurringCommand::finish_by(SteadyTime due) {
  auto outcome = runner_.finish_by(*ticket_, due);
  if (outcome) {
    ticket_.reset();
  }
  return outcome;
}

Condition RecurringCommand::why_late(const std::string& consequence) const {
  if (failure_) {
    return *failure_;
  }
  return {.key = kind_ + " late",
          .severity = Severity::warning,
          .message = kind_ + " has not answered by the time of the next round; " + consequence,
          .follow_up = false};
}

}  // namespace wemol
