#include "nvml_api.h"

#include <dlfcn.h>

#include <initializer_list>

#include <fmt/format.h>

namespace wemol::nvml {
namespace {

constexpr std::size_t kElementBytesV1 = 16;
constexpr std::size_t kElementBytesV2 = 24;
constexpr std::size_t kElementBytesWithProtected = 32;

/// Looks up the first of `names` that there is; leaves null when there is none.
template <typename Function>
void look_up(void* handle, Function& function, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    function = reinterpret_cast<Function>(dlsym(handle, name));
    if (function != nullptr) {
      return;
    }
  }
}

/// Drivers 535.43 to 535.86 had a _v3 with a longer element than all others. They are known by what
/// else they have and have not.
std::size_t element_bytes_of_v3(void* handle) {
  const bool has_protected = dlsym(handle, "nvmlDeviceGetConfComputeMemSizeInfo") != nullptr &&
                             dlsym(handle, "nvmlDeviceGetRunningProcessDetailList") == nullptr;
  return has_protected ? kElementBytesWithProtected : kElementBytesV2;
}

ProcessList process_list(void* handle, const std::string& name) {
  ProcessList list;
  look_up(handle, list.get, {(name + "_v3").c_str()});
  if (list.get != nullptr) {
    list.element_bytes = element_bytes_of_v3(handle);
    return list;
  }
  look_up(handle, list.get, {(name + "_v2").c_str()});
  if (list.get != nullptr) {
    list.element_bytes = kElementBytesV2;
    return list;
  }
  look_up(handle, list.get, {name.c_str()});
  list.element_bytes = kElementBytesV1;
  return list;
}

Functions look_up_all(void* handle) {
  Functions f;
  look_up(handle, f.init, {"nvmlInit_v2", "nvmlInit"});
  look_up(handle, f.shutdown, {"nvmlShutdown"});
  look_up(handle, f.error_text, {"nvmlErrorString"});
  look_up(handle, f.device_count, {"nvmlDeviceGetCount_v2", "nvmlDeviceGetCount"});
  look_up(handle, f.device_by_index,
          {"nvmlDeviceGetHandleByIndex_v2", "nvmlDeviceGetHandleByIndex"});
  look_up(handle, f.uuid, {"nvmlDeviceGetUUID"});
  look_up(handle, f.name, {"nvmlDeviceGetName"});
  look_up(handle, f.memory_v1, {"nvmlDeviceGetMemoryInfo"});
  look_up(handle, f.memory_v2, {"nvmlDeviceGetMemoryInfo_v2"});
  look_up(handle, f.utilization, {"nvmlDeviceGetUtilizationRates"});
  look_up(handle, f.temperature, {"nvmlDeviceGetTemperature"});
  look_up(handle, f.temperature_v, {"nvmlDeviceGetTemperatureV"});
  look_up(handle, f.fan_speed_percent, {"nvmlDeviceGetFanSpeed"});
  look_up(handle, f.power_milliwatts, {"nvmlDeviceGetPowerUsage"});
  look_up(handle, f.power_limit_milliwatts, {"nvmlDeviceGetPowerManagementLimit"});
  look_up(handle, f.mig_mode, {"nvmlDeviceGetMigMode"});
  look_up(handle, f.mig_count_at_most, {"nvmlDeviceGetMaxMigDeviceCount"});
  look_up(handle, f.mig_by_index, {"nvmlDeviceGetMigDeviceHandleByIndex"});
  f.compute_processes = process_list(handle, "nvmlDeviceGetComputeRunningProcesses");
  f.mps_processes = process_list(handle, "nvmlDeviceGetMPSComputeRunningProcesses");
  look_up(handle, f.process_utilization, {"nvmlDeviceGetProcessUtilization"});
  return f;
}

}  // namespace

void Library::Unload::operator()(void* handle) const {
  dlclose(handle);
}

Result<Library> Library::load(const std::string& name) {
  Handle handle(dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL));
  if (!handle) {
    const char* reason = dlerror();
    return failure(reason != nullptr ? reason : name + ": cannot be loaded");
  }
  const Functions functions = look_up_all(handle.get());
  if (functions.init == nullptr || functions.shutdown == nullptr ||
      functions.device_count == nullptr || functions.device_by_index == nullptr) {
    return failure(name + ": lacks functions that every NVML has");
  }
  return Library(std::move(handle), functions);
}

std::string Library::describe(Status status) const {
  const char* text = functions_.error_text != nullptr ? functions_.error_text(status) : nullptr;
  return text != nullptr ? text : fmt::format("error {}", static_cast<int>(status));
}

}  // namespace wemol::nvml
