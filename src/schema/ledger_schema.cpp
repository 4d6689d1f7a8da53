#include "ledger_schema.h"

#include <algorithm>
#include <array>
#include <vector>

#include "csv.h"

namespace wemol {
namespace {

using Run = RunSummary;

/// The column, the key in JSON and the name are the same.
constexpr LedgerField field(std::string_view name, Unit unit, LedgerField::Member member,
                            std::string_view meaning, int decimals = 3) {
  return {{name, unit, name, "", meaning}, member, decimals, false};
}

constexpr LedgerField free_text(std::string_view name, LedgerField::Member member,
                                std::string_view meaning) {
  return {{name, Unit::text, name, "", meaning}, member, 0, true};
}

constexpr std::array kFields{
    field("task_id", Unit::text, &Run::task_id, "The task, from the container's name"),
    field("job_id", Unit::text, &Run::job_id, "The job, from the container's name"),
    free_text("module_name", &Run::module_name, "From task.json"),
    free_text("container", &Run::container, "The container's name"),
    field("started_at", Unit::time, &Run::started_at, "Start of the run"),
    field("ended_at", Unit::time, &Run::ended_at, "End of the run"),
    field("duration_seconds", Unit::seconds, &Run::duration_seconds, "From start to end"),
    field("exit_code", Unit::count, &Run::exit_code, "As docker gives it"),
    field("oom_killed", Unit::flag, &Run::oom_killed,
          "1: the kernel killed a process of it since memory was used up"),
    field("samples", Unit::count, &Run::samples, "Readings that the row is made of"),
    field("coverage_percent", Unit::percent, &Run::coverage_percent,
          "Share of the run that the readings have seen"),
    field("cpu_seconds", Unit::seconds, &Run::cpu_seconds, "CPU time"),
    field("cpu_cores_mean", Unit::cores, &Run::cpu_cores_mean, "CPU time over duration"),
    field("cpu_cores_max", Unit::cores, &Run::cpu_cores_max, "The highest reading"),
    field("memory_mean_bytes", Unit::bytes, &Run::memory_mean_bytes, "Weighted by time", 0),
    field("memory_peak_bytes", Unit::bytes, &Run::memory_peak_bytes,
          "The kernel's own peak where it was read (with page cache), else the highest reading"),
    field("network_rx_bytes", Unit::bytes, &Run::network_rx_bytes, "Received"),
    field("network_tx_bytes", Unit::bytes, &Run::network_tx_bytes, "Sent"),
    field("block_read_bytes", Unit::bytes, &Run::block_read_bytes, "Read from block devices"),
    field("block_write_bytes", Unit::bytes, &Run::block_write_bytes, "Written to block devices"),
    field("gpu_count", Unit::count, &Run::gpu_count, "Distinct GPUs used at any time"),
    field("gpu_ids", Unit::text, &Run::gpu_ids, "Their indices, joined by a comma"),
    free_text("gpu_names", &Run::gpu_names, "Their models, in the order of gpu_ids"),
    field("gpu_utilization_mean", Unit::percent, &Run::gpu_utilization_mean,
          "Of the devices while the task used them"),
    field("gpu_utilization_max", Unit::percent, &Run::gpu_utilization_max, "The highest of any"),
    field("gpu_memory_mean_mib", Unit::mebibytes, &Run::gpu_memory_mean_mib,
          "Held by the task's own processes on all its GPUs together"),
    field("gpu_memory_peak_mib", Unit::mebibytes, &Run::gpu_memory_peak_mib,
          "The same, the highest reading"),
    LedgerField{{"gpu_device_memory_peak_mib", Unit::mebibytes, "", "",
                 "Held by all processes on the task's GPUs; only where no ledger row is"},
                &Run::gpu_device_memory_peak_mib},
    field("gpu_shared_percent", Unit::percent, &Run::gpu_shared_percent,
          "Share of the readings in which another task used one of its GPUs"),
    field("energy_wh", Unit::watt_hours, &Run::energy_wh,
          "Of its GPUs, each one's divided by the tasks on it", 6)};

constexpr bool has_column(const LedgerField& field) {
  return !field.column.empty();
}
static_assert(std::ranges::count_if(kFields, has_column) == kLedgerColumnCount);
static_assert(kFields[kLedgerEndedAtColumn].column == "ended_at");

}  // namespace

std::span<const LedgerField> ledger_fields() {
  return kFields;
}

const std::string& ledger_header() {
  static const std::string header = [] {
    std::vector<std::string> names;
    for (const LedgerField& field : kFields) {
      if (has_column(field)) {
        names.emplace_back(field.column);
      }
    }
    return csv_record(names);
  }();
  return header;
}

}  // namespace wemol
