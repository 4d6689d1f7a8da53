#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <wemol/host_sample.h>

#include "hub_link.h"
#include "hub_report.h"
#include "kill_policy.h"
#include "process_killer.h"
#include "report_sender.h"
#include "session_watch.h"
#include "task_source.h"

namespace wemol::hub_client {

/// All that this host has to do with a hub: its samples go there, and the hub's wishes come back.
class HubReporter {
 public:
  struct Settings {
    HubAccess access;
    std::chrono::nanoseconds interval{};  ///< between reports
    KillPolicy kills;
    std::optional<std::uint16_t> metrics_port;
    std::string ip_address;  ///< until there is a connection
    ReportSender::Rules sender;
    HubLink::Rules link;
    ProcessKiller::Rules killer;
  };

  /// `tasks` may be null.
  HubReporter(boost::asio::io_context& context, Settings settings, const Clock& clock,
              const TaskSource* tasks);
  ~HubReporter();
  HubReporter(const HubReporter&) = delete;
  HubReporter& operator=(const HubReporter&) = delete;

  /// Each sample; those that come early for the next report are left out.
  void take(const HostSample& sample);
  void take(HostSessions sessions) { sessions_ = std::move(sessions); }

  /// Why reports do not get through; empty: they do.
  [[nodiscard]] const std::string& problem() const { return sender_.problem(); }
  [[nodiscard]] std::size_t waiting() const { return sender_.waiting(); }
  [[nodiscard]] bool is_registered() const { return link_.is_registered(); }

 private:
  [[nodiscard]] bool is_due(SteadyTime measured_at);
  void kill(const KillRequest& request, const HubLink::Reply& reply);

  Settings settings_;
  const Clock& clock_;
  const TaskSource* tasks_;
  SteadyTime due_{};
  HostSessions sessions_;
  ReportedProcesses reported_;
  ProcessKiller killer_;
  ReportSender sender_;
  HubLink link_;
};

}  // namespace wemol::hub_client
