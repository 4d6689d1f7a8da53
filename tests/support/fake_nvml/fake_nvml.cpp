// A stand-in for libnvidia-ml.so.1, of one of three ages:
//   default            as drivers from 535.104 on
//   FAKE_NVML_535_43   as drivers 535.43 to 535.86, whose process list has a longer element
//   FAKE_NVML_OLD      as drivers before 450: no MIG, the first version of everything

#include <sys/time.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <fstream>
#include <string>

#include "scenario.h"

namespace {

using fake_nvml::enter;
using fake_nvml::Scenario;

constexpr int kSuccess = 0;
constexpr int kUninitialized = 1;
constexpr int kInvalidArgument = 2;
constexpr int kNotSupported = 3;
constexpr int kNotFound = 6;
constexpr int kInsufficientSize = 7;
constexpr int kVersionMismatch = 25;

struct Device {
  std::string prefix;  ///< "0." or "0.1."
};

int init_count = 0;

Device* device_for(const std::string& prefix) {
  static std::deque<Device> devices;
  const auto found = std::ranges::find(devices, prefix, &Device::prefix);
  if (found == devices.end()) {
    devices.push_back({prefix});
    return &devices.back();
  }
  return &*found;
}

void log_call(const Scenario& scenario, const char* what) {
  if (const auto path = scenario.text("log")) {
    std::ofstream(*path, std::ios::app) << what << '\n';
  }
}

int begin(const Scenario& scenario, const Device* device, const char* function) {
  const int code = enter(scenario, device != nullptr ? device->prefix : "", function);
  return code == kSuccess && init_count == 0 ? kUninitialized : code;
}

int put_text(const Device* device, const char* function, const char* key, char* out,
             unsigned size) {
  const Scenario scenario;
  if (const int code = begin(scenario, device, function)) {
    return code;
  }
  const auto text = scenario.text(device->prefix + key);
  if (!text) {
    return kNotSupported;
  }
  if (text->size() >= size) {
    return kInsufficientSize;
  }
  std::memcpy(out, text->c_str(), text->size() + 1);
  return kSuccess;
}

template <typename... Numbers>
int put_numbers(const Device* device, const char* function, const char* key, Numbers*... out) {
  const Scenario scenario;
  if (const int code = begin(scenario, device, function)) {
    return code;
  }
  const auto numbers = scenario.numbers(device->prefix + key);
  if (numbers.size() != sizeof...(out)) {
    return kNotSupported;
  }
  std::size_t i = 0;
  ((*out = static_cast<Numbers>(numbers[i++])), ...);
  return kSuccess;
}

struct ProcessV1 {
  unsigned pid;
  unsigned long long used;
};
struct ProcessV2 {
  unsigned pid;
  unsigned long long used;
  unsigned gpu_instance, compute_instance;
};
struct ProcessWithProtected {
  unsigned pid;
  unsigned long long used;
  unsigned gpu_instance, compute_instance;
  unsigned long long used_protected;
};

[[maybe_unused]] void set_instances(ProcessV1& /*process*/, unsigned /*gpu*/, unsigned /*ci*/) {}
template <typename Process>
void set_instances(Process& process, unsigned gpu, unsigned compute) {
  process.gpu_instance = gpu;
  process.compute_instance = compute;
}

template <typename Process>
int put_processes(const Device* device, const char* function, const char* key, unsigned* count,
                  Process* out) {
  const Scenario scenario;
  if (const int code = begin(scenario, device, function)) {
    return code;
  }
  const auto rows = scenario.rows(device->prefix + key);
  const unsigned room = *count;
  *count = static_cast<unsigned>(rows.size());
  if (room < rows.size()) {
    return kInsufficientSize;
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Process process{};
    process.pid = static_cast<unsigned>(rows[i].at(0));
    process.used = rows[i].at(1);
    const bool mig = rows[i].size() == 4;
    set_instances(process, mig ? static_cast<unsigned>(rows[i][2]) : ~0U,
                  mig ? static_cast<unsigned>(rows[i][3]) : ~0U);
    out[i] = process;
  }
  return kSuccess;
}

unsigned long long now_usec() {
  timeval now{};
  gettimeofday(&now, nullptr);
  return static_cast<unsigned long long>(now.tv_sec) * 1000000ULL +
         static_cast<unsigned long long>(now.tv_usec);
}

struct MemoryV1 {
  unsigned long long total, free, used;
};
struct MemoryV2 {
  unsigned version;
  unsigned long long total, reserved, free, used;
};
struct Rates {
  unsigned gpu, memory;
};
struct Sample {
  unsigned pid;
  unsigned long long time;
  unsigned sm, memory, encoder, decoder;
};

}  // namespace

// NOLINTBEGIN(readability-identifier-naming): the names are NVIDIA's
extern "C" {

int nvmlInit_v2() {
  const Scenario scenario;
  log_call(scenario, "init");
  const int code = enter(scenario, "", "nvmlInit");
  init_count += code == kSuccess ? 1 : 0;
  return code;
}

int nvmlShutdown() {
  log_call(Scenario(), "shutdown");
  --init_count;
  return kSuccess;
}

const char* nvmlErrorString(int code) {
  constexpr std::array<const char*, 19> kTexts{"Success",
                                               "Uninitialized",
                                               "Invalid Argument",
                                               "Not Supported",
                                               "No Permission",
                                               "Already Initialized",
                                               "Not Found",
                                               "Insufficient Size",
                                               "Insufficient Power",
                                               "Driver Not Loaded",
                                               "Timeout",
                                               "IRQ Issue",
                                               "Library Not Found",
                                               "Function Not Found",
                                               "Corrupted infoROM",
                                               "GPU is lost",
                                               "Reset Required",
                                               "Blocked By Operating System",
                                               "Driver/library version mismatch"};
  return code >= 0 && code < static_cast<int>(kTexts.size())
             ? kTexts[static_cast<std::size_t>(code)]
             : "Unknown Error";
}

int nvmlDeviceGetCount_v2(unsigned* count) {
  const Scenario scenario;
  if (const int code = begin(scenario, nullptr, "nvmlDeviceGetCount")) {
    return code;
  }
  *count = static_cast<unsigned>(scenario.numbers("count").at(0));
  return kSuccess;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned index, Device** out) {
  const Scenario scenario;
  Device* device = device_for(std::to_string(index) + ".");
  if (const int code = begin(scenario, device, "nvmlDeviceGetHandleByIndex")) {
    return code;
  }
  if (index >= scenario.numbers("count").at(0)) {
    return kInvalidArgument;
  }
  *out = device;
  return kSuccess;
}

int nvmlDeviceGetUUID(Device* device, char* out, unsigned size) {
  return put_text(device, "nvmlDeviceGetUUID", "uuid", out, size);
}

int nvmlDeviceGetName(Device* device, char* out, unsigned size) {
  return put_text(device, "nvmlDeviceGetName", "name", out, size);
}

/// As at every version: what is reserved counts as used.
int nvmlDeviceGetMemoryInfo(Device* device, MemoryV1* out) {
  unsigned long long reserved = 0;
  const int code =
      put_numbers(device, "nvmlDeviceGetMemoryInfo", "memory", &out->total, &reserved, &out->used);
  if (code == kSuccess) {
    out->used += reserved;
    out->free = out->total - out->used;
  }
  return code;
}

int nvmlDeviceGetUtilizationRates(Device* device, Rates* out) {
  return put_numbers(device, "nvmlDeviceGetUtilizationRates", "utilization", &out->gpu,
                     &out->memory);
}

int nvmlDeviceGetTemperature(Device* device, int sensor, unsigned* out) {
  return sensor == 0 ? put_numbers(device, "nvmlDeviceGetTemperature", "temperature", out)
                     : kInvalidArgument;
}

int nvmlDeviceGetFanSpeed(Device* device, unsigned* out) {
  return put_numbers(device, "nvmlDeviceGetFanSpeed", "fan", out);
}

int nvmlDeviceGetPowerUsage(Device* device, unsigned* out) {
  return put_numbers(device, "nvmlDeviceGetPowerUsage", "power", out);
}

int nvmlDeviceGetPowerManagementLimit(Device* device, unsigned* out) {
  return put_numbers(device, "nvmlDeviceGetPowerManagementLimit", "power_limit", out);
}

int nvmlDeviceGetProcessUtilization(Device* device, Sample* out, unsigned* count,
                                    unsigned long long newer_than) {
  const Scenario scenario;
  if (const int code = begin(scenario, device, "nvmlDeviceGetProcessUtilization")) {
    return code;
  }
  if (!scenario.text(device->prefix + "samples")) {
    return kNotSupported;
  }
  std::deque<Sample> samples;
  for (const auto& row : scenario.rows(device->prefix + "samples")) {
    const unsigned long long time = now_usec() - row.at(1) * 1000;
    if (time > newer_than) {
      samples.push_back(
          {static_cast<unsigned>(row.at(0)), time, static_cast<unsigned>(row.at(2)), 0, 0, 0});
    }
  }
  const unsigned room = *count;
  *count = static_cast<unsigned>(samples.size());
  if (samples.empty()) {
    return kNotFound;
  }
  if (out == nullptr || room < samples.size()) {
    return kInsufficientSize;
  }
  std::ranges::copy(samples, out);
  return kSuccess;
}

#ifdef FAKE_NVML_OLD

int nvmlDeviceGetComputeRunningProcesses(Device* device, unsigned* count, ProcessV1* out) {
  return put_processes(device, "nvmlDeviceGetComputeRunningProcesses", "processes", count, out);
}

#else

int nvmlDeviceGetMemoryInfo_v2(Device* device, MemoryV2* out) {
  if (out->version != 0x2000028) {
    return kVersionMismatch;
  }
  const int code = put_numbers(device, "nvmlDeviceGetMemoryInfo_v2", "memory", &out->total,
                               &out->reserved, &out->used);
  out->free = out->total - out->reserved - out->used;
  return code;
}

int nvmlDeviceGetMigMode(Device* device, unsigned* current, unsigned* pending) {
  unsigned places = 0;
  const int code = put_numbers(device, "nvmlDeviceGetMigMode", "mig", &places);
  *current = *pending = code == kSuccess ? 1 : 0;
  return code;
}

int nvmlDeviceGetMaxMigDeviceCount(Device* device, unsigned* out) {
  return put_numbers(device, "nvmlDeviceGetMaxMigDeviceCount", "mig", out);
}

/// A place without processes is a hole.
int nvmlDeviceGetMigDeviceHandleByIndex(Device* device, unsigned index, Device** out) {
  const std::string prefix = device->prefix + std::to_string(index) + ".";
  if (!Scenario().text(prefix + "processes")) {
    return kNotFound;
  }
  *out = device_for(prefix);
  return kSuccess;
}

#ifdef FAKE_NVML_535_43
using NewestProcess = ProcessWithProtected;
int nvmlDeviceGetConfComputeMemSizeInfo(Device* /*device*/, void* /*out*/) {
  return kNotSupported;
}
#else
using NewestProcess = ProcessV2;
int nvmlDeviceGetConfComputeMemSizeInfo(Device* /*device*/, void* /*out*/) {
  return kNotSupported;
}
int nvmlDeviceGetRunningProcessDetailList(Device* /*device*/, void* /*out*/) {
  return kNotSupported;
}
#endif

int nvmlDeviceGetComputeRunningProcesses_v3(Device* device, unsigned* count, NewestProcess* out) {
  return put_processes(device, "nvmlDeviceGetComputeRunningProcesses", "processes", count, out);
}

int nvmlDeviceGetComputeRunningProcesses(Device* device, unsigned* count, ProcessV1* out) {
  return put_processes(device, "nvmlDeviceGetComputeRunningProcesses", "processes", count, out);
}

int nvmlDeviceGetMPSComputeRunningProcesses_v3(Device* device, unsigned* count,
                                               NewestProcess* out) {
  return put_processes(device, "nvmlDeviceGetMPSComputeRunningProcesses", "mps_processes", count,
                       out);
}

#endif

}  // extern "C"
// NOLINTEND(readability-identifier-naming)
