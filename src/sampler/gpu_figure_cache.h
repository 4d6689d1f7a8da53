#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include <wemol/facts.h>

#include "time_points.h"

namespace wemol {

/// The last figures of each GPU, for the samples between two answers: nvidia-smi takes seconds and
/// is asked every 5 s at most. A GPU that a later answer lacks is gone at once; figures are dropped
/// once they are older than kLastsFor.
class GpuFigureCache {
 public:
  static constexpr std::chrono::seconds kLastsFor{10};

  /// Keeps what was measured, and adds what was measured before where this has nothing. `devices`
  /// and `processes` are one answer; absent: there is none yet, or it failed.
  void complete(std::optional<std::vector<GpuDevice>>& devices,
                std::optional<std::vector<GpuProcess>>& processes, SteadyTime now);

 private:
  std::optional<std::vector<GpuDevice>> devices_;
  SteadyTime devices_at_{};
  std::optional<std::vector<GpuProcess>> processes_;
  SteadyTime processes_at_{};
};

}  // namespace wemol
