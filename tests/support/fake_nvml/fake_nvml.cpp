// A stand-in for libnvidia-ml.so.1, of one of three ages:
//   default            as drivers from 535.104 on
//   FAKE_NVML_535_43   as drivers 535.43 to 535.86, whose process list has a longer element
//   FAKE_NVML_OLD      as drivers before 450: no MIG, the first version of everything

// Here is what they have in common; fake_processes.cpp has what differs most.

#include <array>
#include <fstream>
#include <string>

#include "fake_device.h"

using namespace fake_nvml;

namespace {

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
void log_call(const Scenario& scenario, const char* what) {
  if (const auto path = scenario.text("log")) {
    std::ofstream(*path, std::ios::app) << what << '\n';
  }
}

}  // namespace

// NOLINTBEGIN(readability-identifier-naming): the names are NVIDIA's
extern "C" {

int nvmlInit_v2() {
  const Scenario scenario;
  log_call(scenario, "init");
  const int code = enter(scenario, "", "nvmlInit");
  if (code == kSuccess) {
    opened();
  }
  return code;
}

int nvmlShutdown() {
  log_call(Scenario(), "shutdown");
  closed();
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

int nvmlDeviceGetEnforcedPowerLimit(Device* device, unsigned* out) {
  return put_numbers(device, "nvmlDeviceGetEnforcedPowerLimit", "enforced_limit", out);
}

int nvmlDeviceGetClockInfo(Device* device, int clock, unsigned* out) {
  constexpr std::array<const char*, 3> kKeys{"graphics_clock", "sm_clock", "memory_clock"};
  return put_numbers(device, "nvmlDeviceGetClockInfo", kKeys.at(static_cast<std::size_t>(clock)),
                     out);
}

int nvmlDeviceGetMemoryErrorCounter(Device* device, int error, int counter, int location,
                                    unsigned long long* out) {
  constexpr int kSinceDriverLoad = 0;
  constexpr int kDeviceMemory = 2;
  if (counter != kSinceDriverLoad || location != kDeviceMemory) {
    return kInvalidArgument;
  }
  return put_numbers(device, "nvmlDeviceGetMemoryErrorCounter",
                     error == 0 ? "corrected_errors" : "uncorrected_errors", out);
}

#ifndef FAKE_NVML_OLD
int nvmlDeviceGetMemoryInfo_v2(Device* device, MemoryV2* out) {
  if (out->version != 0x2000028) {
    return kVersionMismatch;
  }
  const int code = put_numbers(device, "nvmlDeviceGetMemoryInfo_v2", "memory", &out->total,
                               &out->reserved, &out->used);
  out->free = out->total - out->reserved - out->used;
  return code;
}

#endif

}  // extern "C"
// NOLINTEND(readability-identifier-naming)
