#include "session_watch.h"

#include <pthread.h>
#include <pwd.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <exception>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "all_signals_blocked.h"
#include "event_loop.h"
#include "files.h"
#include "log_line.h"
#include "system_command_runner.h"

namespace wemol {
namespace {

constexpr std::chrono::seconds kCommandTimeout{5};

std::optional<std::string> user_name(std::uint32_t user_id) {
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  return getpwuid_r(user_id, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr
             ? std::optional<std::string>(found->pw_name)
             : std::nullopt;
}

/// Where the two programs have their sockets unless told otherwise.
SessionReader::Places usual_places() {
  SessionReader::Places places;
  if (const char* const folder = std::getenv("TMUX_TMPDIR")) {
    places.tmux = folder;
  }
  return places;
}

}  // namespace

class SessionWatch::Worker {
 public:
  Worker(std::chrono::nanoseconds interval, Listener listener)
      : interval_(interval),
        listener_(std::move(listener)),
        wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (!wake_) {
      throw std::system_error(errno, std::generic_category(), "cannot wake a thread");
    }
    const AllSignalsBlocked blocked;
    thread_ = std::thread([this] { run(); });
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker() {
    is_stopping_ = true;
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t count = write(wake_.get(), &one, sizeof one);
    thread_.join();
  }

 private:
  void run() noexcept {
    pthread_setname_np(pthread_self(), "wemol-sessions");
    try {
      read_until_stopped();
    } catch (const std::exception& error) {
      log_line(Severity::error, std::string("sessions are not read: ") + error.what());
    }
  }

  void read_until_stopped() {
    EventLoop loop(EventLoop::Host::somebody_elses);
    const auto watch = loop.watch_fd(wake_.get(), EPOLLIN, [&loop](auto) { loop.request_stop(); });
    SystemCommandRunner runner(loop, kCommandTimeout);
    SessionReader reader(runner, usual_places(), geteuid(), user_name);
    while (!is_stopping_) {
      HostSessions sessions = reader.read(loop.now());
      if (is_stopping_) {
        return;
      }
      listener_(std::move(sessions));
      loop.run_until([this] { return is_stopping_.load(); }, loop.now() + interval_);
    }
  }

  std::chrono::nanoseconds interval_;
  Listener listener_;
  UniqueFd wake_;
  std::atomic<bool> is_stopping_ = false;
  std::thread thread_;
};

SessionWatch::SessionWatch(std::chrono::nanoseconds interval, Listener listener)
    : worker_(std::make_unique<Worker>(interval, std::move(listener))) {}

SessionWatch::~SessionWatch() = default;

}  // namespace wemol
