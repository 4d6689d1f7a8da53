#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "session_reader.h"

namespace wemol {

/// Reads the sessions of this host now and then, in a thread of its own.
class SessionWatch {
 public:
  /// Called in that thread; must not throw and must not wait.
  using Listener = std::function<void(HostSessions)>;

  SessionWatch(std::chrono::nanoseconds interval, Listener listener);
  /// Ends the thread, within a moment also while a command hangs.
  ~SessionWatch();
  SessionWatch(const SessionWatch&) = delete;
  SessionWatch& operator=(const SessionWatch&) = delete;

 private:
  class Worker;
  std::unique_ptr<Worker> worker_;
};

}  // namespace wemol
