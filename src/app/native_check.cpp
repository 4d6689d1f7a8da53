#include "native_check.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "cgroup_folders.h"
#include "engine_messages.h"
#include "gpu_check.h"
#include "text_fields.h"

namespace wemol {
namespace {

constexpr std::size_t kFileCapBytes = std::size_t{4} << 20;

Result<HttpAnswer> ask_for_list(const NativeBorders& borders, std::chrono::nanoseconds timeout) {
  Result<HttpAnswer> result = failure("it has not answered");
  bool is_answered = false;
  borders.engine.get(engine::list_target(), [&](Result<HttpAnswer> answer) {
    result = std::move(answer);
    is_answered = true;
  });
  borders.loop.run_until([&] { return is_answered; }, borders.loop.now() + timeout);
  borders.engine.cancel_all();
  return result;
}

std::string advice_for(int code) {
  if (code == EACCES || code == EPERM) {
    return "let the recorder's user use docker (group docker) and start it again";
  }
  return "see whether the docker service runs, and whether DOCKER_HOST names its socket";
}

/// `tasks` is how many task containers run.
HostFinding check_engine(const Options& options, const NativeBorders& borders, std::size_t& tasks) {
  const auto answer = ask_for_list(borders, options.command_timeout);
  if (!answer) {
    return {false, fmt::format("the docker engine does not answer: {}; {}", answer.error().message,
                               advice_for(answer.error().code))};
  }
  const auto containers = engine::parse_list(answer->body);
  if (answer->status != kHttpOk || !containers) {
    return {false, fmt::format("what answers at {} is no docker engine, or refuses (HTTP status "
                               "{}: {}); check DOCKER_HOST",
                               options.engine_socket, answer->status,
                               answer->status != kHttpOk ? engine::error_text(answer->body)
                                                         : containers.error().message)};
  }
  tasks = static_cast<std::size_t>(std::ranges::count_if(*containers, [&](const auto& container) {
    return container.name.starts_with(options.container_prefix);
  }));
  return {true,
          fmt::format("the docker engine answers at {}: {} containers are running, {} of "
                      "them named {}...",
                      options.engine_socket, containers->size(), tasks, options.container_prefix)};
}

/// What the recorder reads of the control groups, and which controllers count it.
struct Counter {
  std::string_view name;
  std::string_view v1_controller;
  /// Empty: every v2 group has it.
  std::string_view v2_controller;
};
constexpr Counter kCpu{"CPU", "cpuacct", ""};
constexpr std::array kCounters{kCpu, Counter{"memory", "memory", "memory"},
                               Counter{"disk", "blkio", "io"}, Counter{"pids", "pids", "pids"}};

bool has_counter(const cgroup::Mount& mount, const Counter& counter, const FileReader& files) {
  if (!mount.is_v2) {
    return std::ranges::count(mount.controllers, counter.v1_controller) > 0;
  }
  const std::string text =
      files.read(mount.mount_point / "cgroup.controllers", kFileCapBytes).value_or("");
  const std::string_view controllers = std::string_view(text).substr(0, text.find('\n'));
  return counter.v2_controller.empty() ||
         std::ranges::count(split_fields(controllers, ' '), counter.v2_controller) > 0;
}

/// Where a counter is found. Version 1 is looked at first, as when a container is recorded.
std::optional<std::string_view> version_of(const Counter& counter,
                                           const std::vector<cgroup::Mount>& mounts,
                                           const FileReader& files) {
  for (const bool is_v2 : {false, true}) {
    if (std::ranges::any_of(mounts, [&](const cgroup::Mount& mount) {
          return mount.is_v2 == is_v2 && has_counter(mount, counter, files);
        })) {
      return is_v2 ? "v2" : "v1";
    }
  }
  return std::nullopt;
}

HostFinding check_control_groups(const FileReader& files) {
  const auto mountinfo = files.read("/proc/self/mountinfo", kFileCapBytes);
  if (!mountinfo) {
    return {false, mountinfo.error().message + "; mount /proc"};
  }
  const auto mounts = cgroup::parse_mounts(*mountinfo);
  std::string found;
  std::string missing;
  for (const Counter& counter : kCounters) {
    if (const auto version = version_of(counter, mounts, files)) {
      found += fmt::format("{}{} ({})", found.empty() ? "" : ", ", counter.name, *version);
    } else {
      missing += fmt::format("{}{}", missing.empty() ? "" : ", ", counter.name);
    }
  }
  if (!version_of(kCpu, mounts, files)) {
    return {false,
            "no control groups with a CPU counter are mounted, so nothing can be recorded: mount "
            "/sys/fs/cgroup, or use --source docker-cli"};
  }
  return {true, fmt::format("the control groups count {}{}", found,
                            missing.empty() ? "" : "; not " + missing + ", which will be N/A")};
}

/// With the mount option hidepid the processes of other users are hidden.
std::optional<HostFinding> check_proc(const FileReader& files) {
  if (files.read("/proc/1/cgroup", kFileCapBytes)) {
    return std::nullopt;
  }
  return HostFinding{false,
                     "the processes of other users are hidden (/proc/1/cgroup cannot be read), so "
                     "no container can be recorded: put the recorder's user into the group of "
                     "/proc's mount option gid=, or mount it without hidepid"};
}

std::optional<HostFinding> check_descriptors(std::uint64_t open_files_at_most, std::size_t tasks) {
  constexpr std::uint64_t kPerTask = 9;  // eight of the kernel's files and the CSV
  constexpr std::uint64_t kForTheRest = 64;
  constexpr std::uint64_t kFewTasks = 100;
  const std::uint64_t room =
      open_files_at_most < kForTheRest ? 0 : (open_files_at_most - kForTheRest) / kPerTask;
  if (room >= std::max<std::uint64_t>(kFewTasks, 2 * tasks)) {
    return std::nullopt;
  }
  return HostFinding{
      false, fmt::format("at most {} open files are allowed, which are enough for some {} tasks at "
                         "a time: raise the hard limit (LimitNOFILE= of the service, ulimit -Hn)",
                         open_files_at_most, room)};
}

}  // namespace

HostFindings check_native(const Options& options, const NativeBorders& borders) {
  std::size_t tasks = 0;
  HostFindings findings{check_engine(options, borders, tasks), check_control_groups(borders.files)};
  if (auto finding = check_proc(borders.files)) {
    findings.push_back(std::move(*finding));
  }
  std::ranges::move(
      check_gpu_readers(borders.gpu_readers, borders.loop.now() + options.command_timeout,
                        borders.files, borders.gpu_presence),
      std::back_inserter(findings));
  if (auto finding = check_descriptors(borders.open_files_at_most, tasks)) {
    findings.push_back(std::move(*finding));
  }
  return findings;
}

}  // namespace wemol
