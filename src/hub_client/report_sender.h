#pragma once

#include <memory>
#include <string>

#include "clock.h"
#include "hub_connector.h"
#include "report_queue.h"
#include "retry.h"

namespace wemol::hub_client {

/// Sends reports to the hub, one after the other on one connection, in the thread that runs the
/// io_context. Nobody waits for it: while the hub is away, slow or refuses, reports wait in the
/// queue. A report that the hub finds broken is dropped. Redirects are not followed: the token
/// would go with them.
class ReportSender {
 public:
  struct Rules {
    ReportQueue::Bounds queue;
    HubConnector::Patience patience;
    Retry::Rules retry;
    std::chrono::milliseconds answer{15000};  ///< for a request and its answer
    /// Between reports that have waited: a hub that comes back has many agents to hear.
    std::chrono::milliseconds between_late{50};
  };

  ReportSender(boost::asio::io_context& context, const HubAccess& access, Rules rules,
               const Clock& clock);
  /// Ends what is under way.
  ~ReportSender();
  ReportSender(const ReportSender&) = delete;
  ReportSender& operator=(const ReportSender&) = delete;

  void offer(std::string report, SteadyTime measured_at);

  /// Why the newest attempt failed; empty: it did not, or there was none.
  [[nodiscard]] const std::string& problem() const;
  /// This host's address towards the hub; empty before the first connection.
  [[nodiscard]] const std::string& local_address() const;
  [[nodiscard]] std::size_t waiting() const;

 private:
  class Link;
  std::shared_ptr<Link> link_;
};

}  // namespace wemol::hub_client
