#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <wemol/condition.h>

#include "alert_engine.h"
#include "command_runner.h"

namespace wemol::hub {

/// Posts JSON to an URL and returns at once; whether that worked comes once, in the caller's
/// thread.
using PostWebhook = std::function<void(const std::string& url, std::string json,
                                       std::function<void(Result<void>)> done)>;

/// Sends notices: webhooks are tried again with growing pauses, for an hour; a command runs once.
/// What waits is bounded. For one thread.
class AlertSender {
 public:
  AlertSender(PostWebhook post, CommandRunner& runner);
  AlertSender(const AlertSender&) = delete;
  AlertSender& operator=(const AlertSender&) = delete;
  ~AlertSender();

  void send(const AlertNotice& notice, const AlertRule& rule, SteadyTime now);
  /// To be called every second: tries again what has failed, and takes the ends of commands.
  void work(SteadyTime now);
  /// What could not be sent lately.
  [[nodiscard]] Conditions conditions() const;

 private:
  struct Hook;
  struct Running {
    CommandRunner::Ticket ticket = 0;
    std::string rule;
  };

  void post(const std::shared_ptr<Hook>& hook, SteadyTime now);
  void start_commands();
  void take_ends();

  PostWebhook post_;
  CommandRunner& runner_;
  std::shared_ptr<SteadyTime> now_;  ///< of the last call; answers may come after our end
  std::deque<std::shared_ptr<Hook>> hooks_;
  std::deque<std::pair<std::string, std::vector<std::string>>> commands_;
  std::vector<Running> running_;
  std::string command_trouble_;
  std::uint64_t dropped_ = 0;
};

}  // namespace wemol::hub
