#include "system_command_runner.h"

#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <optional>

#include <fmt/format.h>

#include "child_process.h"
#include "log_line.h"

namespace wemol {
namespace {

using namespace std::chrono_literals;

// One answer about thousands of containers is some hundred KiB.
constexpr std::size_t kOutputCapBytes = std::size_t{4} << 20;
constexpr std::size_t kErrorOutputCapBytes = std::size_t{64} << 10;
constexpr auto kTermToKill = 500ms;
constexpr auto kKillToGivingUp = 500ms;
constexpr auto kTermToKillAtExit = 250ms;

using Status = CommandOutcome::Status;

}  // namespace

/// One child from its start until it is reaped.
class SystemCommandRunner::Running {
 public:
  Running(std::string kind, ChildProcess child, SteadyTime started)
      : kind_(std::move(kind)), child_(std::move(child)), started_(started) {}

  [[nodiscard]] Result<void> watch(EventLoop& loop, SteadyTime deadline) {
    loop_ = &loop;
    auto watched = wemol::watch(loop, child_,
                                {.output_is_readable = [this] { take_standard_output(); },
                                 .error_output_is_readable = [this] { take_standard_error(); },
                                 .ended = [this](const siginfo_t& info) { note_exit(info); }});
    if (!watched) {
      return tl::make_unexpected(std::move(watched.error()));
    }
    watch_ = std::move(*watched);
    set_timer(deadline);
    return {};
  }

  /// The outcome is settled: the child ended, or it is stuck.
  [[nodiscard]] bool settled() const { return ended_ || given_up_; }
  [[nodiscard]] bool ended() const { return ended_; }
  [[nodiscard]] const std::string& kind() const { return kind_; }
  [[nodiscard]] pid_t pid() const { return child_.pid; }
  [[nodiscard]] CommandOutcome take_outcome() { return std::move(outcome_); }

  void signal_group(int signal) const {
    if (!ended_) {
      kill(-child_.pid, signal);
    }
  }

 private:
  void take_standard_output() {
    std::string& output = outcome_.standard_output;
    if (!append_available(child_.standard_output.get(), output, kOutputCapBytes)) {
      watch_.standard_output.reset();
    }
    if (output.size() >= kOutputCapBytes && !ending_as_) {
      end_as(Status::output_too_large);
    }
  }

  void take_standard_error() {
    if (!append_available(child_.standard_error.get(), outcome_.standard_error,
                          kErrorOutputCapBytes)) {
      watch_.standard_error.reset();
    }
  }

  /// Reads once; what goes beyond the cap is dropped. Returns false at the end of the stream.
  static bool append_available(int fd, std::string& text, std::size_t cap_bytes) {
    std::array<char, 65536>
        buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): read fills it
    const ssize_t count = read(fd, buffer.data(), buffer.size());
    if (count > 0) {
      text.append(buffer.data(),
                  std::min(static_cast<std::size_t>(count), cap_bytes - text.size()));
    }
    return count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR));
  }

  /// Takes what the pipes still hold. They may stay open for ever in the hands of grandchildren.
  void drain() {
    const auto drain_one = [](EventSource& source, int fd, std::string& text, std::size_t cap) {
      std::size_t before = 0;
      do {
        before = text.size();
      } while (source && append_available(fd, text, cap) && text.size() > before);
      source.reset();
    };
    drain_one(watch_.standard_output, child_.standard_output.get(), outcome_.standard_output,
              kOutputCapBytes);
    drain_one(watch_.standard_error, child_.standard_error.get(), outcome_.standard_error,
              kErrorOutputCapBytes);
  }

  void note_exit(const siginfo_t& info) {
    const bool is_known = info.si_pid != 0;
    if (is_known) {
      // The child is still a zombie here, so its process group's number is not used again yet.
      kill(-child_.pid, SIGKILL);
    }
    drain();
    timer_.reset();
    // Where its end is unknown, what it has printed has to speak for it.
    const bool by_signal = is_known && info.si_code != CLD_EXITED;
    if (given_up_) {
      log_line(Severity::info,
               fmt::format("{}: the stuck process {} has ended", kind_, child_.pid));
    } else if (ending_as_) {
      settle(*ending_as_, 0);
    } else if (outcome_.standard_output.size() >= kOutputCapBytes) {
      settle(Status::output_too_large, 0);
    } else {
      settle(by_signal ? Status::signaled : Status::exited, info.si_status);
    }
    ended_ = true;
  }

  void note_due() {
    if (!ending_as_) {
      end_as(Status::timed_out);
    } else if (!killed_) {
      killed_ = true;
      signal_group(SIGKILL);
      set_timer(loop_->now() + kKillToGivingUp);
    } else {
      settle(Status::stuck, 0);
      given_up_ = true;
    }
  }

  void end_as(Status status) {
    ending_as_ = status;
    signal_group(SIGTERM);
    set_timer(loop_->now() + kTermToKill);
  }

  /// When all is pending at once, since this process was held up, the deadline comes last: a
  /// command that ended in time has ended well.
  void set_timer(SteadyTime due) {
    timer_ = loop_->call_last_at(due, [this] { note_due(); });
  }

  void settle(Status status, int code) {
    outcome_.status = status;
    outcome_.code = code;
    outcome_.took = loop_->now() - started_;
  }

  std::string kind_;
  ChildProcess child_;
  SteadyTime started_;
  EventLoop* loop_ = nullptr;
  ChildWatch watch_;
  EventSource timer_;
  CommandOutcome outcome_;
  std::optional<Status> ending_as_;
  bool killed_ = false;
  bool given_up_ = false;
  bool ended_ = false;
};

SystemCommandRunner::SystemCommandRunner(EventLoop& loop, std::chrono::nanoseconds timeout)
    : loop_(loop), timeout_(timeout) {}

SystemCommandRunner::~SystemCommandRunner() {
  for (auto& [ticket, running] : running_) {
    left_behind_.push_back(std::move(running));
  }
  const auto signal_all = [&](int signal) {
    for (const auto& running : left_behind_) {
      running->signal_group(signal);
    }
  };
  const auto all_ended = [&] {
    return std::ranges::all_of(left_behind_, [](const auto& running) { return running->ended(); });
  };
  signal_all(SIGTERM);
  loop_.drain_until(all_ended, loop_.now() + kTermToKillAtExit);
  signal_all(SIGKILL);
  loop_.drain_until(all_ended, loop_.now() + kTermToKillAtExit);
  for (const auto& running : left_behind_) {
    if (!running->ended()) {
      log_line(Severity::error, fmt::format("{}: process {} cannot be ended and is left behind",
                                            running->kind(), running->pid()));
    }
  }
}

bool SystemCommandRunner::has_left_behind(const std::string& kind) const {
  return std::ranges::any_of(left_behind_, [&](const auto& running) {
    return !running->ended() && running->kind() == kind;
  });
}

void SystemCommandRunner::forget_ended() {
  std::erase_if(left_behind_, [](const auto& running) { return running->ended(); });
}

CommandRunner::Ticket SystemCommandRunner::start(const Command& command) {
  const Ticket ticket = ++last_ticket_;
  forget_ended();
  const auto refuse = [&](Status status, int code) {
    not_started_[ticket] = CommandOutcome{.status = status, .code = code};
    return ticket;
  };
  if (loop_.stop_requested()) {
    return refuse(Status::canceled, 0);
  }
  if (has_left_behind(command.kind)) {
    return refuse(Status::blocked, 0);
  }
  const SteadyTime now = loop_.now();
  auto child = start_child(command.argv);
  if (!child) {
    return refuse(child.error() == ENOENT ? Status::not_found : Status::not_started, child.error());
  }
  auto running = std::make_unique<Running>(command.kind, std::move(*child), now);
  if (const auto watched = running->watch(loop_, now + timeout_); !watched) {
    running->signal_group(SIGKILL);
    waitpid(running->pid(), nullptr, 0);
    return refuse(Status::not_started, watched.error().code);
  }
  running_[ticket] = std::move(running);
  return ticket;
}

std::optional<CommandOutcome> SystemCommandRunner::finish_by(Ticket ticket, SteadyTime due) {
  if (auto refused = not_started_.extract(ticket)) {
    return std::move(refused.mapped());
  }
  const auto entry = running_.find(ticket);
  if (entry == running_.end()) {
    return CommandOutcome{};
  }
  loop_.run_until([&] { return entry->second->settled(); }, due);
  if (!entry->second->settled()) {
    // After a stop the destructor ends the child.
    return loop_.stop_requested() ? std::optional(CommandOutcome{}) : std::nullopt;
  }
  CommandOutcome outcome = entry->second->take_outcome();
  if (!entry->second->ended()) {
    left_behind_.push_back(std::move(entry->second));
  }
  running_.erase(entry);
  return outcome;
}

void SystemCommandRunner::abandon(Ticket ticket) {
  not_started_.erase(ticket);
  if (auto running = running_.extract(ticket)) {
    left_behind_.push_back(std::move(running.mapped()));
  }
}

}  // namespace wemol
