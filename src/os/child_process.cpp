#include "child_process.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <utility>

#include "all_signals_blocked.h"

namespace wemol {
namespace {

constexpr rlim_t kOpenFilesOfChild = 1024;

struct Pipe {
  UniqueFd read_end;
  UniqueFd write_end;
};

tl::expected<Pipe, int> make_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    return tl::make_unexpected(errno);
  }
  return Pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

/// Handlers first: until the program begins, they would run in the parent's memory.
void set_defaults_for_signals() {
  for (int signal = 1; signal < NSIG; ++signal) {
    struct sigaction action {};
    if (sigaction(signal, nullptr, &action) == 0 && action.sa_handler != SIG_DFL &&
        (action.sa_handler != SIG_IGN || signal == SIGPIPE || signal == SIGXFSZ ||
         signal == SIGCHLD)) {
      std::signal(signal, SIG_DFL);
    }
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

void lower_open_files_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = std::min(limit.rlim_cur, kOpenFilesOfChild);
    limit.rlim_max = std::min(limit.rlim_max, kOpenFilesOfChild);
    setrlimit(RLIMIT_NOFILE, &limit);
  }
}

/// The ends of the pipes that the child keeps.
struct ChildEnds {
  int in = -1;  ///< -1: nothing to read
  int out = -1;
  int err = -1;
  int report = -1;
};

/// In the child, which has the parent's memory until the program begins: never returns.
[[noreturn]] void become_program(char* const* argv, pid_t parent, const ChildEnds& ends) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) {  // the parent died before the line above
    _exit(127);
  }
  set_defaults_for_signals();
  // Whatever this process has inherited or opened without the flag stays out of the program.
  close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
  const int in = ends.in >= 0 ? ends.in : open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (in >= 0 && dup2(in, STDIN_FILENO) >= 0 && dup2(ends.out, STDOUT_FILENO) >= 0 &&
      dup2(ends.err, STDERR_FILENO) >= 0) {
    lower_open_files_limit();  // last: what is open may already be beyond it
    execvp(argv[0], argv);
  }
  const int error = errno;
  [[maybe_unused]] const ssize_t written = write(ends.report, &error, sizeof error);
  _exit(127);
}

/// The errno that the child reported, 0 when it became the program.
int read_report(int fd) {
  int error = 0;
  ssize_t count = 0;
  do {
    count = read(fd, &error, sizeof error);
  } while (count < 0 && errno == EINTR);
  return count == sizeof error ? error : 0;
}

/// -1 with an errno.
pid_t start_program(char* const* argv, const ChildEnds& ends) {
  const AllSignalsBlocked blocked;
  const pid_t parent = getpid();
  // NOLINTNEXTLINE(clang-analyzer-security.insecureAPI.vfork): a copy is what must not be
  const pid_t pid = vfork();
  if (pid == 0) {
    become_program(argv, parent, ends);
  }
  return pid;
}

}  // namespace

tl::expected<ChildProcess, int> start_child(const std::vector<std::string>& argv,
                                            StandardInput input) {
  auto in = input == StandardInput::pipe ? make_pipe() : Pipe{};
  auto out = make_pipe();
  auto err = make_pipe();
  auto report = make_pipe();
  for (const auto* pipe : {&in, &out, &err, &report}) {
    if (!*pipe) {
      return tl::make_unexpected(pipe->error());
    }
  }
  std::vector<char*> arguments;
  arguments.reserve(argv.size() + 1);
  for (const std::string& argument : argv) {
    arguments.push_back(const_cast<char*>(argument.c_str()));  // NOLINT: execvp does not write
  }
  arguments.push_back(nullptr);

  const pid_t pid = start_program(arguments.data(), {.in = in->read_end.get(),
                                                     .out = out->write_end.get(),
                                                     .err = err->write_end.get(),
                                                     .report = report->write_end.get()});
  if (pid < 0) {
    return tl::make_unexpected(errno);
  }
  setpgid(pid, pid);  // here as well: whoever comes first, a kill of the group must find it
  report->write_end.reset();
  if (const int error = read_report(report->read_end.get()); error != 0) {
    waitpid(pid, nullptr, 0);
    return tl::make_unexpected(error);
  }
  for (const int fd : {in->write_end.get(), out->read_end.get(), err->read_end.get()}) {
    fcntl(fd, F_SETFL, O_NONBLOCK);  // without effect on the -1 of a pipe that there is not
  }
  return ChildProcess{pid, std::move(in->write_end), std::move(out->read_end),
                      std::move(err->read_end)};
}

Result<ChildWatch> watch(EventLoop& loop, const ChildProcess& child, ChildCallbacks callbacks) {
  const auto ignoring_events = [](std::function<void()> action) {
    return [action = std::move(action)](std::uint32_t) { action(); };
  };
  auto output = loop.watch_fd(child.standard_output.get(), EPOLLIN,
                              ignoring_events(std::move(callbacks.output_is_readable)));
  auto error_output = loop.watch_fd(child.standard_error.get(), EPOLLIN,
                                    ignoring_events(std::move(callbacks.error_output_is_readable)));
  auto exit = loop.watch_child(child.pid, std::move(callbacks.ended));
  for (auto* source : {&output, &error_output, &exit}) {
    if (!*source) {
      return tl::make_unexpected(std::move(source->error()));
    }
  }
  return ChildWatch{std::move(*output), std::move(*error_output), std::move(*exit)};
}

}  // namespace wemol
