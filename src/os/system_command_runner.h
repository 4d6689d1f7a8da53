#pragma once

#include <map>
#include <memory>

#include "command_runner.h"
#include "event_loop.h"

namespace wemol {

/// Runs commands as children, driven by the event loop. At its deadline a child gets SIGTERM, with
/// its whole process group, and SIGKILL half a second later; one that outlives that as well is
/// stuck in the kernel and is left behind, watched until it ends. When the program itself exits,
/// its process group is killed, so that nothing of it stays.
class SystemCommandRunner : public CommandRunner {
 public:
  SystemCommandRunner(EventLoop& loop, std::chrono::nanoseconds timeout);
  /// Ends what still runs: SIGTERM, then SIGKILL, within half a second.
  ~SystemCommandRunner() override;

  /// For the commands that are started from now on.
  void set_timeout(std::chrono::nanoseconds timeout) { timeout_ = timeout; }

  [[nodiscard]] Ticket start(const Command& command) override;
  [[nodiscard]] std::optional<CommandOutcome> finish_by(Ticket ticket, SteadyTime due) override;
  void abandon(Ticket ticket) override;

 private:
  class Running;

  [[nodiscard]] bool has_left_behind(const std::string& kind) const;
  void forget_ended();

  EventLoop& loop_;
  std::chrono::nanoseconds timeout_;
  Ticket last_ticket_ = 0;
  std::map<Ticket, std::unique_ptr<Running>> running_;
  std::map<Ticket, CommandOutcome> not_started_;
  std::vector<std::unique_ptr<Running>> left_behind_;
};

}  // namespace wemol
