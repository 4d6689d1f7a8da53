#include "command_start.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "files.h"
#include "keeper_start.h"

namespace wemol::queue {
namespace {

constexpr const char* kShell = "/bin/sh";

enum class Step { enter_work_dir, connect_output, run_shell };

struct StepFailure {
  Step step = Step::run_shell;
  int error = 0;
};

void set_signals_to_defaults() {
  for (int signal = 1; signal < NSIG; ++signal) {
    std::signal(signal, SIG_DFL);  // refused for those that have no other
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

bool connect(int output) {
  const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
  return nothing >= 0 && dup2(nothing, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0 &&
         dup2(output, STDERR_FILENO) >= 0;
}

[[noreturn]] void fail(int report, Step step) {
  const StepFailure failure{.step = step, .error = errno};
  [[maybe_unused]] const ssize_t count = write(report, &failure, sizeof failure);
  _exit(127);
}

struct ShellCall {
  const std::string& command;
  const std::filesystem::path& work_dir;
  std::vector<char*> environment;
  int output = -1;
  int report = -1;
  const TryCgroup* cgroup = nullptr;
};

[[noreturn]] void become_shell(ShellCall& call) {
  setsid();
  if (call.cgroup != nullptr) {
    (void)call.cgroup->enter();  // without, its parent finds it all the same
  }
  if (chdir(call.work_dir.c_str()) != 0) {
    fail(call.report, Step::enter_work_dir);
  }
  if (!connect(call.output)) {
    fail(call.report, Step::connect_output);
  }
  set_signals_to_defaults();
  std::string name = "sh";
  std::string option = "-c";
  std::string command = call.command;
  std::array<char*, 4> arguments{name.data(), option.data(), command.data(), nullptr};
  execve(kShell, arguments.data(), call.environment.data());
  fail(call.report, Step::run_shell);
}

std::string what_failed(Step step, const std::filesystem::path& work_dir) {
  switch (step) {
    case Step::enter_work_dir:
      return fmt::format("work_dir {}", work_dir.string());
    case Step::connect_output:
      return "the output";
    case Step::run_shell:
      break;
  }
  return kShell;
}

bool is_for_services_only(std::string_view name) {
  static constexpr std::array<std::string_view, 8> kNames{
      "NOTIFY_SOCKET", "WATCHDOG_PID",   "WATCHDOG_USEC",  "LISTEN_PID",
      "LISTEN_FDS",    "LISTEN_FDNAMES", "JOURNAL_STREAM", "INVOCATION_ID"};
  return std::ranges::find(kNames, name) != kNames.end();
}

}  // namespace

Variables environment_with(const Variables& variables) {
  Variables environment;
  for (char* const* entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view assignment = *entry;
    const std::size_t end = assignment.find('=');
    const std::string name(assignment.substr(0, end));
    const bool is_replaced = std::ranges::any_of(
        variables, [&](const auto& variable) { return variable.first == name; });
    if (end != std::string_view::npos && !is_replaced && !is_for_services_only(name)) {
      environment.emplace_back(name, assignment.substr(end + 1));
    }
  }
  environment.insert(environment.end(), variables.begin(), variables.end());
  return environment;
}

Result<pid_t> start_command(const std::string& command, const std::filesystem::path& work_dir,
                            const Variables& environment, int output, const TryCgroup* cgroup) {
  std::vector<std::string> assignments;
  assignments.reserve(environment.size());
  for (const auto& [name, value] : environment) {
    assignments.push_back(fmt::format("{}={}", name, value));
  }
  ShellCall call{.command = command, .work_dir = work_dir, .output = output, .cgroup = cgroup};
  for (std::string& assignment : assignments) {
    call.environment.push_back(assignment.data());
  }
  call.environment.push_back(nullptr);
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    return failure(fmt::format("cannot start a process: {}", strerror(errno)), errno);
  }
  const UniqueFd reports(ends[0]);
  UniqueFd reporting(ends[1]);
  call.report = reporting.get();
  const pid_t pid = fork();
  if (pid < 0) {
    return failure(fmt::format("cannot start a process: {}", strerror(errno)), errno);
  }
  if (pid == 0) {
    become_shell(call);
  }
  reporting.reset();
  StepFailure failed;
  ssize_t count = 0;
  do {
    count = read(reports.get(), &failed, sizeof failed);
  } while (count < 0 && errno == EINTR);
  if (count == sizeof failed) {
    return failure(
        fmt::format("{}: {}", what_failed(failed.step, work_dir), strerror(failed.error)),
        failed.error);
  }
  return pid;
}

}  // namespace wemol::queue
