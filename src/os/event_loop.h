#pragma once

#include <sys/types.h>

#include <csignal>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include <systemd/sd-event.h>

#include <wemol/result.h>

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

/// A timer, a watched descriptor or a watched child. It ends with its owner, which may be inside
/// its own callback. Null: nothing is watched.
using EventSource = std::unique_ptr<sd_event_source, detail::UnrefEventSource>;

/// The one event loop of the program. SIGINT and SIGTERM arrive through it and ask for a stop.
/// SIGHUP does so too in a program that was started on a terminal, which is gone then. Without a
/// terminal it is a request to read the settings again. A SIGHUP that is ignored from the start
/// (nohup) stays ignored.
/// Everything runs on the thread that made it. As the process's clock it measures and waits.
class EventLoop : public Clock {
 public:
  /// Whose the process and its signals are.
  enum class Host {
    own_program,     ///< as above
    somebody_elses,  ///< no signal handler of the process is touched, nor any other thread
  };

  /// own_program: blocks SIGINT, SIGTERM, SIGHUP and SIGCHLD for good and ignores SIGPIPE and
  /// SIGXFSZ (a write then fails with an error instead). somebody_elses: blocks all signals in
  /// this thread, with the same effect on a write. Throws std::system_error.
  explicit EventLoop(Host host = Host::own_program);

  [[nodiscard]] SteadyTime now() const override;
  [[nodiscard]] WallTime wall_now() const override;
  /// Also ends, with true, when a reload is asked for.
  [[nodiscard]] bool wait_until(SteadyTime due) override;

  [[nodiscard]] bool stop_requested() const { return stop_requested_; }
  /// As SIGTERM does in a program of our own.
  void request_stop() { stop_requested_ = true; }
  /// Whether SIGHUP has asked for a reload since the last call.
  [[nodiscard]] bool take_reload_request() { return std::exchange(reload_requested_, false); }

  /// Dispatches until `done` holds, a stop is requested or `due` has come.
  void run_until(const std::function<bool()>& done, SteadyTime due);
  /// The same, but a stop does not end it: for the last clean-up.
  void drain_until(const std::function<bool()>& done, SteadyTime due);

  /// Calls `action` once at `due` or up to `accuracy` later, which lets the kernel bundle wake-ups.
  [[nodiscard]] EventSource call_at(SteadyTime due, std::function<void()> action,
                                    std::chrono::microseconds accuracy = kPrompt);
  /// The same, after all else that is due at that moment.
  [[nodiscard]] EventSource call_last_at(SteadyTime due, std::function<void()> action);
  /// Calls `action` with what epoll says whenever one of `epoll_events` holds. The descriptor stays
  /// the caller's and has to outlive the source. The error has the errno (EPERM: a regular file).
  [[nodiscard]] Result<EventSource> watch_fd(int fd, std::uint32_t epoll_events,
                                             std::function<void(std::uint32_t)> action);
  /// Other events from now on, for a source of watch_fd.
  static void set_epoll_events(const EventSource& source, std::uint32_t epoll_events);
  /// Calls `action` once when the child has ended, and reaps it. With an si_pid of 0 somebody else
  /// has reaped it (SIGCHLD is ignored, a wait() for any child): how it ended is unknown.
  [[nodiscard]] Result<EventSource> watch_child(pid_t pid,
                                                std::function<void(const siginfo_t&)> action);

  static constexpr std::chrono::microseconds kPrompt{1};

 private:
  void watch_signals();
  void dispatch_while(const std::function<bool()>& wanted, SteadyTime due);

  std::unique_ptr<sd_event, detail::UnrefEvent> event_;
  /// Never due. With it sd-event keeps its timer's descriptor, so that no later timer needs one.
  EventSource timer_keeper_;
  bool stop_requested_ = false;
  bool reload_requested_ = false;
};

}  // namespace wemol
