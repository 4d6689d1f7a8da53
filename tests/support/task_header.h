#pragma once

#include <string_view>

namespace wemol::test {

/// The header of a task's CSV as its users know it, without its line end.
inline constexpr std::string_view kTaskHeader =
    "task_id,job_id,module_name,timestamp,container,cpu_percent,mem_usage,mem_percent,net_io,"
    "block_io,pids,gpu_count,gpu_ids,gpu_names,gpu_memory_used,gpu_memory_total,gpu_utilization,"
    "gpu_memory_utilization,gpu_temperature,gpu_fan_speed,gpu_power_draw,gpu_power_limit";

}  // namespace wemol::test
