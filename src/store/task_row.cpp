#include "task_row.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
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

void append_percent(std::optional<double> percent, std::string& text) {
  if (percent) {
    fmt::format_to(std::back_inserter(text), FMT_COMPILE("{:.2f}%"), *percent);
  } else {
    text += kAbsent;
  }
}

void append_number(std::optional<std::uint64_t> number, std::string& text) {
  if (number) {
    fmt::format_to(std::back_inserter(text), FMT_COMPILE("{}"), *number);
  } else {
    text += kAbsent;
  }
}

/// By one of the functions for sizes.
template <typename Append>
void append_pair(const Append& append, const std::optional<std::uint64_t>& first,
                 const std::optional<std::uint64_t>& second, std::string& text) {
  append(first, text);
  text += " / ";
  append(second, text);
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

void append_gpu_columns(const std::optional<std::vector<GpuUse>>& gpus, std::string& row) {
  if (gpus) {
    fmt::format_to(std::back_inserter(row), FMT_COMPILE(",{}"), gpus->size());
  } else {
    row.append(1, ',').append(kNotAvailable);
  }
  for (const FieldOf<GpuDevice>& field : device_fields()) {
    if (field.column.empty()) {
      continue;
    }
    row += ',';
    if (gpus && !gpus->empty()) {
      append_csv_field(list_text(*gpus, field), row);
    } else {
      row += kNotAvailable;
    }
  }
}

/// As `docker stats` prints them: as they were printed where they came as text, else made from the
/// numbers by docker's own formulas (docker/cli formatter/stats.go with docker/go-units size.go):
/// memory in powers of 1024 with four digits, I/O in powers of 1000 with three, percentages with
/// two decimals. A value that is absent is "--". What is made here needs no quotes.
void append_stats_columns(const ContainerStats& stats, std::string& row) {
  if (stats.printed) {
    const PrintedStats& printed = *stats.printed;
    for (const std::string* cell :
         {&printed.cpu_percent, &printed.memory_usage, &printed.memory_percent, &printed.network_io,
          &printed.block_io, &printed.pids}) {
      row += ',';
      append_csv_field(*cell, row);
    }
    return;
  }
  row += ',';
  append_percent(stats.cpu_percent, row);
  row += ',';
  append_pair(append_binary_size, stats.memory_used_bytes, stats.memory_limit_bytes, row);
  row += ',';
  append_percent(stats.memory_percent, row);
  row += ',';
  append_pair(append_decimal_size, stats.network_received_bytes, stats.network_sent_bytes, row);
  row += ',';
  append_pair(append_decimal_size, stats.block_read_bytes, stats.block_written_bytes, row);
  row += ',';
  append_number(stats.pids, row);
}

void append_free_text(const std::string& text, std::string& row) {
  if (is_formula(text)) {
    append_csv_field(guarded_against_formulas(text), row);
  } else {
    append_csv_field(text, row);
  }
}

}  // namespace

void append_task_csv_row(const TaskSample& sample, std::string_view timestamp, std::string& rows) {
  append_csv_field(sample.task.task_id, rows);
  rows += ',';
  append_csv_field(sample.task.job_id, rows);
  rows += ',';
  append_free_text(sample.module_name, rows);
  rows += ',';
  append_csv_field(timestamp, rows);
  rows += ',';
  append_free_text(sample.container_name, rows);
  append_stats_columns(sample.stats, rows);
  append_gpu_columns(sample.gpus, rows);
  rows += "\r\n";
}

std::string task_csv_row(const TaskSample& sample, std::string_view timestamp) {
  std::string row;
  append_task_csv_row(sample, timestamp, row);
  return row;
}

}  // namespace wemol
