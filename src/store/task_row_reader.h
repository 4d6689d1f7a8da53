#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "record_reader.h"
#include "recorded_runs.h"
#include "sampled_runs.h"
#include "task_schema.h"
#include "time_text.h"

namespace wemol::reading {

/// Makes readings of the rows of task CSVs, in the order of the file.
class TaskRowReader {
 public:
  /// Nothing when a cell holds what no recorder writes; trouble() names it. The row lives until the
  /// next call, and as long as the fields.
  [[nodiscard]] const TaskRow* parse(std::span<const std::string_view> fields);
  [[nodiscard]] const std::string& trouble() const { return trouble_; }
  /// The next row belongs to another file.
  void begin_file(bool has_decimal_commas = false) {
    times_.begin_file();
    has_decimal_commas_ = has_decimal_commas;
  }
  /// Whether a time of this file was written otherwise than the recorder writes it.
  [[nodiscard]] bool has_other_times() const { return times_.has_other_form(); }

 private:
  [[nodiscard]] bool parse_identity(std::span<const std::string_view> fields);
  [[nodiscard]] bool parse_usage(std::span<const std::string_view> fields);
  [[nodiscard]] bool parse_gpus(std::span<const std::string_view> fields);
  /// The cell with a decimal point, until the next call.
  [[nodiscard]] std::string_view with_point(std::string_view cell);
  /// Keeps which cell it is. Always false.
  bool refuse(std::span<const std::string_view> fields, TaskColumn column);

  template <typename Parse>
  bool take_list(const Parse& parse, std::span<const std::string_view> fields, TaskColumn column,
                 std::optional<double> GpuReading::*value);

  LocalTimeReader times_;
  bool has_decimal_commas_ = false;
  std::string with_point_;
  TaskRow row_;
  std::vector<GpuReading> gpus_;
  std::vector<std::string_view> items_;
  std::string trouble_;
};

/// Reads task CSVs one after the other, and counts what it meets.
class TaskCsvReader {
 public:
  TaskCsvReader() : records_(task_csv_header()) {}

  /// Hands the good rows to `take`, which may refuse one by giving the reason. `note_bytes` hears
  /// of each block that was read.
  using Take = std::function<const char*(const TaskRow&)>;
  using NoteBytes = std::function<void(std::uint64_t bytes)>;
  void read(const std::filesystem::path& file, const Take& take, const NoteBytes& note_bytes);

  struct LastRow {
    std::string container;
    WallTime read_at;
  };
  /// Of the last good row, from a look at the file's last few KiB. Nothing when there is none, or
  /// the file is none of a task.
  [[nodiscard]] std::optional<LastRow> last_row(const std::filesystem::path& file);

  /// When the first good row was written.
  [[nodiscard]] std::optional<WallTime> first_time(const std::filesystem::path& file);

  /// Counts what a file was read for twice.
  void note(const RepeatedRows& repeated) { repeated.note(report_); }

  /// What was met since the last call.
  [[nodiscard]] ReadingReport take_report();

 private:
  RecordReader records_;
  TaskRowReader rows_;
  ReadingReport report_;
  std::uint64_t bytes_reported_ = 0;
};

}  // namespace wemol::reading
