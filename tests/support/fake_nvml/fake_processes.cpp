// The part of the stand-in that lists processes, which differs most between the ages of the
// library.

#include <sys/time.h>

#include <algorithm>
#include <string>
#include <vector>

#include "fake_device.h"

using namespace fake_nvml;

namespace {

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

struct Sample {
  unsigned pid;
  unsigned long long time;
  unsigned sm, memory, encoder, decoder;
};

unsigned long long now_usec() {
  timeval now{};
  gettimeofday(&now, nullptr);
  return static_cast<unsigned long long>(now.tv_sec) * 1000000ULL +
         static_cast<unsigned long long>(now.tv_usec);
}

}  // namespace

// NOLINTBEGIN(readability-identifier-naming): the names are NVIDIA's
extern "C" {

int nvmlDeviceGetProcessUtilization(Device* device, Sample* out, unsigned* count,
                                    unsigned long long newer_than) {
  const Scenario scenario;
  if (const int code = begin(scenario, device, "nvmlDeviceGetProcessUtilization")) {
    return code;
  }
  if (!scenario.text(device->prefix + "samples")) {
    return kNotSupported;
  }
  std::vector<Sample> samples;
  for (const auto& row : scenario.rows(device->prefix + "samples")) {
    const unsigned long long time = now_usec() - row.at(1) * 1000;
    if (time > newer_than || scenario.text(device->prefix + "stale_samples")) {
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
