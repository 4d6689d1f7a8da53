#pragma once

#include <functional>
#include <optional>
#include <string>

#include "clock.h"
#include "host_source.h"
#include "host_watch.h"
#include "live_feed.h"
#include "router.h"
#include "task_source.h"

namespace wemol::agent {

/// The endpoints. Each takes ?node_id=, and answers 404 for a node that is not this one.
class AgentApi {
 public:
  struct Parts {
    const HostSource& host;
    const HostWatch& watch;
    const LiveFeed& feed;
    const TaskSource* tasks = nullptr;  ///< null: switched off
    const Clock& clock;
    std::string node_id;
  };

  explicit AgentApi(Parts parts);

  /// The endpoints refer to this object.
  void add_to(serve::Router& router) const;

 private:
  using FromSample = std::function<std::string(const HostSample&)>;

  void add(serve::Router& router, const std::string& path, serve::Handler handler) const;
  /// One that needs a sample: 503 before the first one.
  void add_of_sample(serve::Router& router, const std::string& path, FromSample make) const;
  [[nodiscard]] std::optional<serve::Response> foreign_node(const serve::Request& request) const;
  [[nodiscard]] serve::Response health() const;
  [[nodiscard]] serve::Response metrics(const serve::Request& request) const;
  [[nodiscard]] serve::Response tasks() const;
  [[nodiscard]] std::string info() const;
  [[nodiscard]] std::string status() const;
  [[nodiscard]] std::string cluster_info() const;
  [[nodiscard]] std::string task_problem() const;

  Parts parts_;
  WallTime started_at_;
};

}  // namespace wemol::agent
