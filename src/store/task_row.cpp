#include "task_row.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <string_view>
#include <variant>

#include <fmt/compile.h>
#include <fmt/format.h>

#include "csv.h"
#include "size_text.h"
#include "task_schema.h"
#include "text.h"

namespace wemol::reading {
namespace {

/// The number in front of one of the units, or of none.
Cell<double> parse_quantity(std::string_view cell, std::string_view unit,
                            std::string_view other_unit) {
  std::string_view text = cell;
  const auto value = take_number(text);
  if (value && (text == unit || text.empty())) {
    return {value};
  }
  const std::string_view behind = trimmed(text);
  if (value && (behind == unit || behind == other_unit || behind.empty())) {
    return {value};
  }
  return {std::nullopt, is_unknown(cell)};
}

}  // namespace

bool is_unknown(std::string_view cell) {
  constexpr std::array<std::string_view, 9> kWords{"",  "N/A", "--", "Unknown", "None",
                                                   "%", "MB",  "W",  "nan"};
  const std::string_view text = trimmed(cell);
  return text.starts_with('[') || text.starts_with("N/A") ||
         std::ranges::find(kWords, text) != kWords.end();
}

Cell<double> parse_percent(std::string_view cell) {
  return parse_quantity(cell, "%", "%");
}

Cell<double> parse_gpu_mebibytes(std::string_view cell) {
  return parse_quantity(cell, "MB", "MiB");
}

Cell<double> parse_watts(std::string_view cell) {
  return parse_quantity(cell, "W", "W");
}

Cell<std::uint64_t> parse_bytes(std::string_view cell) {
  std::string_view text = trimmed(cell);
  const auto bytes = take_size_bytes(text);
  if (bytes && text.empty()) {
    return {bytes};
  }
  return {std::nullopt, is_unknown(cell)};
}

BytesPair parse_bytes_pair(std::string_view cell) {
  constexpr std::string_view kBetween = " / ";
  std::string_view text = cell;
  const auto first = take_size_bytes(text);
  if (first && text.starts_with(kBetween)) {
    text.remove_prefix(kBetween.size());
    const auto second = take_size_bytes(text);
    if (second && text.empty()) {
      return {.first = {first}, .second = {second}};
    }
  }
  if (is_unknown(cell)) {
    return {};
  }
  const std::size_t slash = cell.find('/');
  if (slash == std::string_view::npos) {
    return {.first = {std::nullopt, false}, .second = {}};
  }
  return {parse_bytes(cell.substr(0, slash)), parse_bytes(cell.substr(slash + 1))};
}

bool split_list(std::string_view cell, std::span<std::string_view> items) {
  if (items.size() == 1) {
    items[0] = cell;
    return true;
  }
  const auto parts = static_cast<std::size_t>(std::ranges::count(cell, ',')) + 1;
  if (items.empty() || parts % items.size() != 0) {
    return false;
  }
  for (std::string_view& item : items) {
    std::size_t end = 0;
    for (std::size_t part = 0; part < parts / items.size(); ++part) {
      end = std::min(cell.find(',', end + (part == 0 ? 0 : 1)), cell.size());
    }
    item = cell.substr(0, end);
    cell.remove_prefix(std::min(end + 1, cell.size()));
  }
  return true;
}

}  // namespace wemol::reading

namespace wemol {
namespace {

constexpr std::string_view kAbsent = "--";

std::string percent_text(std::optional<double> percent) {
  return percent ? fmt::format(FMT_COMPILE("{:.2f}%"), *percent) : std::string(kAbsent);
}

std::string pair_text(const std::string& first, const std::string& second) {
  return first + " / " + second;
}

constexpr std::string_view kNotAvailable = "N/A";
constexpr std::string_view kUnknownDevice = "Unknown";
constexpr double kBytesPerMiB = 1 << 20;

/// A value of one GPU as nvidia-smi's users know it: "522MB", "88%", "72°C", "341.52W".
struct DeviceText {
  Unit unit;

  std::string operator()(std::monostate /*unknown*/) const { return std::string(kNotAvailable); }
  std::string operator()(const std::string& text) const {
    return text.empty() ? std::string(kNotAvailable) : text;
  }
  std::string operator()(std::uint64_t number) const {
    return unit == Unit::bytes
               ? fmt::format("{:.0f}MB", std::floor(static_cast<double>(number) / kBytesPerMiB))
               : fmt::format("{}", number);
  }
  std::string operator()(double number) const {
    if (unit == Unit::watts) {
      return fmt::format("{:.2f}W", number);
    }
    return fmt::format("{}{}", number, unit == Unit::celsius ? "°C" : "%");  // the shortest form
  }
  template <typename Other>
  std::string operator()(const Other& /*in no column*/) const {
    return std::string(kNotAvailable);
  }
};

/// One item for each GPU.
std::string list_text(const std::vector<GpuUse>& gpus, const FieldOf<GpuDevice>& field) {
  const bool is_identity = field.unit == Unit::text || field.unit == Unit::count;
  const std::string_view of_unknown = is_identity ? kUnknownDevice : kNotAvailable;
  std::string list;
  for (const GpuUse& gpu : gpus) {
    list += list.empty() ? "" : ",";
    list += gpu.device ? std::visit(DeviceText{field.unit}, field.value(*gpu.device))
                       : std::string(of_unknown);
  }
  return field.unit == Unit::text ? guarded_against_formulas(list) : list;
}

void fill_gpu_columns(const std::optional<std::vector<GpuUse>>& gpus,
                      std::span<std::string> columns) {
  std::ranges::fill(columns, kNotAvailable);
  if (!gpus) {
    return;
  }
  columns[0] = fmt::format("{}", gpus->size());
  if (gpus->empty()) {
    return;
  }
  std::size_t column = 1;
  for (const FieldOf<GpuDevice>& field : device_fields()) {
    if (!field.column.empty()) {
      columns[column++] = list_text(*gpus, field);
    }
  }
}

}  // namespace

PrintedStats docker_text(const ContainerStats& stats) {
  if (stats.printed) {
    return *stats.printed;
  }
  return {.cpu_percent = percent_text(stats.cpu_percent),
          .memory_usage = pair_text(binary_size_text(stats.memory_used_bytes),
                                    binary_size_text(stats.memory_limit_bytes)),
          .memory_percent = percent_text(stats.memory_percent),
          .network_io = pair_text(decimal_size_text(stats.network_received_bytes),
                                  decimal_size_text(stats.network_sent_bytes)),
          .block_io = pair_text(decimal_size_text(stats.block_read_bytes),
                                decimal_size_text(stats.block_written_bytes)),
          .pids = stats.pids ? std::to_string(*stats.pids) : std::string(kAbsent)};
}

std::string task_csv_row(const TaskSample& sample, const std::string& timestamp) {
  PrintedStats stats = docker_text(sample.stats);
  std::array<std::string, kTaskColumnCount> cells{sample.task.task_id,
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
  fill_gpu_columns(sample.gpus, std::span(cells).subspan(at(TaskColumn::gpu_count)));
  return csv_record(cells);
}

}  // namespace wemol
