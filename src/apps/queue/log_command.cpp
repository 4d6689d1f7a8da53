#include "log_command.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <thread>

#include <fmt/format.h>

#include "control_client.h"
#include "files.h"
#include "status_json.h"
#include "unix_socket.h"

namespace wemol::queue {
namespace {

constexpr std::chrono::milliseconds kBetweenLooks{200};
constexpr int kNotShown = 1;

/// A job's log, which is another file in its next try.
class LogReader {
 public:
  explicit LogReader(std::filesystem::path path) : path_(std::move(path)) {}

  bool open() {
    identity_ = file_at(path_);
    fd_.reset(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
    return static_cast<bool>(fd_);
  }
  /// What is there more; false: it cannot be read or shown.
  bool show() {
    std::array<char, 65536> buffer{};
    while (fd_) {
      const ssize_t count = read(fd_.get(), buffer.data(), buffer.size());
      if (count <= 0) {
        return std::fflush(stdout) == 0 && count == 0;
      }
      if (fwrite(buffer.data(), 1, static_cast<std::size_t>(count), stdout) !=
          static_cast<std::size_t>(count)) {
        return false;
      }
    }
    return true;
  }
  /// To the next try's, where there is one.
  void keep_up() {
    if (const auto now = file_at(path_); now && now != identity_) {
      if (fd_) {
        fmt::print(stderr, "-- the next try --\n");
      }
      (void)open();
    }
  }

 private:
  std::filesystem::path path_;
  UniqueFd fd_;
  std::optional<FileIdentity> identity_;
};

int follow(LogReader& log, const QueueOptions& options) {
  std::atomic<bool> is_over{false};
  std::string problem;
  const std::jthread waiting([&] {
    const auto answer = ask_scheduler(options.state_dir,
                                      {.action = Request::Action::wait, .jobs = options.jobs}, {});
    if (!answer) {
      problem = answer.error().message;
    }
    is_over = true;
  });
  while (true) {
    const bool is_last = is_over;
    if (!log.show()) {
      _exit(kNotShown);  // whoever read it is gone, and the scheduler may not answer for long
    }
    log.keep_up();
    if (is_last) {
      break;
    }
    std::this_thread::sleep_for(kBetweenLooks);
  }
  (void)log.show();
  if (!problem.empty()) {
    fmt::print(stderr, "wemol-queue: {}\n", problem);
    return kNotShown;
  }
  return 0;
}

}  // namespace

int show_log(const QueueOptions& options) {
  const auto path = job_log_path(options.state_dir, options.jobs.front());
  LogReader log(path);
  if (!log.open() && !(options.follow && errno == ENOENT)) {
    fmt::print(stderr, "wemol-queue: {}: {}\n", path.string(),
               errno == ENOENT ? "no such job here, or it has not begun" : strerror(errno));
    return kNotShown;
  }
  if (options.follow) {
    return follow(log, options);
  }
  return log.show() ? 0 : kNotShown;
}

}  // namespace wemol::queue
