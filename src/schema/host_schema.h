#pragma once

#include <functional>
#include <string_view>

#include <wemol/host_sample.h>

namespace wemol {

/// Calls `take` with each known figure by its flat name: "system.cpu.usage_percent",
/// "system.memory.used_bytes", "gpu.0.powerWatts", … What is unknown is left out.
void for_each_figure(const HostSample& sample,
                     const std::function<void(std::string_view name, double value)>& take);

/// The run's own share: "gpu.process.0.memoryAllocatedBytes", "system.process.cpu_percent", ….
void for_each_figure(const HostSample& sample, const ProcessTreeSample& tree,
                     const std::function<void(std::string_view name, double value)>& take);

}  // namespace wemol
