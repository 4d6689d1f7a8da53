#include "helper_process.h"

#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include <fmt/format.h>

#include "command_runner.h"
#include "log_line.h"
#include "text.h"

namespace wemol::nvml {
namespace {

using namespace std::chrono_literals;

constexpr auto kWaitAtEnd = 500ms;
// An answer about hundreds of GPUs and thousands of processes is some hundred KiB.
constexpr std::size_t kLineCapBytes = std::size_t{4} << 20;
constexpr std::size_t kErrorOutputCapBytes = std::size_t{1} << 10;

/// Reads once. False at the end of the stream.
bool append_available(int fd, std::string& text) {
  std::array<char, 16384> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): read fills it
  const ssize_t count = read(fd, buffer.data(), buffer.size());
  if (count > 0) {
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
  return count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR));
}

}  // namespace

HelperProcess::HelperProcess(EventLoop& loop, ChildProcess child, OnLine on_line)
    : loop_(loop), child_(std::move(child)), on_line_(std::move(on_line)) {}

Result<std::unique_ptr<HelperProcess>> HelperProcess::start(EventLoop& loop,
                                                            const std::vector<std::string>& argv,
                                                            OnLine on_line) {
  auto child = start_child(argv, StandardInput::pipe);
  if (!child) {
    return failure(fmt::format("could not be started: {}", strerror(child.error())), child.error());
  }
  std::unique_ptr<HelperProcess> helper(
      new HelperProcess(loop, std::move(*child), std::move(on_line)));
  if (const auto watched = helper->watch(); !watched) {
    return tl::make_unexpected(watched.error());
  }
  return helper;
}

HelperProcess::~HelperProcess() {
  if (ended_) {
    return;
  }
  kill();
  if (!watch_.exit) {
    waitpid(child_.pid, nullptr, 0);  // it is a moment old, and nothing of it is watched
    return;
  }
  on_line_ = nullptr;
  loop_.drain_until([this] { return ended_; }, loop_.now() + kWaitAtEnd);
  if (!ended_) {
    log_line(Severity::warning,
             fmt::format("the NVML helper, process {}, has not ended yet and is left behind",
                         child_.pid));
  }
}

Result<void> HelperProcess::watch() {
  auto watched = wemol::watch(loop_, child_,
                              {.output_is_readable =
                                   [this] {
                                     if (!read_output()) {
                                       watch_.standard_output.reset();
                                     }
                                   },
                               .error_output_is_readable =
                                   [this] {
                                     if (!read_error_output()) {
                                       watch_.standard_error.reset();
                                     }
                                   },
                               .ended = [this](const siginfo_t& info) { note_exit(info); }});
  if (!watched) {
    return tl::make_unexpected(std::move(watched.error()));
  }
  watch_ = std::move(*watched);
  return {};
}

void HelperProcess::send(std::string_view line) {
  const std::string whole = std::string(line) + '\n';
  // Where that fails the helper has ended, and its end tells.
  [[maybe_unused]] const ssize_t count =
      write(child_.standard_input.get(), whole.data(), whole.size());
}

void HelperProcess::kill() {
  if (!ended_) {
    ::kill(-child_.pid, SIGKILL);
  }
}

void HelperProcess::note_exit(const siginfo_t& info) {
  const bool is_known = info.si_pid != 0;
  if (is_known) {
    // Still a zombie: the number of its process group is not used again yet.
    ::kill(-child_.pid, SIGKILL);
  }
  (void)read_output();
  (void)read_error_output();
  watch_.standard_output.reset();
  watch_.standard_error.reset();
  const bool by_signal = info.si_code != CLD_EXITED;
  const CommandOutcome outcome{
      .status = by_signal ? CommandOutcome::Status::signaled : CommandOutcome::Status::exited,
      .code = info.si_status};
  const std::string said = first_line(error_output_);
  how_it_ended_ = (is_known ? outcome.describe() : "has ended") + (said.empty() ? "" : ": " + said);
  ended_ = true;
  ended_at_ = loop_.now();
}

bool HelperProcess::read_output() {
  const bool more = append_available(child_.standard_output.get(), output_);
  pass_on_lines();
  if (output_.size() > kLineCapBytes) {
    kill();
    return false;
  }
  return more;
}

bool HelperProcess::read_error_output() {
  const bool more = append_available(child_.standard_error.get(), error_output_);
  if (error_output_.size() > kErrorOutputCapBytes) {
    error_output_.resize(kErrorOutputCapBytes);
  }
  return more;
}

void HelperProcess::pass_on_lines() {
  for (std::size_t end = output_.find('\n'); end != std::string::npos; end = output_.find('\n')) {
    const std::string line = output_.substr(0, end);
    output_.erase(0, end + 1);
    if (on_line_) {
      on_line_(line);
    }
  }
}

}  // namespace wemol::nvml
