#pragma once

#include <functional>
#include <memory>
#include <utility>

#include <systemd/sd-event.h>

#include "clock.h"

namespace wemol {

namespace detail {
struct UnrefEvent {
  void operator()(sd_event* event) const { sd_event_unref(event); }
};
/// Disables the source as it goes, so that no callback comes after its owner is gone.
struct UnrefEventSource {
  void operator()(sd_event_source* source) const { sd_event_source_disable_unref(source); }
};
}  // namespace detail

using EventSource = std::unique_ptr<sd_event_source, detail::UnrefEventSource>;

/// The one event loop of the program. SIGINT and SIGTERM arrive through it and ask for a stop.
/// SIGHUP does so too in a program that was started on a terminal, which is gone then. Without a
/// terminal it is a request to read the settings again. A SIGHUP that is ignored from the start
/// (nohup) stays ignored.
/// Everything runs on the thread that made it. As the process's clock it measures and waits.
class EventLoop : public Clock {
 public:
  /// Blocks SIGINT, SIGTERM, SIGHUP and SIGCHLD for good and ignores SIGPIPE and SIGXFSZ (a write
  /// then fails with an error instead). Throws std::system_error.
  EventLoop();

  [[nodiscard]] SteadyTime now() const override;
  [[nodiscard]] WallTime wall_now() const override;
  /// Also ends, with true, when a reload is asked for.
  [[nodiscard]] bool wait_until(SteadyTime due) override;

  [[nodiscard]] bool stop_requested() const { return stop_requested_; }
  /// Whether SIGHUP has asked for a reload since the last call.
  [[nodiscard]] bool take_reload_request() { return std::exchange(reload_requested_, false); }

  /// Dispatches until `done` holds, a stop is requested or `due` has come.
  void run_until(const std::function<bool()>& done, SteadyTime due);
  /// The same, but a stop does not end it: for the last clean-up.
  void drain_until(const std::function<bool()>& done, SteadyTime due);

  /// For those who add sources of their own.
  [[nodiscard]] sd_event* native() { return event_.get(); }

 private:
  void dispatch_while(const std::function<bool()>& wanted, SteadyTime due);

  std::unique_ptr<sd_event, detail::UnrefEvent> event_;
  bool stop_requested_ = false;
  bool reload_requested_ = false;
};

/// A time on the monotonic clock as sd-event counts it.
[[nodiscard]] std::uint64_t to_monotonic_usec(SteadyTime time);

}  // namespace wemol
