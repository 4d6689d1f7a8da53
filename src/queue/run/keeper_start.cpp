#include "keeper_start.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <vector>

#include "all_signals_blocked.h"
#include "files.h"
#include "keeper.h"

namespace wemol::queue {
namespace {

/// All that the child needs, made before the fork: a thread of the parent may have held the
/// memory's lock then.
struct Plan {
  std::string program;
  std::array<char*, 3> arguments{};
  std::vector<int> descriptors;  ///< which become 3, 4, 5, …
};

void report(int fd, int error) {
  const KeeperReport report{.pid = getpid(), .error = error};
  [[maybe_unused]] const ssize_t count = write(fd, &report, sizeof report);
}

/// Moves the descriptors to 3, 4, 5, …; above all of those first, so that none is overwritten.
bool place(std::vector<int>& descriptors) {
  const int end = kOrderFd + static_cast<int>(descriptors.size());
  for (int& fd : descriptors) {
    fd = fcntl(fd, F_DUPFD, end);
    if (fd < 0) {
      return false;
    }
  }
  for (int place = kOrderFd; place < end; ++place) {
    if (dup2(descriptors[static_cast<std::size_t>(place - kOrderFd)], place) < 0) {
      return false;
    }
  }
  close_all_from(end);
  return true;
}

[[noreturn]] void become_keeper(Plan& plan, int report_fd) {
  report(report_fd, 0);
  const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (nothing < 0 || dup2(nothing, standard) < 0) {
      report(report_fd, errno);
      _exit(127);
    }
  }
  if (!place(plan.descriptors) || chdir("/") != 0) {
    report(report_fd, errno);
    _exit(127);
  }
  execve(plan.program.c_str(), plan.arguments.data(), environ);
  report(kReportFd, errno);
  _exit(127);
}

}  // namespace

void close_all_from(int first) {
  if (close_range(static_cast<unsigned>(first), ~0U, 0) == 0) {
    return;
  }
  constexpr rlim_t kAtMost = 1U << 16;
  rlimit limit{};
  const rlim_t end =
      getrlimit(RLIMIT_NOFILE, &limit) == 0 ? std::min(limit.rlim_cur, kAtMost) : kAtMost;
  for (int fd = first; fd < static_cast<int>(end); ++fd) {
    close(fd);
  }
}

int fork_keeper(const std::filesystem::path& program, const KeeperEnds& ends,
                std::span<const int> card_locks) {
  std::string name = "wemol-queue";
  std::string subcommand = kKeepSubcommand;
  Plan plan{.program = program.string(), .arguments = {name.data(), subcommand.data(), nullptr}};
  plan.descriptors = {ends.order, ends.report};
  plan.descriptors.insert(plan.descriptors.end(), card_locks.begin(), card_locks.end());
  // The process may have few descriptors left: those of the child are placed after the fork.
  const AllSignalsBlocked blocked;
  const pid_t between = fork();
  if (between < 0) {
    return errno;
  }
  if (between == 0) {
    setsid();
    const pid_t keeper = fork();
    if (keeper == 0) {
      become_keeper(plan, ends.report);
    }
    _exit(keeper < 0 ? errno : 0);
  }
  int status = 0;
  while (waitpid(between, &status, 0) < 0) {
    if (errno != EINTR) {
      return 0;  // somebody else has reaped it: the reports tell
    }
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : ECHILD;
}

}  // namespace wemol::queue
