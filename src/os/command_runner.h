#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <wemol/condition.h>

#include "clock.h"

namespace wemol {

/// An outside program to run: no shell in between.
struct Command {
  /// Names the command in messages ("docker stats"). While a command lives that could not be ended
  /// or was abandoned, no other of its kind is started.
  std::string kind;
  std::vector<std::string> argv;  ///< argv[0] is looked up on PATH
};

/// How a command ended, with what it printed.
struct CommandOutcome {
  enum class Status {
    exited,            ///< by itself; `code` is the exit status
    signaled,          ///< by a signal that we did not send; `code` is its number
    not_found,         ///< there is no such program on PATH
    not_started,       ///< it could not be started; `code` is the errno
    timed_out,         ///< ended by us at its deadline
    output_too_large,  ///< ended by us since it printed more than the cap
    stuck,             ///< could not be ended (state D): left behind
    blocked,           ///< not started since one of its kind was left behind and still lives
    canceled,          ///< a stop was requested first
  };
  Status status = Status::canceled;
  int code = 0;
  std::string standard_output;
  std::string standard_error;  ///< cut at 64 KiB
  std::chrono::steady_clock::duration took{};

  [[nodiscard]] bool succeeded() const { return status == Status::exited && code == 0; }
  /// How it ended, in words: "exited with status 1", "timed out after 10.0 s".
  [[nodiscard]] std::string describe() const;
};

/// The border to outside programs. Several commands may run at once.
class CommandRunner {
 public:
  using Ticket = std::uint64_t;

  CommandRunner() = default;
  CommandRunner(const CommandRunner&) = delete;
  CommandRunner& operator=(const CommandRunner&) = delete;
  virtual ~CommandRunner() = default;

  /// Starts the command and returns at once. Each ticket must be finished or abandoned.
  [[nodiscard]] virtual Ticket start(const Command& command) = 0;
  /// Waits for the end of that command, until `due` at most, while all others go on. Nothing when
  /// it still runs: its ticket stays good. After a stop was requested it returns at once with
  /// Status::canceled for what has not ended.
  [[nodiscard]] virtual std::optional<CommandOutcome> finish_by(Ticket ticket, SteadyTime due) = 0;
  /// Nobody wants to know its outcome any more. It may run on until its deadline.
  virtual void abandon(Ticket ticket) = 0;

  /// Waits as long as it takes: every command ends at its deadline or is given up then.
  [[nodiscard]] CommandOutcome finish(Ticket ticket) {
    return finish_by(ticket, SteadyTime::max()).value_or(CommandOutcome{});
  }
  [[nodiscard]] CommandOutcome run(const Command& command) { return finish(start(command)); }
};

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
