#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>

#include <wemol/snapshot.h>

#include "field.h"

namespace wemol {

/// A field and where its value is in a record.
template <typename Record>
struct FieldOf : Field {
  FieldValue (*value)(const Record&) = nullptr;
};

/// Of one sample of a task's container.
[[nodiscard]] std::span<const FieldOf<TaskSample>> sample_fields();
/// Of one GPU, whoever uses it. Their columns hold a list, one item for each GPU of the task.
[[nodiscard]] std::span<const FieldOf<GpuDevice>> device_fields();
/// What a task's own processes have on one GPU.
[[nodiscard]] std::span<const FieldOf<GpuUse>> gpu_use_fields();

/// The columns of a task's CSV. The order is that of the file.
enum class TaskColumn : std::size_t {
  task_id,
  job_id,
  module_name,
  timestamp,
  container,
  cpu_percent,
  mem_usage,
  mem_percent,
  net_io,
  block_io,
  pids,
  gpu_count,
  gpu_ids,
  gpu_names,
  gpu_memory_used,
  gpu_memory_total,
  gpu_utilization,
  gpu_memory_utilization,
  gpu_temperature,
  gpu_fan_speed,
  gpu_power_draw,
  gpu_power_limit
};
inline constexpr std::size_t kTaskColumnCount =
    static_cast<std::size_t>(TaskColumn::gpu_power_limit) + 1;

constexpr std::size_t at(TaskColumn column) {
  return static_cast<std::size_t>(column);
}

/// The distinct columns of sample_fields() and device_fields(), in that order.
[[nodiscard]] const std::array<std::string_view, kTaskColumnCount>& task_columns();
/// With its line end.
[[nodiscard]] const std::string& task_csv_header();

}  // namespace wemol
