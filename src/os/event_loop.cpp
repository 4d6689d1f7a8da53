#include "event_loop.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <system_error>

#include "files.h"
#include "log_line.h"

namespace wemol {
namespace {

void check(int result, const char* what) {
  if (result < 0) {
    throw std::system_error(-result, std::generic_category(), what);
  }
}

int set_flag(sd_event_source* /*source*/, const signalfd_siginfo* /*info*/, void* flag) {
  *static_cast<bool*>(flag) = true;
  return 0;
}

int stop_without_terminal(sd_event_source* /*source*/, const signalfd_siginfo* /*info*/,
                          void* flag) {
  log_line(Severity::info, "SIGHUP: the terminal is gone, the program stops");
  *static_cast<bool*>(flag) = true;
  return 0;
}

bool is_hangup_ignored() {
  struct sigaction action {};
  return sigaction(SIGHUP, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

bool has_terminal() {
  return static_cast<bool>(UniqueFd(open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC)));
}

/// The action lives as long as its source, also when it drops the source itself: sd-event frees a
/// source only after its callback has returned.
template <typename Action>
EventSource keep_action(sd_event_source* source, std::unique_ptr<Action> action) {
  sd_event_source_set_destroy_callback(source,
                                       [](void* kept) { delete static_cast<Action*>(kept); });
  (void)action.release();
  return EventSource(source);
}

using TimerAction = std::function<void()>;
using FdAction = std::function<void(std::uint32_t)>;
using ChildAction = std::function<void(const siginfo_t&)>;

int run_timer(sd_event_source* /*source*/, std::uint64_t /*usec*/, void* action) {
  (*static_cast<TimerAction*>(action))();
  return 0;
}

int run_fd(sd_event_source* /*source*/, int /*fd*/, std::uint32_t events, void* action) {
  (*static_cast<FdAction*>(action))(events);
  return 0;
}

int run_child(sd_event_source* /*source*/, const siginfo_t* info, void* action) {
  (*static_cast<ChildAction*>(action))(*info);
  return 0;
}

int run_ended_child(sd_event_source* source, int process, std::uint32_t /*events*/, void* action) {
  const auto id = static_cast<id_t>(process);
  siginfo_t info{};
  // It stays a zombie meanwhile. An error: somebody else has reaped it.
  if (waitid(P_PIDFD, id, &info, WEXITED | WNOHANG | WNOWAIT) != 0) {
    info = {};
  } else if (info.si_pid == 0) {
    return 0;
  }
  sd_event_source_set_enabled(source, SD_EVENT_OFF);
  (*static_cast<ChildAction*>(action))(info);
  siginfo_t reaped{};
  waitid(P_PIDFD, id, &reaped, WEXITED | WNOHANG);
  return 0;
}

int run_reaped_child(sd_event_source* /*source*/, void* action) {
  (*static_cast<ChildAction*>(action))({});
  return 0;
}

}  // namespace

EventLoop::EventLoop(Host host) {
  sigset_t blocked;
  if (host == Host::own_program) {
    sigemptyset(&blocked);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGCHLD}) {
      sigaddset(&blocked, signal);
    }
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);
  } else {
    sigfillset(&blocked);
    for (const int fault : {SIGSEGV, SIGBUS, SIGILL, SIGFPE}) {
      sigdelset(&blocked, fault);
    }
  }
  check(-pthread_sigmask(SIG_BLOCK, &blocked, nullptr), "cannot block signals");

  sd_event* event = nullptr;
  check(sd_event_new(&event), "cannot make an event loop");
  event_.reset(event);
  timer_keeper_ = call_at(SteadyTime::max(), [] {});
  if (host == Host::own_program) {
    watch_signals();
  }
}

void EventLoop::watch_signals() {
  sd_event* const event = event_.get();
  for (const int signal : {SIGINT, SIGTERM}) {
    check(sd_event_add_signal(event, nullptr, signal, set_flag, &stop_requested_),
          "cannot watch for signals");
  }
  if (!is_hangup_ignored()) {
    const int result =
        has_terminal()
            ? sd_event_add_signal(event, nullptr, SIGHUP, stop_without_terminal, &stop_requested_)
            : sd_event_add_signal(event, nullptr, SIGHUP, set_flag, &reload_requested_);
    check(result, "cannot watch for signals");
  }
}

EventSource EventLoop::call_at(SteadyTime due, std::function<void()> action,
                               std::chrono::microseconds accuracy) {
  auto kept = std::make_unique<TimerAction>(std::move(action));
  sd_event_source* source = nullptr;
  check(sd_event_add_time(event_.get(), &source, CLOCK_MONOTONIC, to_monotonic_usec(due),
                          static_cast<std::uint64_t>(accuracy.count()), run_timer, kept.get()),
        "cannot set a timer");
  return keep_action(source, std::move(kept));
}

EventSource EventLoop::call_last_at(SteadyTime due, std::function<void()> action) {
  EventSource timer = call_at(due, std::move(action));
  sd_event_source_set_priority(timer.get(), SD_EVENT_PRIORITY_NORMAL + 1);
  return timer;
}

Result<EventSource> EventLoop::watch_fd(int fd, std::uint32_t epoll_events,
                                        std::function<void(std::uint32_t)> action) {
  auto kept = std::make_unique<FdAction>(std::move(action));
  sd_event_source* source = nullptr;
  const int result = sd_event_add_io(event_.get(), &source, fd, epoll_events, run_fd, kept.get());
  if (result < 0) {
    return failure(std::string("cannot watch a descriptor: ") + strerror(-result), -result);
  }
  return keep_action(source, std::move(kept));
}

void EventLoop::set_epoll_events(const EventSource& source, std::uint32_t epoll_events) {
  sd_event_source_set_io_events(source.get(), epoll_events);
}

Result<EventSource> EventLoop::watch_child(pid_t pid,
                                           std::function<void(const siginfo_t&)> action) {
  auto kept = std::make_unique<ChildAction>(std::move(action));
  sd_event_source* source = nullptr;
  UniqueFd process(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  int result = 0;
  if (process) {
    // Not sd-event's own watch: it fails for good when somebody else reaps the child.
    result =
        sd_event_add_io(event_.get(), &source, process.get(), EPOLLIN, run_ended_child, kept.get());
    if (result >= 0) {
      sd_event_source_set_io_fd_own(source, 1);
      (void)process.release();
    }
  } else if (errno == ENOSYS || errno == EPERM) {  // an old kernel, a narrow container
    result = sd_event_add_child(event_.get(), &source, pid, WEXITED, run_child, kept.get());
  } else if (errno == ESRCH) {  // it has ended, and somebody else was sooner
    result = sd_event_add_defer(event_.get(), &source, run_reaped_child, kept.get());
  } else {
    result = -errno;
  }
  if (result < 0) {
    return failure(std::string("cannot watch a process: ") + strerror(-result), -result);
  }
  return keep_action(source, std::move(kept));
}

SteadyTime EventLoop::now() const {
  return std::chrono::steady_clock::now();
}

WallTime EventLoop::wall_now() const {
  return std::chrono::system_clock::now();
}

bool EventLoop::wait_until(SteadyTime due) {
  run_until([this] { return reload_requested_; }, due);
  return !stop_requested_;
}

void EventLoop::run_until(const std::function<bool()>& done, SteadyTime due) {
  dispatch_while([&] { return !stop_requested_ && !done(); }, due);
}

void EventLoop::drain_until(const std::function<bool()>& done, SteadyTime due) {
  dispatch_while([&] { return !done(); }, due);
}

void EventLoop::dispatch_while(const std::function<bool()>& wanted, SteadyTime due) {
  bool is_due = false;
  const EventSource timer = call_at(due, [&] { is_due = true; });
  while (!is_due && wanted()) {
    const int result = sd_event_run(event_.get(), UINT64_MAX);
    if (result < 0 && result != -EINTR) {
      check(result, "the event loop failed");
    }
  }
}

}  // namespace wemol
