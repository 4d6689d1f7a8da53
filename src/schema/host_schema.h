#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string_view>

#include <wemol/host_sample.h>

#include "field.h"

namespace wemol {

/// One figure of a host in all its forms: in the record, in a run's lines, in OpenMetrics.
///
/// `name` is its place in the record, "memory.swap.used"; within an element where the record has a
/// list. Empty: it is not in the record.
struct HostKey : Field {
  /// In a run's lines: "system.cpu.core{}.usage_percent", with a number for {}. Empty: not there.
  std::string_view flat_key = {};
};

template <typename Record>
struct HostField : HostKey {
  FieldValue (*value)(const Record&) = nullptr;
};

/// What a run's processes have on one GPU.
struct TreeOnGpu {
  const ProcessTreeSample::OnGpu& use;
  const GpuDevice* device = nullptr;  ///< null: the list of GPUs lacks it
};

[[nodiscard]] std::span<const HostField<HostSample>> host_fields();
/// Of one CPU.
[[nodiscard]] std::span<const HostField<CoreSample>> core_fields();
[[nodiscard]] std::span<const HostField<CoreFacts>> core_counter_fields();
[[nodiscard]] std::span<const HostField<GpuDevice>> gpu_fields();
[[nodiscard]] std::span<const HostField<FileSystemFacts>> file_system_fields();
[[nodiscard]] std::span<const HostField<DiskFacts>> disk_fields();
[[nodiscard]] std::span<const HostField<InterfaceFacts>> interface_fields();
/// Of a run's processes: all together, and on one GPU.
[[nodiscard]] std::span<const HostField<ProcessTreeSample>> tree_fields();
[[nodiscard]] std::span<const HostField<TreeOnGpu>> tree_gpu_fields();

/// The figure that a run's lines have under this name; null when it is none of ours.
[[nodiscard]] const HostKey* find_flat_key(std::string_view name);

/// Nothing when it is unknown or no number.
[[nodiscard]] std::optional<double> number_of(const FieldValue& value);

/// Calls `take` with each known figure by its flat name: "system.cpu.usage_percent",
/// "system.memory.used_bytes", "gpu.0.powerWatts", … What is unknown is left out.
void for_each_figure(const HostSample& sample,
                     const std::function<void(std::string_view name, double value)>& take);

/// The run's own share: "gpu.process.0.memoryAllocatedBytes", "system.process.cpu_percent", ….
void for_each_figure(const HostSample& sample, const ProcessTreeSample& tree,
                     const std::function<void(std::string_view name, double value)>& take);

}  // namespace wemol
