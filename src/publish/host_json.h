#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <wemol/host_sample.h>

namespace wemol {

/// The record of one sample, one line without a line end: nodeId, timestamp (epoch, ms), cpu,
/// memory, disk, network, accelerators, and beyond these uuid, pressure, coverage. With `tree` also
/// run, the share of a run's own processes. Unknown is null. Whatever the texts hold, it is JSON in
/// UTF-8.
[[nodiscard]] std::string host_record_json(const HostSample& sample, std::string_view node_id,
                                           const ProcessTreeSample* tree = nullptr);

/// A GPU in words: "NVIDIA A100 (80.0 GiB)".
[[nodiscard]] std::string gpu_text(const GpuDevice& device);

/// Why something is null, a sentence each; not what is as it should be.
[[nodiscard]] std::vector<std::string> notes_of(const Conditions& conditions);

/// platform, architecture, cpu_model, cpu_cores, cpu_threads, memory_total, swap_total, disk_total,
/// gpu_count, gpu_info, hostname, ip_address. Without a sample nothing is known of the GPUs.
[[nodiscard]] std::string system_info_json(const SystemInfo& info, const HostSample* newest);

}  // namespace wemol
