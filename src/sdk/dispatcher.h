#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "moment.h"

namespace wemol::sdk {

/// Calls functions with each moment, in a thread of its own, so that sampling never waits for them.
/// While one runs, moments that come are passed over but for the newest. The thread begins with the
/// first function. All members may be called from any thread, also from inside a function.
class Dispatcher {
 public:
  using Callback = std::function<void(const MomentPtr&)>;
  /// Told once of a callback that has thrown, which is removed then. Called in the thread.
  using OnError = std::function<void(const std::string& what)>;

  explicit Dispatcher(OnError on_error);
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;
  ~Dispatcher() { stop(); }

  /// Throws std::system_error when there can be no thread. After stop() it does nothing: 0.
  std::uint64_t add(Callback callback);
  /// Waits for the call that runs, except from inside the callback itself.
  void remove(std::uint64_t id);
  /// Never waits.
  void offer(MomentPtr moment);
  /// No callback is called any more. One that runs is waited for, up to `patience`, except from
  /// inside it; false: it still runs.
  bool stop(std::chrono::nanoseconds patience = std::chrono::seconds(5));

 private:
  struct State;
  std::shared_ptr<State> state_;  ///< the thread's too
};

}  // namespace wemol::sdk
