#pragma once

#include <optional>
#include <string>
#include <vector>

#include <wemol/condition.h>

#include "command_runner.h"

namespace wemol {

/// A command that each round asks for, and that may take longer than a round has time: then it runs
/// on and answers in a later round. There is never a second one beside it.
class RecurringCommand {
 public:
  RecurringCommand(CommandRunner& runner, std::string kind);

  [[nodiscard]] bool is_running() const { return ticket_.has_value(); }
  /// Starts it, unless it still runs from a round before.
  void start(std::vector<std::string> argv);
  /// Its outcome, once, if it has come until `due`.
  [[nodiscard]] std::optional<CommandOutcome> finish_by(SteadyTime due);

  /// What came of the last answer: a condition if it was no good. For why_late().
  void note_result(std::optional<Condition> failure) { failure_ = std::move(failure); }
  /// After a finish_by() that gave nothing. A command that has failed before is still failing, else
  /// it is only slow, which is said once.
  [[nodiscard]] Condition why_late(const std::string& consequence) const;

 private:
  CommandRunner& runner_;
  std::string kind_;
  std::optional<CommandRunner::Ticket> ticket_;
  std::optional<Condition> failure_;
};

}  // namespace wemol
