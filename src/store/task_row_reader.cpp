#include "task_row_reader.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "csv.h"
#include "recorded_tree.h"
#include "task_row.h"
#include "text.h"

namespace wemol::reading {
namespace {

using Column = TaskColumn;
constexpr double kPercentPerCore = 100;
constexpr std::size_t kMostGpus = 1024;  ///< more are no count but damage
constexpr std::string_view kUnknownGpu = "Unknown";

}  // namespace

bool TaskRowReader::refuse(std::span<const std::string_view> fields, Column column) {
  trouble_ = fmt::format("{} cannot be \"{}\"", task_columns()[at(column)],
                         printable(fields[at(column)].substr(0, 60)));
  return false;
}

std::string_view TaskRowReader::with_point(std::string_view cell) {
  if (!has_decimal_commas_ || cell.find(',') == std::string_view::npos) {
    return cell;
  }
  with_point_ = cell;
  std::ranges::replace(with_point_, ',', '.');
  return with_point_;
}

bool TaskRowReader::parse_identity(std::span<const std::string_view> fields) {
  row_.task_id = fields[at(Column::task_id)];
  row_.job_id = fields[at(Column::job_id)];
  row_.module_name = without_formula_guard(fields[at(Column::module_name)]);
  row_.container = without_formula_guard(fields[at(Column::container)]);
  if (row_.task_id.empty()) {
    return refuse(fields, Column::task_id);
  }
  if (row_.container.empty()) {
    return refuse(fields, Column::container);
  }
  const auto read_at = times_.parse(fields[at(Column::timestamp)]);
  if (!read_at) {
    refuse(fields, Column::timestamp);
    trouble_ += is_ambiguous_date(fields[at(Column::timestamp)])
                    ? ": day and month are ambiguous; save the file with times like "
                      "2026-11-05 10:00:00"
                    : "";
    return false;
  }
  row_.usage.read_at = *read_at;
  return true;
}

bool TaskRowReader::parse_usage(std::span<const std::string_view> fields) {
  UsageReading& usage = row_.usage;
  const Cell<double> cpu_percent = parse_percent(with_point(fields[at(Column::cpu_percent)]));
  if (!cpu_percent.is_readable) {
    return refuse(fields, Column::cpu_percent);
  }
  usage.cpu_cores.reset();
  if (cpu_percent.value) {
    usage.cpu_cores = *cpu_percent.value / kPercentPerCore;
  }
  const auto take_pair = [&](Column column, auto& first, auto& second) {
    const BytesPair pair = parse_bytes_pair(with_point(fields[at(column)]));
    first = pair.first.value;
    second = pair.second.value;
    return (pair.first.is_readable && pair.second.is_readable) || refuse(fields, column);
  };
  std::optional<std::uint64_t> memory_limit;
  if (!take_pair(Column::mem_usage, usage.memory_used_bytes, memory_limit) ||
      !take_pair(Column::net_io, usage.network_rx_bytes, usage.network_tx_bytes) ||
      !take_pair(Column::block_io, usage.block_read_bytes, usage.block_write_bytes)) {
    return false;
  }
  if (memory_limit == 0U) {  // the memory controller is off: nothing was measured
    usage.memory_used_bytes.reset();
  }
  return true;
}

/// One value for each GPU; a single word for "unknown" may stand for all of them.
template <typename Parse>
bool TaskRowReader::take_list(const Parse& parse, std::span<const std::string_view> fields,
                              Column column, std::optional<double> GpuReading::*value) {
  if (!split_list(fields[at(column)], items_)) {
    return is_unknown(fields[at(column)]) || refuse(fields, column);
  }
  for (std::size_t i = 0; i < gpus_.size(); ++i) {
    const Cell<double> cell = parse(with_point(items_[i]));
    if (!cell.is_readable) {
      return refuse(fields, column);
    }
    gpus_[i].*value = cell.value;
  }
  return true;
}

bool TaskRowReader::parse_gpus(std::span<const std::string_view> fields) {
  row_.usage.gpus.reset();
  const auto count = parse_number<std::size_t>(fields[at(Column::gpu_count)]);
  if (!count || *count > kMostGpus) {
    return (!count && is_unknown(fields[at(Column::gpu_count)])) ||
           refuse(fields, Column::gpu_count);
  }
  gpus_.assign(*count, {.id = kUnknownGpu, .name = kUnknownGpu});
  items_.resize(*count);
  row_.usage.gpus = gpus_;
  if (*count == 0) {
    return true;
  }
  if (!split_list(fields[at(Column::gpu_ids)], items_)) {
    return refuse(fields, Column::gpu_ids);
  }
  for (std::size_t i = 0; i < *count; ++i) {
    gpus_[i].id = items_[i];
  }
  // Names with commas of their own, of models that differ, cannot be told apart.
  if (split_list(without_formula_guard(fields[at(Column::gpu_names)]), items_)) {
    for (std::size_t i = 0; i < *count; ++i) {
      gpus_[i].name = items_[i];
    }
  }
  return take_list(parse_gpu_mebibytes, fields, Column::gpu_memory_used,
                   &GpuReading::memory_used_mib) &&
         take_list(parse_percent, fields, Column::gpu_utilization,
                   &GpuReading::utilization_percent) &&
         take_list(parse_watts, fields, Column::gpu_power_draw, &GpuReading::power_draw_watts);
}

const TaskRow* TaskRowReader::parse(std::span<const std::string_view> fields) {
  const bool is_good = parse_identity(fields) && parse_usage(fields) && parse_gpus(fields);
  return is_good ? &row_ : nullptr;
}

void TaskCsvReader::read(const std::filesystem::path& file, const Take& take,
                         const NoteBytes& note_bytes) {
  std::uint64_t bytes_noted = records_.bytes_read();
  if (const auto opened = records_.open(file); !opened) {
    note_bad_file(report_, file, opened.error().message);
    return;
  }
  ++report_.task_files;
  rows_.begin_file(records_.has_semicolons());
  for (;;) {
    const RecordReader::Outcome outcome = records_.next();
    if (records_.bytes_read() != bytes_noted) {
      note_bytes(records_.bytes_read() - bytes_noted);
      bytes_noted = records_.bytes_read();
    }
    if (outcome == RecordReader::Outcome::end) {
      break;
    }
    if (outcome == RecordReader::Outcome::bad_line) {
      note_bad_line(report_, file, records_.line(), records_.trouble());
      continue;
    }
    const TaskRow* const row = rows_.parse(records_.fields());
    const char* const refusal = row == nullptr ? rows_.trouble().c_str() : take(*row);
    if (refusal != nullptr) {
      note_bad_line(report_, file, records_.line(), refusal);
      continue;
    }
    ++report_.sample_rows;
  }
  report_.resaved_files += records_.has_semicolons() || rows_.has_other_times() ? 1U : 0U;
  if (!records_.read_error().empty()) {
    note_bad_file(report_, file, records_.read_error());
  }
}

std::optional<TaskCsvReader::LastRow> TaskCsvReader::last_row(const std::filesystem::path& file) {
  constexpr std::uint64_t kTailLength = 4096;
  if (!records_.open_tail(file, kTailLength)) {
    return std::nullopt;
  }
  rows_.begin_file();
  std::optional<LastRow> last;
  for (auto outcome = records_.next(); outcome != RecordReader::Outcome::end;
       outcome = records_.next()) {
    const TaskRow* const row =
        outcome == RecordReader::Outcome::record ? rows_.parse(records_.fields()) : nullptr;
    if (row != nullptr) {
      last = {.container = std::string(row->container), .read_at = row->usage.read_at};
    }
  }
  return last;
}

std::optional<WallTime> TaskCsvReader::first_time(const std::filesystem::path& file) {
  if (!records_.open(file)) {
    return std::nullopt;
  }
  rows_.begin_file(records_.has_semicolons());
  for (auto outcome = records_.next(); outcome != RecordReader::Outcome::end;
       outcome = records_.next()) {
    const TaskRow* const row =
        outcome == RecordReader::Outcome::record ? rows_.parse(records_.fields()) : nullptr;
    if (row != nullptr) {
      return row->usage.read_at;
    }
  }
  return std::nullopt;
}

ReadingReport TaskCsvReader::take_report() {
  report_.bytes = records_.bytes_read() - std::exchange(bytes_reported_, records_.bytes_read());
  return std::exchange(report_, {});
}

}  // namespace wemol::reading
