#include "native_check.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "api_version.h"
#include "cgroup_folders.h"
#include "engine_messages.h"
#include "nvidia_smi_reader.h"
#include "text.h"

namespace wemol {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSysfsFileCapBytes = 4096;
constexpr const char* kNvidiaAdvice =
    "; this host has an NVIDIA GPU: see whether its driver is loaded and nvidia-smi works by hand";

/// Whether the PCI bus shows an NVIDIA display or 3D controller.
bool has_nvidia_gpu(const FileReader& files) {
  constexpr std::string_view kNvidia = "0x10de";
  constexpr std::string_view kDisplayClass = "0x03";
  std::error_code error;
  for (const auto& device : fs::directory_iterator("/sys/bus/pci/devices", error)) {
    const auto vendor = files.read(device.path() / "vendor", kSysfsFileCapBytes);
    const auto device_class = files.read(device.path() / "class", kSysfsFileCapBytes);
    if (vendor && vendor->starts_with(kNvidia) && device_class &&
        device_class->starts_with(kDisplayClass)) {
      return true;
    }
  }
  return false;
}

std::string describe(const GpuReadings& readings) {
  std::string names;
  for (const GpuDevice& gpu : *readings.devices) {
    names += fmt::format("{}{} {}", names.empty() ? "" : ", ", gpu.index, gpu.name);
  }
  return fmt::format("{} GPUs ({}), {} processes on them", readings.devices->size(), names,
                     readings.processes->size());
}

/// A condition's message says what it means for a host that has a GPU.
std::string without_consequence(const std::string& problem) {
  return problem.substr(0, problem.rfind("; the gpu_ columns are N/A"));
}

/// What holds for a host whose GPUs, if it has any, nobody can read.
CheckResult without_answer(const std::string& problem, const FileReader& files, bool is_none) {
  if (is_none) {
    return {true,
            "no GPU on the PCI bus, so gpu_count will be 0 (" + without_consequence(problem) + ")"};
  }
  if (has_nvidia_gpu(files)) {
    return {false, problem + kNvidiaAdvice};
  }
  return {true, "no NVIDIA GPU on the PCI bus, so the gpu_ columns will be N/A (" + problem + ")"};
}

CheckResult judge(const GpuReadings& readings) {
  const bool is_complete = readings.devices && readings.processes;
  std::string text =
      is_complete ? "the GPUs answer: " + describe(readings) : "the GPUs cannot be read";
  for (const Condition& condition : readings.conditions) {
    text += "; " + condition.message;
  }
  text += is_complete ? "" : "; see whether their driver is loaded and its own tool works by hand";
  return {is_complete, text};
}

}  // namespace

CheckResult check_nvidia_smi(CommandRunner& runner, const FileReader& files,
                             GpuPresence& presence) {
  const auto readings = nvidia_smi::NvidiaSmiReader(runner).read(SteadyTime::max());
  if (readings.devices && readings.processes) {
    return {true, "nvidia-smi answers: " + describe(readings)};
  }
  return without_answer(
      readings.conditions.empty() ? "nvidia-smi gave no answer" : readings.conditions[0].message,
      files, readings.finds_none && presence.is_certainly_none());
}

CheckResults check_gpu_readers(const std::vector<std::unique_ptr<GpuReader>>& readers,
                               SteadyTime due, const FileReader& files, GpuPresence& presence) {
  for (const auto& reader : readers) {
    reader->note_tasks({.is_wanted = true, .new_tasks = 1});
    reader->begin();
  }
  CheckResults findings;
  std::string why_nothing;
  for (const auto& reader : readers) {
    const auto readings = reader->finish({.driver = due, .command = due});
    if (readings && readings->finds_none && presence.is_certainly_none()) {
      why_nothing = readings->conditions.empty() ? "" : readings->conditions.front().message;
    } else if (readings) {
      findings.push_back(judge(*readings));
    } else if (const auto condition = reader->why_nothing()) {
      why_nothing = condition->message;
    }
  }
  // NVIDIA's reader alone says why it has nothing.
  if (findings.empty() || (!why_nothing.empty() && has_nvidia_gpu(files))) {
    findings.push_back(
        without_answer(why_nothing, files, findings.empty() && presence.is_certainly_none()));
  }
  return findings;
}

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

/// What is wrong when there is no list of containers.
std::string describe(const Error& error, const std::string& socket) {
  if (error.code == engine::kNoEngine) {
    return fmt::format("what answers at {} is no docker engine: {}; check DOCKER_HOST", socket,
                       error.message);
  }
  if (error.code == engine::kNoCommonVersion) {
    return "the docker engine cannot be used: " + error.message;
  }
  return fmt::format("the docker engine does not answer: {}; {}", error.message,
                     advice_for(error.code));
}

/// `tasks` is how many task containers run.
CheckResult check_engine(const Options& options, const NativeBorders& borders, std::size_t& tasks) {
  const auto answer = ask_for_list(borders, options.command_timeout);
  if (!answer) {
    return {false, describe(answer.error(), options.engine_socket)};
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

CheckResult check_control_groups(const FileReader& files) {
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
std::optional<CheckResult> check_proc(const FileReader& files) {
  if (files.read("/proc/1/cgroup", kFileCapBytes)) {
    return std::nullopt;
  }
  return CheckResult{false,
                     "the processes of other users are hidden (/proc/1/cgroup cannot be read), so "
                     "no container can be recorded: put the recorder's user into the group of "
                     "/proc's mount option gid=, or mount it without hidepid"};
}

std::optional<CheckResult> check_descriptors(std::uint64_t open_files_at_most, std::size_t tasks) {
  constexpr std::uint64_t kPerTask = 9;  // eight of the kernel's files and the CSV
  constexpr std::uint64_t kForTheRest = 64;
  constexpr std::uint64_t kFewTasks = 100;
  const std::uint64_t room =
      open_files_at_most < kForTheRest ? 0 : (open_files_at_most - kForTheRest) / kPerTask;
  if (room >= std::max<std::uint64_t>(kFewTasks, 2 * tasks)) {
    return std::nullopt;
  }
  return CheckResult{
      false, fmt::format("at most {} open files are allowed, which are enough for some {} tasks at "
                         "a time: raise the hard limit (LimitNOFILE= of the service, ulimit -Hn)",
                         open_files_at_most, room)};
}

}  // namespace

NativeNeeds check_native_needs(const Options& options, const NativeBorders& borders) {
  std::size_t tasks = 0;
  NativeNeeds needs{.engine = check_engine(options, borders, tasks),
                    .host = {check_control_groups(borders.files)}};
  for (auto finding :
       {check_proc(borders.files), check_descriptors(borders.open_files_at_most, tasks)}) {
    if (finding) {
      needs.host.push_back(std::move(*finding));
    }
  }
  return needs;
}

CheckResults check_native(const Options& options, const NativeBorders& borders) {
  NativeNeeds needs = check_native_needs(options, borders);
  CheckResults findings{std::move(needs.engine)};
  std::ranges::move(needs.host, std::back_inserter(findings));
  std::ranges::move(
      check_gpu_readers(borders.gpu_readers, borders.loop.now() + options.command_timeout,
                        borders.files, borders.gpu_presence),
      std::back_inserter(findings));
  return findings;
}

}  // namespace wemol
