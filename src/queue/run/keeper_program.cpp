#include "keeper_program.h"

#include <fcntl.h>
#include <malloc.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <string>
#include <thread>
#include <utility>

#include "card_holder.h"
#include "files.h"
#include "keeper_start.h"
#include "process_table.h"
#include "result_file.h"
#include "try_order.h"
#include "try_run.h"

namespace wemol::queue {
namespace {

using namespace std::chrono_literals;

std::string read_all(int fd) {
  std::string text;
  std::array<char, 4096> buffer{};
  for (;;) {
    const ssize_t count = read(fd, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count <= 0) {
      return text;
    }
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

/// The commands do not get what the keeper has: a lock that a job held would outlive its try.
void keep_locks_from_commands() {
  for (int fd = kOrderFd; fcntl(fd, F_SETFD, FD_CLOEXEC) == 0; ++fd) {
  }
}

void report(const KeeperReport& report) {
  const UniqueFd pipe(kReportFd);
  [[maybe_unused]] const ssize_t count = write(pipe.get(), &report, sizeof report);
}

/// Says who holds the cards, as long as the try runs.
class NamedHolder {
 public:
  NamedHolder(const TryOrder& order, const ProcessId& keeper) : order_(order) {
    if (order.lock_folder.empty()) {
      return;
    }
    const char* const user = std::getenv("USER");  // NOLINT(concurrency-mt-unsafe): one thread
    const CardHolder holder{.user = !order.user.empty() ? order.user
                                    : user != nullptr   ? user
                                                        : "",
                            .uid = getuid(),
                            .queue = order.queue,
                            .job = order.job,
                            .uni_id = order.uni_id,
                            .keeper_pid = keeper.pid,
                            .since = std::chrono::system_clock::now()};
    for (const std::string& uuid : order.card_uuids) {
      (void)write_card_holder(order.lock_folder, uuid, holder);  // for readers only
    }
  }
  NamedHolder(const NamedHolder&) = delete;
  NamedHolder& operator=(const NamedHolder&) = delete;
  ~NamedHolder() {
    for (const std::string& uuid : order_.card_uuids) {
      if (!order_.lock_folder.empty()) {
        remove_card_holder(order_.lock_folder, uuid, getuid());
      }
    }
  }

 private:
  const TryOrder& order_;
};

/// A disk that is full may have room again a moment later; a keeper that waited for ever would keep
/// the card.
int write_result(ResultFile& file, const TryResult& result) {
  constexpr int kTries = 60;
  for (int i = 0; i < kTries; ++i) {
    if (file.write(result)) {
      return EXIT_SUCCESS;
    }
    std::this_thread::sleep_for(1s);
  }
  return EXIT_FAILURE;
}

void block_signals() {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  sigset_t blocked;
  sigemptyset(&blocked);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGCHLD}) {
    sigaddset(&blocked, signal);
  }
  sigprocmask(SIG_SETMASK, &blocked, nullptr);
}

}  // namespace

int keep() {
  prctl(PR_SET_NAME, "wemol-queue");
  block_signals();
  keep_locks_from_commands();
  const ProcessId self = this_process();
  const UniqueFd order_file(kOrderFd);  // open for find_keeper()
  const auto order = parse_try_order(read_all(order_file.get()));
  if (!order) {
    report({.pid = self.pid, .error = EBADMSG});
    return EXIT_FAILURE;
  }
  auto result_file = ResultFile::reserve(order->state_dir, order->uni_id);
  if (!result_file) {
    report({.pid = self.pid, .error = result_file.error().code});
    return EXIT_FAILURE;
  }
  if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) {
    report({.pid = self.pid, .error = errno});
    return EXIT_FAILURE;
  }
  report({.pid = self.pid, .start_ticks = self.start_ticks, .is_ready = true});
  const NamedHolder holder(*order, self);
  malloc_trim(0);  // it waits for hours from here on
  const TryResult result = TryRun(*order, own_cgroup()).run();
  return write_result(*result_file, result);
}

}  // namespace wemol::queue
