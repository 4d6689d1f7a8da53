#include "task_schema.h"

#include <algorithm>

#include "csv.h"
#include "time_text.h"

namespace wemol {
namespace {

template <typename Number>
FieldValue known(const std::optional<Number>& number) {
  return number ? FieldValue(*number) : FieldValue();
}

template <auto Member>
FieldValue stat(const TaskSample& sample) {
  return known(sample.stats.*Member);
}

template <typename Record, auto Member>
FieldValue member(const Record& record) {
  return known(record.*Member);
}

using Stats = ContainerStats;

constexpr std::array kSampleFields{
    FieldOf<TaskSample>{{"task_id", Unit::text, "task_id", "", "The task, from the name"},
                        [](const TaskSample& it) { return FieldValue(it.task.task_id); }},
    FieldOf<TaskSample>{{"job_id", Unit::text, "job_id", "", "The job, from the name"},
                        [](const TaskSample& it) { return FieldValue(it.task.job_id); }},
    FieldOf<TaskSample>{{"module_name", Unit::text, "module_name", "", "From task.json"},
                        [](const TaskSample& it) { return FieldValue(it.module_name); }},
    FieldOf<TaskSample>{
        {"read_at", Unit::time, "timestamp", "", "When it was read; local time in the CSV"},
        [](const TaskSample& it) { return FieldValue(iso_time_text(it.stats.read_at)); }},
    FieldOf<TaskSample>{{"container_name", Unit::text, "container", "", "The container's name"},
                        [](const TaskSample& it) { return FieldValue(it.container_name); }},
    FieldOf<TaskSample>{{"cpu_percent", Unit::percent, "cpu_percent", "container_cpu_usage_percent",
                         "100 is one busy CPU"},
                        stat<&Stats::cpu_percent>},
    FieldOf<TaskSample>{{"cpu_used_seconds", Unit::seconds, "", "container_cpu_usage_seconds_total",
                         "CPU time since the container's start; `native` only"},
                        [](const TaskSample& it) {
                          const auto& counter = it.stats.cpu_counter;
                          return counter ? FieldValue(
                                               std::chrono::duration<double>(counter->used).count())
                                         : FieldValue();
                        }},
    FieldOf<TaskSample>{{"memory_used_bytes", Unit::bytes, "mem_usage",
                         "container_memory_usage_bytes", "Without inactive page cache"},
                        stat<&Stats::memory_used_bytes>},
    FieldOf<TaskSample>{{"memory_limit_bytes", Unit::bytes, "mem_usage",
                         "container_memory_limit_bytes", "The host's memory where there is none"},
                        stat<&Stats::memory_limit_bytes>},
    FieldOf<TaskSample>{{"memory_percent", Unit::percent, "mem_percent",
                         "container_memory_usage_percent", "Of the limit"},
                        stat<&Stats::memory_percent>},
    FieldOf<TaskSample>{{"network_received_bytes", Unit::bytes, "net_io",
                         "container_network_receive_bytes_total", "Since the container's start"},
                        stat<&Stats::network_received_bytes>},
    FieldOf<TaskSample>{{"network_sent_bytes", Unit::bytes, "net_io",
                         "container_network_transmit_bytes_total", "Since the container's start"},
                        stat<&Stats::network_sent_bytes>},
    FieldOf<TaskSample>{{"block_read_bytes", Unit::bytes, "block_io",
                         "container_block_read_bytes_total", "Since the container's start"},
                        stat<&Stats::block_read_bytes>},
    FieldOf<TaskSample>{{"block_written_bytes", Unit::bytes, "block_io",
                         "container_block_written_bytes_total", "Since the container's start"},
                        stat<&Stats::block_written_bytes>},
    FieldOf<TaskSample>{{"pids", Unit::count, "pids", "container_tasks", "Processes and threads"},
                        stat<&Stats::pids>},
    FieldOf<TaskSample>{
        {"gpu_count", Unit::count, "gpu_count", "container_gpus", "GPUs that its processes use"},
        [](const TaskSample& it) {
          return it.gpus ? FieldValue(std::uint64_t{it.gpus->size()}) : FieldValue();
        }},
};

/// Their metrics are those of the host: host_schema.cpp.
constexpr std::array kDeviceFields{
    FieldOf<GpuDevice>{{"index", Unit::count, "gpu_ids", "", "The driver's index"},
                       [](const GpuDevice& it) { return FieldValue(std::uint64_t{it.index}); }},
    FieldOf<GpuDevice>{{"uuid", Unit::text, "", "", "Stays the same over boots"},
                       [](const GpuDevice& it) { return FieldValue(it.uuid); }},
    FieldOf<GpuDevice>{{"name", Unit::text, "gpu_names", "", "The model"},
                       [](const GpuDevice& it) { return FieldValue(it.name); }},
    FieldOf<GpuDevice>{{"memory_used_bytes", Unit::bytes, "gpu_memory_used", "",
                        "By all processes; MiB in the CSV"},
                       member<GpuDevice, &GpuDevice::memory_used_bytes>},
    FieldOf<GpuDevice>{
        {"memory_total_bytes", Unit::bytes, "gpu_memory_total", "", "MiB in the CSV"},
        member<GpuDevice, &GpuDevice::memory_total_bytes>},
    FieldOf<GpuDevice>{{"utilization_percent", Unit::percent, "gpu_utilization", "",
                        "Share of time with a kernel running"},
                       member<GpuDevice, &GpuDevice::utilization_percent>},
    FieldOf<GpuDevice>{{"memory_utilization_percent", Unit::percent, "gpu_memory_utilization", "",
                        "Share of time with memory traffic"},
                       member<GpuDevice, &GpuDevice::memory_utilization_percent>},
    FieldOf<GpuDevice>{{"temperature_celsius", Unit::celsius, "gpu_temperature", "", "Of the chip"},
                       member<GpuDevice, &GpuDevice::temperature_celsius>},
    FieldOf<GpuDevice>{
        {"fan_speed_percent", Unit::percent, "gpu_fan_speed", "", "Of the maximum; may exceed 100"},
        member<GpuDevice, &GpuDevice::fan_speed_percent>},
    FieldOf<GpuDevice>{{"power_draw_watts", Unit::watts, "gpu_power_draw", "",
                        "Mean over a second on most models"},
                       member<GpuDevice, &GpuDevice::power_draw_watts>},
    FieldOf<GpuDevice>{{"power_limit_watts", Unit::watts, "gpu_power_limit", "", "As requested"},
                       member<GpuDevice, &GpuDevice::power_limit_watts>},
};

constexpr std::array kGpuUseFields{
    FieldOf<GpuUse>{{"task_memory_used_bytes", Unit::bytes, "", "container_gpu_memory_used_bytes",
                     "By the task's own processes"},
                    member<GpuUse, &GpuUse::task_memory_used_bytes>},
    FieldOf<GpuUse>{
        {"task_sm_utilization_percent", Unit::percent, "", "container_gpu_sm_utilization_percent",
         "Share of SM time of the task's own processes"},
        member<GpuUse, &GpuUse::task_sm_utilization_percent>},
};

std::array<std::string_view, kTaskColumnCount> distinct_columns() {
  std::array<std::string_view, kTaskColumnCount> columns{};
  std::size_t count = 0;
  const auto take = [&](const auto& fields) {
    for (const Field& field : fields) {
      if (!field.column.empty() && (count == 0 || columns[count - 1] != field.column)) {
        columns.at(count++) = field.column;
      }
    }
  };
  take(kSampleFields);
  take(kDeviceFields);
  return columns;
}

}  // namespace

std::span<const FieldOf<TaskSample>> sample_fields() {
  return kSampleFields;
}

std::span<const FieldOf<GpuDevice>> device_fields() {
  return kDeviceFields;
}

std::span<const FieldOf<GpuUse>> gpu_use_fields() {
  return kGpuUseFields;
}

const std::array<std::string_view, kTaskColumnCount>& task_columns() {
  static const auto columns = distinct_columns();
  return columns;
}

const std::string& task_csv_header() {
  static const std::string header = [] {
    std::array<std::string, kTaskColumnCount> names;
    std::ranges::copy(task_columns(), names.begin());
    return csv_record(names);
  }();
  return header;
}

}  // namespace wemol
