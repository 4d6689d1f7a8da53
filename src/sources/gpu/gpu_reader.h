#pragma once

#include <optional>
#include <vector>

#include <wemol/facts.h>

#include "clock.h"

namespace wemol {

/// What one kind of GPU interface says in one round.
struct GpuReadings {
  std::optional<std::vector<GpuDevice>> devices;     ///< absent when they could not be read
  std::optional<std::vector<GpuProcess>> processes;  ///< absent when they could not be read
  Conditions conditions;
};

/// Reads the GPUs that one interface serves (NVML, the kernel's files for AMD).
class GpuReader {
 public:
  GpuReader() = default;
  GpuReader(const GpuReader&) = delete;
  GpuReader& operator=(const GpuReader&) = delete;
  virtual ~GpuReader() = default;

  /// Asks for the readings of this round and does not wait for them.
  virtual void begin() {}

  /// Gives them, once after each begin(). Waits until `due` at most: what has not come by then is
  /// absent and stated. Nothing when this host has no such interface.
  [[nodiscard]] virtual std::optional<GpuReadings> finish(SteadyTime due) = 0;
};

}  // namespace wemol
