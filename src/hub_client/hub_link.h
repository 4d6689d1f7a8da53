#pragma once

#include <functional>
#include <memory>
#include <string>

#include "clock.h"
#include "hub_connector.h"
#include "hub_message.h"
#include "retry.h"

namespace wemol::hub_client {

/// The WebSocket by which the hub asks this host for something. It registers, pings every 20 s, and
/// comes back after it was lost. In the thread that runs the io_context; nobody waits for it.
class HubLink {
 public:
  struct Rules {
    HubConnector::Patience patience;
    Retry::Rules retry;
    std::chrono::milliseconds registration{10000};
    /// Without a word from the hub, its answers to pings included. Pings go at half of it.
    std::chrono::milliseconds silence{40000};
  };
  using Reply = std::function<void(std::string message)>;
  using OnKill = std::function<void(const KillRequest& request, Reply reply)>;

  /// `on_kill` may reply later, also when the link is gone.
  HubLink(boost::asio::io_context& context, const HubAccess& access, Rules rules,
          const Clock& clock, OnKill on_kill);
  ~HubLink();
  HubLink(const HubLink&) = delete;
  HubLink& operator=(const HubLink&) = delete;

  [[nodiscard]] bool is_registered() const;
  /// Why it was lost last; empty: it was not, or is there again.
  [[nodiscard]] const std::string& problem() const;

 private:
  class Link;
  std::shared_ptr<Link> link_;
};

}  // namespace wemol::hub_client
