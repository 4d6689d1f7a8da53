#include "recurring_command.h"

#include <utility>

namespace wemol {

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
