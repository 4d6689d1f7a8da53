#pragma once

#include <memory>
#include <string>

#include "clock.h"
#include "host_source.h"
#include "host_watch.h"
#include "router.h"
#include "topic.h"

namespace wemol::agent {

/// What WebSocket clients get: first system_info, then metrics every second, and error while the
/// host is not sampled. While there are any, the host is sampled every second.
class LiveFeed {
 public:
  LiveFeed(HostSource& host, HostWatch& watch, const Clock& clock, std::string node_id);
  ~LiveFeed();
  LiveFeed(const LiveFeed&) = delete;
  LiveFeed& operator=(const LiveFeed&) = delete;

  [[nodiscard]] serve::Subscription subscribe() const;
  [[nodiscard]] std::size_t clients() const { return topic_->subscribers(); }

  /// Publishes a sample, unless it is early for the next second.
  void take(const HostSource::Sample& sample);
  /// To be called every second: says when samples stay out.
  void look();

 private:
  HostSource& host_;
  HostWatch& watch_;
  const Clock& clock_;
  std::string node_id_;
  std::shared_ptr<serve::Topic> topic_;
  SteadyTime due_{};  ///< of the next record
  SteadyTime complained_{};
};

}  // namespace wemol::agent
