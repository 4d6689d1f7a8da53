#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace wemol::e2e {

/// The header as the contract writes it, without a line end.
inline constexpr std::string_view kHeader =
    "task_id,job_id,module_name,timestamp,container,cpu_percent,mem_usage,mem_percent,net_io,"
    "block_io,pids,gpu_count,gpu_ids,gpu_names,gpu_memory_used,gpu_memory_total,gpu_utilization,"
    "gpu_memory_utilization,gpu_temperature,gpu_fan_speed,gpu_power_draw,gpu_power_limit";

/// The header of a ledger, as the README writes it.
inline constexpr std::string_view kLedgerHeader =
    "task_id,job_id,module_name,container,started_at,ended_at,duration_seconds,exit_code,"
    "oom_killed,samples,coverage_percent,cpu_seconds,cpu_cores_mean,cpu_cores_max,"
    "memory_mean_bytes,memory_peak_bytes,network_rx_bytes,network_tx_bytes,block_read_bytes,"
    "block_write_bytes,gpu_count,gpu_ids,gpu_names,gpu_utilization_mean,gpu_utilization_max,"
    "gpu_memory_mean_mib,gpu_memory_peak_mib,gpu_shared_percent,energy_wh";

using Row = std::map<std::string, std::string>;  ///< by column

/// Reads what the contract allows and nothing else: those columns, CRLF after every row, quotes
/// only where they are needed. Throws std::runtime_error, with the line, at anything else.
[[nodiscard]] std::vector<Row> parse_csv(std::string_view text, std::string_view header = kHeader);

/// The rows of a file; none when it is not there, or made and not yet written to.
[[nodiscard]] std::vector<Row> read_csv(const std::filesystem::path& path,
                                        std::string_view header = kHeader);

}  // namespace wemol::e2e
