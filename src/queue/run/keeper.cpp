#include "keeper.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <memory>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "files.h"
#include "keeper_start.h"
#include "process_table.h"

namespace wemol::queue {
namespace {

using namespace std::chrono_literals;

/// Far more than an exec and the reading of an order take.
constexpr std::chrono::milliseconds kStartTime = 10s;

/// The name of the file that a keeper has open as long as it lives.
std::string name_of_order(const std::string& uni_id) {
  return "wemol-queue try " + uni_id;
}

/// In memory, so that neither the command line nor a disk has to hold it.
Result<UniqueFd> file_of(const TryOrder& order) {
  const std::string text = to_json(order);
  UniqueFd fd(memfd_create(name_of_order(order.uni_id).c_str(), MFD_CLOEXEC));
  if (!fd || write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
      lseek(fd.get(), 0, SEEK_SET) != 0) {
    return failure(fmt::format("cannot hand over the order of a try: {}", strerror(errno)), errno);
  }
  return fd;
}

/// The last report until the keeper has closed the pipe or said that it is ready.
KeeperReport read_reports(int fd) {
  const SteadyTime due = std::chrono::steady_clock::now() + kStartTime;
  KeeperReport last{.error = EPIPE};
  while (!last.is_ready) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(due - std::chrono::steady_clock::now());
    pollfd waiting{.fd = fd, .events = POLLIN};
    if (left <= 0ms || poll(&waiting, 1, static_cast<int>(left.count())) == 0) {
      last.error = ETIMEDOUT;
      break;
    }
    KeeperReport report;
    const ssize_t count = read(fd, &report, sizeof report);
    if (count == sizeof report) {
      last = report;
    } else if (count >= 0 || errno != EINTR) {
      break;
    }
  }
  return last;
}

/// A try's paths are the scheduler's, whose current folder is not the keeper's.
TryOrder with_absolute_paths(TryOrder order) {
  for (auto* path : {&order.work_dir, &order.state_dir, &order.log}) {
    *path = std::filesystem::absolute(*path);
  }
  return order;
}

bool has_open(std::int32_t pid, const std::filesystem::path& file) {
  std::error_code error;
  std::filesystem::directory_iterator entry(fmt::format("/proc/{}/fd", pid), error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    std::error_code closed;
    if (std::filesystem::read_symlink(entry->path(), closed) == file) {
      return true;
    }
  }
  return false;
}

}  // namespace

Result<ProcessId> start_keeper(const TryOrder& order, std::span<const int> card_locks,
                               const std::filesystem::path& program) {
  const auto order_file = file_of(with_absolute_paths(order));
  if (!order_file) {
    return tl::make_unexpected(order_file.error());
  }
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    return failure(fmt::format("cannot start a keeper: {}", strerror(errno)), errno);
  }
  const UniqueFd reports(ends[0]);
  UniqueFd reporting(ends[1]);
  const int error =
      fork_keeper(program, {.order = order_file->get(), .report = reporting.get()}, card_locks);
  reporting.reset();
  const KeeperReport report =
      error == 0 ? read_reports(reports.get()) : KeeperReport{.error = error};
  if (!report.is_ready) {
    if (report.pid > 0) {
      kill(report.pid, SIGKILL);
    }
    const int code = report.error == 0 ? EPIPE : report.error;
    return failure(fmt::format("cannot start a keeper: {}", strerror(code)), code);
  }
  return ProcessId{.pid = report.pid, .start_ticks = report.start_ticks};
}

std::optional<ProcessId> find_keeper(const std::string& uni_id) {
  const std::string order = fmt::format("/memfd:{} (deleted)", name_of_order(uni_id));
  std::vector<ProcessEntry> with_order;
  for (ProcessEntry& process : all_processes()) {
    // The one between scheduler and keeper has the order as well, and leads the session.
    if (getsid(process.id.pid) != process.id.pid && has_open(process.id.pid, order)) {
      with_order.push_back(std::move(process));
    }
  }
  // And so has a command, until its exec.
  for (const ProcessEntry& process : with_order) {
    if (std::ranges::none_of(with_order, [&](const ProcessEntry& other) {
          return other.id.pid == process.parent_pid;
        })) {
      return process.id;
    }
  }
  return std::nullopt;
}

Result<void> end_try(const ProcessId& keeper) {
  const int code = send_signal(keeper, SIGTERM);
  return code == 0 ? Result<void>()
                   : failure(fmt::format("keeper {}: {}", keeper.pid, strerror(code)), code);
}

/// For kernels that have no handles of processes. No name of this file's own: GCC warns of it in a
/// unity build.
class PolledTry {
 public:
  PolledTry(EventLoop& loop, const ProcessId& process, std::function<void()> ended)
      : loop_(loop), process_(process), ended_(std::move(ended)) {}

  void look() {
    if (is_alive(process_)) {
      constexpr auto kLookEvery = 1s;
      timer_ = loop_.call_at(loop_.now() + kLookEvery, [this] { look(); });
    } else {
      ended_();
    }
  }

 private:
  EventLoop& loop_;
  ProcessId process_;
  std::function<void()> ended_;
  EventSource timer_;
};

struct WatchedTry::Watching {
  UniqueFd handle;
  EventSource source;
  std::unique_ptr<PolledTry> polled;
};

WatchedTry::WatchedTry(const ProcessId& keeper, std::unique_ptr<Watching> watching)
    : keeper_(keeper), watching_(std::move(watching)) {}
WatchedTry::WatchedTry(WatchedTry&&) noexcept = default;
WatchedTry& WatchedTry::operator=(WatchedTry&&) noexcept = default;
WatchedTry::~WatchedTry() = default;

Result<WatchedTry> WatchedTry::watch(EventLoop& loop, const ProcessId& keeper,
                                     std::function<void()> ended) {
  auto watching = std::make_unique<Watching>();
  watching->handle.reset(static_cast<int>(syscall(SYS_pidfd_open, keeper.pid, 0)));
  const int code = watching->handle ? 0 : errno;
  if (!is_alive(keeper)) {
    return failure(fmt::format("keeper {} has ended", keeper.pid), ESRCH);
  }
  if (code == ENOSYS || code == EPERM) {
    watching->polled = std::make_unique<PolledTry>(loop, keeper, std::move(ended));
    watching->polled->look();
    return WatchedTry(keeper, std::move(watching));
  }
  if (code != 0) {
    return failure(fmt::format("keeper {}: {}", keeper.pid, strerror(code)), code);
  }
  auto source =
      loop.watch_fd(watching->handle.get(), EPOLLIN,
                    [ended = std::move(ended), watch = watching.get()](std::uint32_t) {
                      EventLoop::set_epoll_events(watch->source, 0);  // it would stay readable
                      ended();
                    });
  if (!source) {
    return tl::make_unexpected(source.error());
  }
  watching->source = std::move(*source);
  return WatchedTry(keeper, std::move(watching));
}

}  // namespace wemol::queue
