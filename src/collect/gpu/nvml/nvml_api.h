#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <wemol/result.h>

/// What we use of NVIDIA's management library, as its nvml.h lays it out on 64-bit machines. The
/// library comes with the driver and is looked for while the program runs; nothing of NVIDIA's is
/// needed to build.
namespace wemol::nvml {

/// A return code. The library may return others than these.
enum class Status : int {
  success = 0,
  uninitialized = 1,
  not_supported = 3,
  not_found = 6,
  insufficient_size = 7,
  driver_not_loaded = 9,
  function_not_found = 13,
  gpu_is_lost = 15,
  library_driver_mismatch = 18,
};

struct OpaqueDevice;
using Device = OpaqueDevice*;

struct MemoryV1 {
  unsigned long long total, free, used;  ///< bytes; `used` includes what the driver reserves
};
static_assert(sizeof(MemoryV1) == 24);

struct MemoryV2 {
  unsigned version;
  unsigned long long total, reserved, free, used;
};
static_assert(sizeof(MemoryV2) == 40);
inline constexpr unsigned kMemoryV2Version = 40U | 2U << 24U;

struct Utilization {
  unsigned gpu, memory;  ///< percent
};
static_assert(sizeof(Utilization) == 8);

/// One process. Up to the library's version an element is cut after `used_bytes` (16 bytes), after
/// `compute_instance` (24), or goes on (32).
struct ProcessInfo {
  unsigned pid;
  unsigned long long used_bytes;  ///< kNotAvailable: unknown
  unsigned gpu_instance, compute_instance;
  unsigned long long protected_bytes;
};
static_assert(sizeof(ProcessInfo) == 32);
static_assert(offsetof(ProcessInfo, gpu_instance) == 16);
static_assert(offsetof(ProcessInfo, protected_bytes) == 24);
inline constexpr unsigned long long kNotAvailable = ~0ULL;

struct ProcessUtilizationSample {
  unsigned pid;
  unsigned long long time_usec;  ///< since 1970
  unsigned sm, memory, encoder, decoder;
};
static_assert(sizeof(ProcessUtilizationSample) == 32);

struct TemperatureV1 {
  unsigned version;
  int sensor;
  int celsius;
};
static_assert(sizeof(TemperatureV1) == 12);
inline constexpr unsigned kTemperatureV1Version = 12U | 1U << 24U;
inline constexpr int kSensorOfGpu = 0;

inline constexpr int kClockOfSms = 1;
inline constexpr int kClockOfMemory = 2;

inline constexpr int kCorrectedErrors = 0;
inline constexpr int kUncorrectedErrors = 1;
inline constexpr int kErrorsSinceDriverLoad = 0;
inline constexpr int kErrorsOfDeviceMemory = 2;

inline constexpr unsigned kTextBytes = 96;  ///< enough for every name and uuid

/// A function of the library that is called, or looked for to tell versions apart.
struct Call {
  std::string_view name;
  /// The driver that brought it, as far as that is established; docs/gpus.md has the evidence.
  std::string_view since;
};
/// All of them. Others cannot be looked up.
[[nodiscard]] std::span<const Call> all_calls();

using DeviceNumber = Status (*)(Device, unsigned*);
using DeviceText = Status (*)(Device, char*, unsigned);

/// A list of processes. The count is the room on entry and the number of processes on return.
struct ProcessList {
  Status (*get)(Device, unsigned* count, void* elements) = nullptr;
  std::size_t element_bytes = 0;
};

/// What the library offers; a function that this version lacks is null. `init`, `shutdown`,
/// `device_count` and `device_by_index` are always there.
struct Functions {
  Status (*init)() = nullptr;
  Status (*shutdown)() = nullptr;
  const char* (*error_text)(Status) = nullptr;
  Status (*device_count)(unsigned*) = nullptr;
  Status (*device_by_index)(unsigned, Device*) = nullptr;
  DeviceText uuid = nullptr;
  DeviceText name = nullptr;
  Status (*memory_v1)(Device, MemoryV1*) = nullptr;
  Status (*memory_v2)(Device, MemoryV2*) = nullptr;
  Status (*utilization)(Device, Utilization*) = nullptr;
  Status (*temperature)(Device, int sensor, unsigned* celsius) = nullptr;
  Status (*temperature_v)(Device, TemperatureV1*) = nullptr;
  DeviceNumber fan_speed_percent = nullptr;
  DeviceNumber power_milliwatts = nullptr;
  DeviceNumber power_limit_milliwatts = nullptr;
  DeviceNumber enforced_limit_milliwatts = nullptr;
  Status (*clock_mhz)(Device, int clock, unsigned*) = nullptr;
  Status (*memory_errors)(Device, int error, int counter, int location,
                          unsigned long long*) = nullptr;
  Status (*mig_mode)(Device, unsigned* current, unsigned* pending) = nullptr;
  DeviceNumber mig_count_at_most = nullptr;
  Status (*mig_by_index)(Device, unsigned, Device*) = nullptr;
  ProcessList compute_processes;
  ProcessList mps_processes;
  Status (*process_utilization)(Device, ProcessUtilizationSample*, unsigned* count,
                                unsigned long long newer_than_usec) = nullptr;
};

/// The loaded library. Unloads it as it goes; init() and shutdown() are the caller's business.
class Library {
 public:
  /// `name` is looked for where the system keeps its libraries, unless it is a path. The error
  /// says what is wrong in the loader's words.
  [[nodiscard]] static Result<Library> load(const std::string& name);

  [[nodiscard]] const Functions& functions() const { return functions_; }
  /// A return code in the library's words: "GPU is lost".
  [[nodiscard]] std::string describe(Status status) const;

 private:
  struct Unload {
    void operator()(void* handle) const;
  };
  using Handle = std::unique_ptr<void, Unload>;

  Library(Handle handle, const Functions& functions)
      : handle_(std::move(handle)), functions_(functions) {}

  Handle handle_;
  Functions functions_;
};

}  // namespace wemol::nvml
