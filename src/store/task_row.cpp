#include "task_row.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <string_view>

#include <fmt/compile.h>
#include <fmt/format.h>

#include "csv.h"

namespace wemol {
namespace {

constexpr std::string_view kAbsent = "--";
constexpr std::array kBinaryUnits{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
constexpr std::array kDecimalUnits{"B", "kB", "MB", "GB", "TB", "PB", "EB"};

/// `number_format` as fmt takes it, for the number and its unit.
template <typename Format, std::size_t Count>
std::string size_text(std::optional<std::uint64_t> bytes, double base, const Format& number_format,
                      const std::array<const char*, Count>& units) {
  if (!bytes) {
    return std::string(kAbsent);
  }
  auto value = static_cast<double>(*bytes);
  std::size_t unit = 0;
  while (value >= base && unit + 1 < units.size()) {
    value /= base;
    ++unit;
  }
  return fmt::format(number_format, value, units[unit]);
}

std::string memory_text(std::optional<std::uint64_t> bytes) {
  return size_text(bytes, 1024, FMT_COMPILE("{:.4g}{}"), kBinaryUnits);
}

std::string io_text(std::optional<std::uint64_t> bytes) {
  return size_text(bytes, 1000, FMT_COMPILE("{:.3g}{}"), kDecimalUnits);
}

std::string percent_text(std::optional<double> percent) {
  return percent ? fmt::format(FMT_COMPILE("{:.2f}%"), *percent) : std::string(kAbsent);
}

std::string pair_text(const std::string& first, const std::string& second) {
  return first + " / " + second;
}

}  // namespace

PrintedStats docker_text(const ContainerStats& stats) {
  if (stats.printed) {
    return *stats.printed;
  }
  return {
      .cpu_percent = percent_text(stats.cpu_percent),
      .memory_usage =
          pair_text(memory_text(stats.memory_used_bytes), memory_text(stats.memory_limit_bytes)),
      .memory_percent = percent_text(stats.memory_percent),
      .network_io =
          pair_text(io_text(stats.network_received_bytes), io_text(stats.network_sent_bytes)),
      .block_io = pair_text(io_text(stats.block_read_bytes), io_text(stats.block_written_bytes)),
      .pids = stats.pids ? std::to_string(*stats.pids) : std::string(kAbsent)};
}

namespace {

constexpr std::string_view kNotAvailable = "N/A";
constexpr std::string_view kUnknownDevice = "Unknown";
constexpr double kBytesPerMiB = 1 << 20;
constexpr std::size_t kColumnCount = 22;
constexpr std::size_t kGpuColumnCount = 11;
using GpuColumns = std::array<std::string, kGpuColumnCount>;

std::string mebibytes_text(const std::optional<std::uint64_t>& bytes) {
  return bytes ? fmt::format("{:.0f}MB", std::floor(static_cast<double>(*bytes) / kBytesPerMiB))
               : std::string(kNotAvailable);
}

/// The number in its shortest form: 88, 0.5.
std::string number_text(const std::optional<double>& value, std::string_view unit) {
  return value ? fmt::format("{}{}", *value, unit) : std::string(kNotAvailable);
}

std::string power_text(const std::optional<double>& watts) {
  return watts ? fmt::format("{:.2f}W", *watts) : std::string(kNotAvailable);
}

using DeviceText = std::function<std::string(const GpuDevice&)>;

std::string list_text(const std::vector<GpuUse>& gpus, std::string_view text_of_unknown,
                      const DeviceText& text_of) {
  std::string list;
  for (const GpuUse& gpu : gpus) {
    list += list.empty() ? "" : ",";
    list += gpu.device ? text_of(*gpu.device) : std::string(text_of_unknown);
  }
  return list;
}

GpuColumns gpu_columns(const std::optional<std::vector<GpuUse>>& gpus) {
  GpuColumns columns;
  columns.fill(std::string(kNotAvailable));
  if (!gpus) {
    return columns;
  }
  columns[0] = fmt::format("{}", gpus->size());
  if (gpus->empty()) {
    return columns;
  }
  const auto values = [&](const DeviceText& text_of) {
    return list_text(*gpus, kNotAvailable, text_of);
  };
  columns[1] = list_text(*gpus, kUnknownDevice,
                         [](const GpuDevice& gpu) { return fmt::format("{}", gpu.index); });
  columns[2] = guarded_against_formulas(list_text(*gpus, kUnknownDevice, [](const GpuDevice& gpu) {
    return gpu.name.empty() ? std::string(kNotAvailable) : gpu.name;
  }));
  columns[3] = values([](const GpuDevice& gpu) { return mebibytes_text(gpu.memory_used_bytes); });
  columns[4] = values([](const GpuDevice& gpu) { return mebibytes_text(gpu.memory_total_bytes); });
  columns[5] =
      values([](const GpuDevice& gpu) { return number_text(gpu.utilization_percent, "%"); });
  columns[6] =
      values([](const GpuDevice& gpu) { return number_text(gpu.memory_utilization_percent, "%"); });
  columns[7] =
      values([](const GpuDevice& gpu) { return number_text(gpu.temperature_celsius, "°C"); });
  columns[8] = values([](const GpuDevice& gpu) { return number_text(gpu.fan_speed_percent, "%"); });
  columns[9] = values([](const GpuDevice& gpu) { return power_text(gpu.power_draw_watts); });
  columns[10] = values([](const GpuDevice& gpu) { return power_text(gpu.power_limit_watts); });
  return columns;
}

}  // namespace

const std::string& task_csv_header() {
  static const std::string header =
      "task_id,job_id,module_name,timestamp,container,cpu_percent,mem_usage,mem_percent,net_io,"
      "block_io,pids,gpu_count,gpu_ids,gpu_names,gpu_memory_used,gpu_memory_total,"
      "gpu_utilization,gpu_memory_utilization,gpu_temperature,gpu_fan_speed,gpu_power_draw,"
      "gpu_power_limit\r\n";
  return header;
}

std::string task_csv_row(const TaskSample& sample, const std::string& timestamp) {
  PrintedStats stats = docker_text(sample.stats);
  std::array<std::string, kColumnCount> fields{sample.task.task_id,
                                               sample.task.job_id,
                                               guarded_against_formulas(sample.module_name),
                                               timestamp,
                                               guarded_against_formulas(sample.container_name),
                                               std::move(stats.cpu_percent),
                                               std::move(stats.memory_usage),
                                               std::move(stats.memory_percent),
                                               std::move(stats.network_io),
                                               std::move(stats.block_io),
                                               std::move(stats.pids)};
  std::ranges::move(gpu_columns(sample.gpus), fields.end() - kGpuColumnCount);
  return csv_record(fields);
}

}  // namespace wemol
