#include "gpu_check.h"

#include <filesystem>
#include <string_view>

#include <fmt/format.h>

#include "nvidia_smi_reader.h"

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
HostFinding without_answer(const std::string& problem, const FileReader& files, bool is_none) {
  if (is_none) {
    return {true,
            "no GPU on the PCI bus, so gpu_count will be 0 (" + without_consequence(problem) + ")"};
  }
  if (has_nvidia_gpu(files)) {
    return {false, problem + kNvidiaAdvice};
  }
  return {true, "no NVIDIA GPU on the PCI bus, so the gpu_ columns will be N/A (" + problem + ")"};
}

HostFinding judge(const GpuReadings& readings) {
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

HostFinding check_nvidia_smi(CommandRunner& runner, const FileReader& files,
                             GpuPresence& presence) {
  const auto readings = nvidia_smi::NvidiaSmiReader(runner).read(SteadyTime::max());
  if (readings.devices && readings.processes) {
    return {true, "nvidia-smi answers: " + describe(readings)};
  }
  return without_answer(
      readings.conditions.empty() ? "nvidia-smi gave no answer" : readings.conditions[0].message,
      files, readings.finds_none && presence.is_certainly_none());
}

HostFindings check_gpu_readers(const std::vector<std::unique_ptr<GpuReader>>& readers,
                               SteadyTime due, const FileReader& files, GpuPresence& presence) {
  for (const auto& reader : readers) {
    reader->note_tasks({.any_task = true, .new_tasks = 1});
    reader->begin();
  }
  HostFindings findings;
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

}  // namespace wemol
