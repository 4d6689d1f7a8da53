#pragma once

#include <optional>
#include <string>

#include "gpu_reader.h"

namespace wemol::nvml {

/// What one request to NVML came to.
struct Answer {
  /// Absent when this host has no NVML. What else is wrong is stated in their conditions.
  std::optional<GpuReadings> readings;
  std::string why_no_library;  ///< in the loader's words; set when there are no readings
};

}  // namespace wemol::nvml
