#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>

#include "field.h"
#include "time_points.h"

namespace wemol {

/// One run of a task's container, from its start to its end: one row of the ledger. What is not
/// known is absent (an empty cell), never 0.
struct RunSummary {
  std::string task_id;
  std::string job_id;
  std::string module_name;  ///< the original name, not the folder's
  std::string container;    ///< its name
  std::optional<WallTime> started_at;
  std::optional<WallTime> ended_at;
  std::optional<double> duration_seconds;
  std::optional<std::int64_t> exit_code;
  std::optional<bool> oom_killed;  ///< the kernel killed a process of it since memory was used up
  std::uint64_t samples = 0;
  /// The share of the run that the samples have seen: 20 when each of them saw one second of five.
  std::optional<double> coverage_percent;
  std::optional<double> cpu_seconds;
  std::optional<double> cpu_cores_mean;  ///< 1 is one busy CPU
  std::optional<double> cpu_cores_max;   ///< the highest sample
  std::optional<double> memory_mean_bytes;
  /// The kernel's own peak where it was read (it counts the page cache), else the highest sample.
  std::optional<std::uint64_t> memory_peak_bytes;
  std::optional<std::uint64_t> network_rx_bytes;
  std::optional<std::uint64_t> network_tx_bytes;
  std::optional<std::uint64_t> block_read_bytes;
  std::optional<std::uint64_t> block_write_bytes;
  std::optional<std::uint64_t> gpu_count;  ///< distinct GPUs used at any time; 0: known to be none
  std::string gpu_ids;                     ///< "0,1"; empty when none or unknown
  std::string gpu_names;                   ///< in the order of gpu_ids, joined by a comma
  /// The devices' utilization while the task used them; the mean over its GPUs, and the highest of
  /// any.
  std::optional<double> gpu_utilization_mean;
  std::optional<double> gpu_utilization_max;
  /// What the task's own processes held, on all its GPUs together, while it used any.
  std::optional<double> gpu_memory_mean_mib;
  std::optional<double> gpu_memory_peak_mib;
  /// Share of the samples with a GPU in which another task used one of the same GPUs.
  std::optional<double> gpu_shared_percent;
  /// The GPUs' power over the run, each GPU's divided by the number of tasks that used it.
  std::optional<double> energy_wh;

  /// Not in the ledger; where only the task's CSV is left. What all processes, of whomever, held on
  /// the GPUs that the task used.
  std::optional<double> gpu_device_memory_peak_mib;

  friend bool operator==(const RunSummary&, const RunSummary&) = default;
};

/// A field of RunSummary, where it is, and how exactly it is written.
struct LedgerField : Field {
  using Member =
      std::variant<std::string RunSummary::*, std::optional<WallTime> RunSummary::*,
                   std::optional<bool> RunSummary::*, std::uint64_t RunSummary::*,
                   std::optional<std::uint64_t> RunSummary::*,
                   std::optional<std::int64_t> RunSummary::*, std::optional<double> RunSummary::*>;
  Member member;
  int decimals = 3;           ///< of a double, at most
  bool is_free_text = false;  ///< not made of digits: guarded against formulas in the CSV
};

/// All of RunSummary. Those with a column are the ledger's columns, in its order.
[[nodiscard]] std::span<const LedgerField> ledger_fields();

inline constexpr std::size_t kLedgerColumnCount = 29;
inline constexpr std::size_t kLedgerEndedAtColumn = 5;

/// With its line end.
[[nodiscard]] const std::string& ledger_header();

}  // namespace wemol
