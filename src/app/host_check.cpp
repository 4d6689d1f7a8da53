#include "host_check.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "docker_failure.h"
#include "docker_ps.h"
#include "nvidia_smi_reader.h"

namespace wemol {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSysfsFileCapBytes = 4096;

HostFinding check_docker(const Options& options, CommandRunner& runner) {
  const auto outcome = runner.run({.kind = "docker ps", .argv = docker::ps_arguments()});
  if (!outcome.succeeded()) {
    return {false, docker::explain_failure("docker ps", outcome)};
  }
  const auto containers = docker::parse_ps(outcome.standard_output).containers;
  const auto tasks = std::ranges::count_if(containers, [&](const auto& container) {
    return container.name.starts_with(options.container_prefix);
  });
  return {true, fmt::format("docker answers: {} containers are running, {} of them named {}...",
                            containers.size(), tasks, options.container_prefix)};
}

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

HostFinding check_gpus(CommandRunner& runner, const FileReader& files) {
  const auto readings = nvidia_smi::NvidiaSmiReader(runner).read();
  if (readings.devices && readings.processes) {
    std::string names;
    for (const GpuDevice& gpu : *readings.devices) {
      names += fmt::format("{}{} {}", names.empty() ? "" : ", ", gpu.index, gpu.name);
    }
    return {true, fmt::format("nvidia-smi answers: {} GPUs ({}), {} processes on them",
                              readings.devices->size(), names, readings.processes->size())};
  }
  const std::string problem =
      readings.conditions.empty() ? "nvidia-smi gave no answer" : readings.conditions[0].message;
  if (has_nvidia_gpu(files)) {
    return {false, problem +
                       "; this host has an NVIDIA GPU: see whether its driver is loaded and "
                       "nvidia-smi works by hand"};
  }
  return {true, "no NVIDIA GPU on the PCI bus, so the gpu_ columns will be N/A (" + problem + ")"};
}

HostFinding check_task_root(const fs::path& root) {
  std::error_code error;
  const bool readable = access(root.c_str(), R_OK | X_OK) == 0;
  if (!readable) {
    return {false, fmt::format("the task root {} cannot be read ({}), so every module would be "
                               "Unknown: give the right --task-root, or rights on it",
                               root.string(), strerror(errno))};
  }
  for (const char* worker : {"Worker.GPU", "Worker.CPU", "Worker.AF2", "Worker.ALL"}) {
    if (fs::is_directory(root / worker, error)) {
      return {true, fmt::format("the task root {} has {}", root.string(), worker)};
    }
  }
  return {false, fmt::format("the task root {} has no folder Worker.GPU, .CPU, .AF2 or .ALL, so "
                             "every module would be Unknown: give the right --task-root",
                             root.string())};
}

enum class Kind { folder, file };

/// Whether `path`, or else the nearest folder above it that exists, can be written to.
HostFinding check_writable(const std::string& what, const std::string& option, const fs::path& path,
                           Kind kind) {
  std::error_code error;
  const fs::path whole = fs::absolute(path, error);
  fs::path existing = whole;
  while (!fs::exists(existing, error) && existing.has_relative_path()) {
    existing = existing.parent_path();
  }
  const bool must_be_folder = kind == Kind::folder || existing != whole;
  int code = 0;
  if (must_be_folder && !fs::is_directory(existing, error)) {
    code = ENOTDIR;
  } else if (access(existing.c_str(), W_OK) != 0) {
    code = errno;
  }
  if (code == 0) {
    return {true, fmt::format("the {} {} can be written", what, path.string())};
  }
  return {false, fmt::format("the {} {} cannot be written ({}: {}): give another {}, or rights on "
                             "it",
                             what, path.string(), existing.string(), strerror(code), option)};
}

}  // namespace

std::vector<HostFinding> check_host(const Options& options, CommandRunner& runner,
                                    const FileReader& files) {
  std::vector<HostFinding> findings{
      check_docker(options, runner), check_gpus(runner, files), check_task_root(options.task_root),
      check_writable("output folder", "--output-dir", options.output_dir, Kind::folder)};
  if (!options.log_file.empty()) {
    findings.push_back(check_writable("log file", "--log-file", options.log_file, Kind::file));
  }
  return findings;
}

}  // namespace wemol
