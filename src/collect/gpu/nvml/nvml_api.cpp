#include "nvml_api.h"

#include <dlfcn.h>

#include <array>

#include <fmt/format.h>

namespace wemol::nvml {
namespace {

constexpr std::string_view kNotEstablished = "not established";

constexpr std::array kCalls{
    Call{"nvmlInit", "285 or older"},
    Call{"nvmlInit_v2", "319"},
    Call{"nvmlShutdown", kNotEstablished},
    Call{"nvmlErrorString", "285"},
    Call{"nvmlDeviceGetCount", "304 or older"},
    Call{"nvmlDeviceGetCount_v2", "319"},
    Call{"nvmlDeviceGetHandleByIndex", "304 or older"},
    Call{"nvmlDeviceGetHandleByIndex_v2", "319"},
    Call{"nvmlDeviceGetUUID", "285 or older"},
    Call{"nvmlDeviceGetName", kNotEstablished},
    Call{"nvmlDeviceGetMemoryInfo", kNotEstablished},
    Call{"nvmlDeviceGetMemoryInfo_v2", "510"},
    Call{"nvmlDeviceGetUtilizationRates", kNotEstablished},
    Call{"nvmlDeviceGetTemperature", kNotEstablished},
    Call{"nvmlDeviceGetTemperatureV", "565 or 570"},
    Call{"nvmlDeviceGetFanSpeed", kNotEstablished},
    Call{"nvmlDeviceGetPowerUsage", kNotEstablished},
    Call{"nvmlDeviceGetPowerManagementLimit", kNotEstablished},
    Call{"nvmlDeviceGetEnforcedPowerLimit", kNotEstablished},
    Call{"nvmlDeviceGetClockInfo", kNotEstablished},
    Call{"nvmlDeviceGetMemoryErrorCounter", kNotEstablished},
    Call{"nvmlDeviceGetMigMode", "445 or 450"},
    Call{"nvmlDeviceGetMaxMigDeviceCount", "445 or 450"},
    Call{"nvmlDeviceGetMigDeviceHandleByIndex", "445 or 450"},
    Call{"nvmlDeviceGetComputeRunningProcesses", "285"},
    Call{"nvmlDeviceGetComputeRunningProcesses_v2", "455"},
    Call{"nvmlDeviceGetComputeRunningProcesses_v3", "510"},
    Call{"nvmlDeviceGetMPSComputeRunningProcesses", "470"},
    Call{"nvmlDeviceGetMPSComputeRunningProcesses_v2", "470"},
    Call{"nvmlDeviceGetMPSComputeRunningProcesses_v3", "510"},
    Call{"nvmlDeviceGetProcessUtilization", "450 or older"},
    Call{"nvmlDeviceGetConfComputeMemSizeInfo", "535"},
    Call{"nvmlDeviceGetRunningProcessDetailList", "535"},
};

/// A name out of that table: any other does not compile.
class Name {
 public:
  consteval Name(const char* name) : name_(name) {  // NOLINT(google-explicit-constructor)
    bool is_known = false;
    for (const Call& call : kCalls) {
      is_known = is_known || call.name == name;
    }
    if (!is_known) {
      throw "not in kCalls";
    }
  }
  [[nodiscard]] const char* text() const { return name_; }

 private:
  const char* name_;
};

constexpr std::size_t kElementBytesV1 = 16;
constexpr std::size_t kElementBytesV2 = 24;
constexpr std::size_t kElementBytesWithProtected = 32;

void* symbol(void* handle, Name name) {
  return dlsym(handle, name.text());
}

/// Leaves null where there is none.
template <typename Function>
void look_up(void* handle, Function& function, Name name) {
  function = reinterpret_cast<Function>(symbol(handle, name));
}

template <typename Function>
void look_up(void* handle, Function& function, Name newer, Name older) {
  look_up(handle, function, newer);
  if (function == nullptr) {
    look_up(handle, function, older);
  }
}

/// Drivers 535.43 to 535.86 had a _v3 with a longer element than all others. They are known by what
/// else they have and have not.
std::size_t element_bytes_of_v3(void* handle) {
  const bool has_protected = symbol(handle, "nvmlDeviceGetConfComputeMemSizeInfo") != nullptr &&
                             symbol(handle, "nvmlDeviceGetRunningProcessDetailList") == nullptr;
  return has_protected ? kElementBytesWithProtected : kElementBytesV2;
}

struct ListNames {
  Name v1;
  Name v2;
  Name v3;
};

ProcessList process_list(void* handle, const ListNames& names) {
  ProcessList list;
  look_up(handle, list.get, names.v3);
  if (list.get != nullptr) {
    list.element_bytes = element_bytes_of_v3(handle);
    return list;
  }
  look_up(handle, list.get, names.v2);
  if (list.get != nullptr) {
    list.element_bytes = kElementBytesV2;
    return list;
  }
  look_up(handle, list.get, names.v1);
  list.element_bytes = kElementBytesV1;
  return list;
}

Functions look_up_all(void* handle) {
  Functions f;
  look_up(handle, f.init, "nvmlInit_v2", "nvmlInit");
  look_up(handle, f.shutdown, "nvmlShutdown");
  look_up(handle, f.error_text, "nvmlErrorString");
  look_up(handle, f.device_count, "nvmlDeviceGetCount_v2", "nvmlDeviceGetCount");
  look_up(handle, f.device_by_index, "nvmlDeviceGetHandleByIndex_v2", "nvmlDeviceGetHandleByIndex");
  look_up(handle, f.uuid, "nvmlDeviceGetUUID");
  look_up(handle, f.name, "nvmlDeviceGetName");
  look_up(handle, f.memory_v1, "nvmlDeviceGetMemoryInfo");
  look_up(handle, f.memory_v2, "nvmlDeviceGetMemoryInfo_v2");
  look_up(handle, f.utilization, "nvmlDeviceGetUtilizationRates");
  look_up(handle, f.temperature, "nvmlDeviceGetTemperature");
  look_up(handle, f.temperature_v, "nvmlDeviceGetTemperatureV");
  look_up(handle, f.fan_speed_percent, "nvmlDeviceGetFanSpeed");
  look_up(handle, f.power_milliwatts, "nvmlDeviceGetPowerUsage");
  look_up(handle, f.power_limit_milliwatts, "nvmlDeviceGetPowerManagementLimit");
  look_up(handle, f.enforced_limit_milliwatts, "nvmlDeviceGetEnforcedPowerLimit");
  look_up(handle, f.clock_mhz, "nvmlDeviceGetClockInfo");
  look_up(handle, f.memory_errors, "nvmlDeviceGetMemoryErrorCounter");
  look_up(handle, f.mig_mode, "nvmlDeviceGetMigMode");
  look_up(handle, f.mig_count_at_most, "nvmlDeviceGetMaxMigDeviceCount");
  look_up(handle, f.mig_by_index, "nvmlDeviceGetMigDeviceHandleByIndex");
  f.compute_processes = process_list(
      handle, {"nvmlDeviceGetComputeRunningProcesses", "nvmlDeviceGetComputeRunningProcesses_v2",
               "nvmlDeviceGetComputeRunningProcesses_v3"});
  f.mps_processes = process_list(handle, {"nvmlDeviceGetMPSComputeRunningProcesses",
                                          "nvmlDeviceGetMPSComputeRunningProcesses_v2",
                                          "nvmlDeviceGetMPSComputeRunningProcesses_v3"});
  look_up(handle, f.process_utilization, "nvmlDeviceGetProcessUtilization");
  return f;
}

}  // namespace

std::span<const Call> all_calls() {
  return kCalls;
}

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
