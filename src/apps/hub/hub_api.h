#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <string>

#include "agent_links.h"
#include "alert_engine.h"
#include "cached_document.h"
#include "clock.h"
#include "gatekeeper.h"
#include "history.h"
#include "host_table.h"
#include "live_pages.h"
#include "rate_limiter.h"
#include "router.h"
#include "token_store.h"
#include "workers.h"

namespace wemol::hub {

/// The endpoints of section "API" in docs/hub.md, apart from the login.
class HubApi {
 public:
  /// Figures of the modules as JSON; in a worker's thread.
  using ModulesJson = std::function<Result<std::string>()>;

  struct Parts {
    boost::asio::io_context& context;
    Gatekeeper& gate;
    TokenStore& tokens;
    HostTable& table;
    History& history;
    const AlertEngine& alerts;
    AgentLinks& links;
    LivePages& live;
    Workers& workers;
    const Clock& clock;
    ModulesJson modules;  ///< none: the recorder's files are not here
    std::string start_id;
    std::string hostname;
  };

  explicit HubApi(Parts parts);

  void add_to(serve::Router& router);
  /// Takes a host off the page, with its past and its connection.
  bool remove_host(const std::string& host);
  /// Now and then: lets go of documents that nobody asks for.
  void look();

 private:
  void add_reading(serve::Router& router);
  void add_changes(serve::Router& router);
  void add_for_machines(serve::Router& router);
  [[nodiscard]] serve::Response take_report(const serve::Request& request);
  [[nodiscard]] std::optional<serve::Response> foreign_report(const serve::Request& request,
                                                              const std::string& host);
  void kill(const serve::Request& request, const serve::Respond& respond);
  void history(const serve::Request& request, const serve::Respond& respond);
  void modules(const serve::Request& request, const serve::Respond& respond);
  [[nodiscard]] serve::Response health() const;
  [[nodiscard]] serve::Response metrics(const serve::Request& request) const;
  [[nodiscard]] serve::Response remove(const serve::Request& request);

  Parts parts_;
  CachedDocument stats_;
  CachedDocument tasks_;
  serve::RateLimiter reports_;  ///< of each host
  std::string modules_;         ///< the newest; empty: none
  SteadyTime modules_at_{};
};

}  // namespace wemol::hub
