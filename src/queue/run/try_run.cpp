#include "try_run.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "command_start.h"
#include "out_of_memory.h"
#include "text.h"

namespace wemol::queue {
namespace {

constexpr std::size_t kReadBytes = std::size_t{64} << 10;
/// Between two looks at the signals, however fast the output comes.
constexpr int kReadsAtOnce = 16;
constexpr int kKilledInShell = 128 + SIGKILL;

SteadyTime now() {
  return std::chrono::steady_clock::now();
}

UniqueFd watch_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGCHLD}) {
    sigaddset(&signals, signal);
  }
  return UniqueFd(signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
}

}  // namespace

TryRun::TryRun(const TryOrder& order, const std::optional<std::filesystem::path>& cgroup)
    : order_(order),
      log_(order.log, order.try_number, order.log_max_bytes),
      environment_(environment_with(order.environment)),
      signals_(watch_signals()),
      cgroup_(cgroup ? TryCgroup::make(*cgroup, order.uni_id) : std::nullopt),
      memory_kills_(file_of_memory_kills(cgroup)) {
  std::array<int, 2> ends{-1, -1};
  if (pipe2(ends.data(), O_CLOEXEC) == 0) {
    output_.reset(ends[0]);
    command_output_.reset(ends[1]);
    fcntl(output_.get(), F_SETFL, O_NONBLOCK);
  }
}

TryRun::~TryRun() {
  if (cgroup_) {
    cgroup_->remove();
  }
}

TryResult TryRun::run() {
  if (!signals_ || !output_) {
    return {.failure = Failure::not_started, .code = errno, .text = strerror(errno)};
  }
  start_command();
  while (!is_over_) {
    reap();
    check_time();
    if (!is_over_) {
      wait_for_news();
    }
  }
  take_output();
  log_.finish();
  return final_result();
}

void TryRun::start_command() {
  if (command_ >= order_.commands.size()) {
    result_ = TryResult{.has_succeeded = true, .text = "there was no command"};
    return;
  }
  killed_for_memory_before_ = processes_killed_for_memory(memory_kills_);
  command_due_.reset();
  if (order_.command_timeout) {
    command_due_ = now() + *order_.command_timeout;
  }
  const auto started = queue::start_command(order_.commands[command_], order_.work_dir,
                                            environment_, command_output_.get(), cgroup());
  if (started) {
    running_ = *started;
    return;
  }
  log_.note(started.error().message);
  end_all({.failure = Failure::not_started,
           .code = started.error().code,
           .text = fmt::format("{} could not be started: {}", command_in_words(),
                               started.error().message)});
}

void TryRun::wait_for_news() {
  int timeout_ms = -1;
  if (const auto due = next_due()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*due - now()).count();
    timeout_ms = static_cast<int>(std::clamp<std::int64_t>(left, 0, 1 << 30));
  }
  std::array<pollfd, 3> news{
      pollfd{.fd = signals_.get(), .events = POLLIN}, pollfd{.fd = output_.get(), .events = POLLIN},
      pollfd{.fd = waits_for_cgroup_ ? cgroup_->events() : -1, .events = POLLPRI}};
  if (poll(news.data(), news.size(), timeout_ms) <= 0) {
    return;
  }
  take_output();
  if (news[0].revents != 0) {
    take_signals();
  }
}

std::optional<SteadyTime> TryRun::next_due() const {
  return ending_ ? ending_->next_step() : command_due_;
}

void TryRun::take_signals() {
  signalfd_siginfo info{};
  while (read(signals_.get(), &info, sizeof info) == sizeof info) {
    if (info.ssi_signo != SIGCHLD) {
      end_on_request();
    }
  }
}

void TryRun::take_output() {
  static std::array<char, kReadBytes> buffer;
  for (int i = 0; i < kReadsAtOnce; ++i) {
    const ssize_t count = read(output_.get(), buffer.data(), buffer.size());
    if (count <= 0) {
      return;
    }
    log_.write({buffer.data(), static_cast<std::size_t>(count)});
  }
}

void TryRun::reap() {
  for (;;) {
    int status = 0;
    const pid_t pid = waitpid(-1, &status, WNOHANG);
    if (pid == 0) {
      return;
    }
    if (pid < 0) {
      if (errno == ECHILD && result_) {
        note_that_none_is_ours();
      }
      return;
    }
    if (running_ == pid) {
      running_.reset();
      note_end_of_command(status);
    } else if (status != 0 && !ending_) {
      ++failed_in_background_;
    }
  }
}

void TryRun::note_that_none_is_ours() {
  waits_for_cgroup_ = cgroup_ && cgroup_->is_populated();
  is_over_ = !waits_for_cgroup_;
}

void TryRun::note_end_of_command(int status) {
  take_output();
  if (result_) {
    return;  // it was ended by us
  }
  if (status != 0) {
    end_all(failed_by(status));
  } else if (command_ + 1 < order_.commands.size()) {
    ++command_;
    start_command();
  } else {
    result_ =
        TryResult{.has_succeeded = true,
                  .text = fmt::format("{} succeeded", counted(order_.commands.size(), "command"))};
  }
}

void TryRun::check_time() {
  if (ending_) {
    if (now() >= ending_->next_step()) {
      ending_->step(now());
    }
  } else if (command_due_ && now() >= *command_due_) {
    const double seconds = std::chrono::duration<double>(*order_.command_timeout).count();
    const std::string text =
        running_ ? fmt::format("{} took longer than command_timeout, {:g} s", command_in_words(),
                               seconds)
                 : fmt::format("what {} has started ran longer than command_timeout, {:g} s",
                               command_in_words(), seconds);
    log_.note(text);
    end_all({.failure = Failure::timeout, .text = text});
  }
}

void TryRun::end_on_request() {
  if (ending_) {
    ending_->kill_now(now());
    return;
  }
  log_.note("the try is ended on request");
  end_all({.failure = Failure::signal, .code = SIGTERM, .text = "ended on request"});
}

void TryRun::end_all(TryResult result) {
  result_ = std::move(result);
  ending_.emplace(now(), order_.ending_time, cgroup());
}

TryResult TryRun::failed_by(int status) {
  const bool is_signal = WIFSIGNALED(status);
  const int code = is_signal ? WTERMSIG(status) : WEXITSTATUS(status);
  TryResult result{.failure = is_signal ? Failure::signal : Failure::exit_status, .code = code};
  result.text = is_signal
                    ? fmt::format("{} was ended by signal {} ({})", command_in_words(), code,
                                  strsignal(code))  // NOLINT(concurrency-mt-unsafe): one thread
                    : fmt::format("{} exited with status {}", command_in_words(), code);
  const bool is_killed = code == (is_signal ? SIGKILL : kKilledInShell);
  const auto killed_for_memory = processes_killed_for_memory(memory_kills_);
  if (says_out_of_memory(log_.tail())) {
    result.failure = Failure::out_of_memory;
    result.text += "; its output says that the card had too little memory";
  } else if (is_killed && killed_for_memory && killed_for_memory_before_ &&
             *killed_for_memory > *killed_for_memory_before_) {
    result.failure = Failure::out_of_memory;
    result.text += "; the kernel has killed a process for want of memory";
  } else if (is_killed && !is_signal) {
    result.failure = Failure::out_of_memory;
    result.text += ", as of a process that was killed";
  }
  return result;
}

std::string TryRun::command_in_words() const {
  return fmt::format("command {} of {}", command_ + 1, order_.commands.size());
}

TryResult TryRun::final_result() const {
  TryResult result = *result_;
  if (failed_in_background_ > 0) {
    result.text += fmt::format("; {} that it had started in the background did not succeed",
                               counted(failed_in_background_, "process"));
  }
  if (ending_ && !ending_->names().empty()) {
    result.text += fmt::format("; {}: {}", ending_->had_to_kill() ? "had to be killed" : "ended",
                               fmt::join(ending_->names(), ", "));
  }
  if (const std::string missing = log_.what_is_missing(); !missing.empty()) {
    result.text += "; " + missing;
  }
  return result;
}

}  // namespace wemol::queue
