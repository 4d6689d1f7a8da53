#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kill_policy.h"

namespace boost::asio {
class io_context;
}  // namespace boost::asio

namespace wemol::hub_client {

/// Ends processes: SIGTERM, and SIGKILL for those that are still there after a while. Each is held
/// by a pidfd from before it is looked at, so that no other process can take its place.
class ProcessKiller {
 public:
  struct Rules {
    std::chrono::milliseconds term_to_kill{5000};
    /// From SIGKILL: one that hangs in the kernel is given up.
    std::chrono::milliseconds kill_to_giving_up{2000};
  };
  using Done = std::function<void(std::vector<KillResult>)>;

  ProcessKiller(boost::asio::io_context& context, Rules rules, Self self);
  /// What has got SIGTERM gets no SIGKILL any more.
  ~ProcessKiller();
  ProcessKiller(const ProcessKiller&) = delete;
  ProcessKiller& operator=(const ProcessKiller&) = delete;

  /// `done` is called once, in the thread of the io_context, with a result for each target.
  /// `requested_by` is for the log.
  void kill(const std::vector<KillTarget>& targets, const std::string& requested_by, Done done);

 private:
  class Round;
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace wemol::hub_client
