#pragma once

#include <cstdint>
#include <optional>

#include "files.h"

namespace wemol {

/// How often the NVIDIA driver is held open on this host, by whomever: a process that uses a GPU
/// holds it open as long as it does. It costs two small files of sysfs and opens nothing.
///
/// The kernel counts for each module every open file of its devices (their `file_operations` name
/// the module as the owner, in NVIDIA's open kernel modules, of 515 as of 595), a mapped one also
/// after its descriptor was closed, and every other module that builds on it. So the counts say
/// nothing by their height. But one that has not risen says that nobody has opened the driver
/// since, unless somebody else has closed it as often; and a GPU is not used without opening it:
/// the control device for each client, and one more file for each piece of GPU memory or registers
/// that a process maps.
struct DriverOpens {
  std::uint64_t driver = 0;          ///< of the module nvidia
  std::uint64_t unified_memory = 0;  ///< of nvidia_uvm, which CUDA opens; 0 while it is not loaded

  [[nodiscard]] bool operator==(const DriverOpens&) const = default;
  [[nodiscard]] bool is_above(const DriverOpens& before) const {
    return driver > before.driver || unified_memory > before.unified_memory;
  }
};

inline constexpr const char* kDriverCount = "/sys/module/nvidia/refcnt";
inline constexpr const char* kUnifiedMemoryCount = "/sys/module/nvidia_uvm/refcnt";

/// Nothing when it cannot be told: the module is not loaded, or this kernel does not count (one
/// that never unloads modules, WSL, Tegra).
[[nodiscard]] std::optional<DriverOpens> read_driver_opens(const FileReader& files);

}  // namespace wemol
