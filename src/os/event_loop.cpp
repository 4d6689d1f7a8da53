#include "event_loop.h"

#include <fcntl.h>

#include <csignal>
#include <system_error>

#include <spdlog/spdlog.h>

#include "descriptors.h"

namespace wemol {
namespace {

// sd-event bundles wake-ups within 250 ms unless told otherwise.
constexpr std::uint64_t kWaitAccuracyUsec = 1;

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
  spdlog::info("SIGHUP: the terminal is gone, the recorder stops");
  *static_cast<bool*>(flag) = true;
  return 0;
}

int mark_due(sd_event_source* /*source*/, std::uint64_t /*usec*/, void* flag) {
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

}  // namespace

std::uint64_t to_monotonic_usec(SteadyTime time) {
  // libstdc++'s steady_clock is CLOCK_MONOTONIC.
  const auto usec = std::chrono::ceil<std::chrono::microseconds>(time.time_since_epoch()).count();
  return usec > 0 ? static_cast<std::uint64_t>(usec) : 0;
}

EventLoop::EventLoop() {
  sigset_t handled;
  sigemptyset(&handled);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGCHLD}) {
    sigaddset(&handled, signal);
  }
  check(-pthread_sigmask(SIG_BLOCK, &handled, nullptr), "cannot block signals");
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);

  sd_event* event = nullptr;
  check(sd_event_new(&event), "cannot make an event loop");
  event_.reset(event);
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
  sd_event_source* source = nullptr;
  check(sd_event_add_time(event_.get(), &source, CLOCK_MONOTONIC, to_monotonic_usec(due),
                          kWaitAccuracyUsec, mark_due, &is_due),
        "cannot set a timer");
  const EventSource timer(source);
  while (!is_due && wanted()) {
    const int result = sd_event_run(event_.get(), UINT64_MAX);
    if (result < 0 && result != -EINTR) {
      check(result, "the event loop failed");
    }
  }
}

}  // namespace wemol
