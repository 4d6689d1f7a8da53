#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "command_runner.h"

namespace wemol::test {

[[nodiscard]] inline CommandOutcome printed(std::string text) {
  return {.status = CommandOutcome::Status::exited, .standard_output = std::move(text)};
}

[[nodiscard]] inline CommandOutcome failed(int code, std::string error_text) {
  return {.status = CommandOutcome::Status::exited,
          .code = code,
          .standard_error = std::move(error_text)};
}

[[nodiscard]] inline CommandOutcome ended_as(CommandOutcome::Status status) {
  return {.status = status, .took = std::chrono::seconds(10)};
}

/// Answers each command with what was set for the beginning of its command line, and remembers
/// what was asked and how many ran at once.
class FakeCommandRunner : public CommandRunner {
 public:
  /// The longest beginning that fits a command line counts.
  void answer(const std::string& command_line_start, CommandOutcome outcome) {
    answers_[command_line_start] = std::move(outcome);
  }

  [[nodiscard]] Ticket start(const Command& command) override {
    std::string line;
    for (const std::string& argument : command.argv) {
      line += (line.empty() ? "" : " ") + argument;
    }
    started_.push_back(line);
    open_[++last_ticket_] = line;
    most_at_once_ = std::max(most_at_once_, open_.size());
    return last_ticket_;
  }

  /// Commands that begin like this are slow: they answer nobody who does not wait for ever.
  void set_slow(const std::string& command_line_start) { slow_.insert(command_line_start); }
  void set_quick() { slow_.clear(); }

  [[nodiscard]] std::optional<CommandOutcome> finish_by(Ticket ticket, SteadyTime due) override {
    last_due_[open_.at(ticket)] = due;
    if (due != SteadyTime::max() && std::ranges::any_of(slow_, [&](const std::string& start) {
          return open_.at(ticket).starts_with(start);
        })) {
      return std::nullopt;
    }
    const std::string line = open_.extract(ticket).mapped();
    const auto fits = [&](const auto& entry) { return line.starts_with(entry.first); };
    const auto found = std::find_if(answers_.rbegin(), answers_.rend(), fits);
    return found == answers_.rend() ? ended_as(CommandOutcome::Status::not_found) : found->second;
  }

  void abandon(Ticket ticket) override {
    open_.erase(ticket);
    ++abandoned_;
  }

  [[nodiscard]] std::size_t count_started(const std::string& start) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        started_, [&](const std::string& line) { return line.starts_with(start); }));
  }
  /// Until when a command that begins like this was waited for last.
  [[nodiscard]] std::optional<SteadyTime> last_due(const std::string& start) const {
    const auto found = std::ranges::find_if(
        last_due_, [&](const auto& entry) { return entry.first.starts_with(start); });
    return found == last_due_.end() ? std::nullopt : std::optional(found->second);
  }
  [[nodiscard]] const std::vector<std::string>& started() const { return started_; }
  [[nodiscard]] std::size_t most_at_once() const { return most_at_once_; }
  [[nodiscard]] std::size_t unfinished() const { return open_.size(); }
  [[nodiscard]] std::size_t abandoned() const { return abandoned_; }

 private:
  std::map<std::string, CommandOutcome> answers_;
  std::map<Ticket, std::string> open_;
  std::set<std::string> slow_;
  std::map<std::string, SteadyTime> last_due_;
  std::vector<std::string> started_;
  std::size_t abandoned_ = 0;
  std::size_t most_at_once_ = 0;
  Ticket last_ticket_ = 0;
};

}  // namespace wemol::test
