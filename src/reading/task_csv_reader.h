#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "record_reader.h"
#include "recorded_runs.h"
#include "repeated_rows.h"
#include "task_row_reader.h"

namespace wemol::reading {

/// Reads task CSVs one after the other, and counts what it meets.
class TaskCsvReader {
 public:
  TaskCsvReader() : records_(kTaskHeader) {}

  /// Hands the good rows to `take`, which may refuse one by giving the reason. `note_bytes` hears
  /// of each block that was read.
  using Take = std::function<const char*(const TaskRow&)>;
  using NoteBytes = std::function<void(std::uint64_t bytes)>;
  void read(const std::filesystem::path& file, const Take& take, const NoteBytes& note_bytes);

  struct LastRow {
    std::string container;
    WallClockTime read_at;
  };
  /// Of the last good row, from a look at the file's last few KiB. Nothing when there is none, or
  /// the file is none of a task.
  [[nodiscard]] std::optional<LastRow> last_row(const std::filesystem::path& file);

  /// When the first good row was written.
  [[nodiscard]] std::optional<WallClockTime> first_time(const std::filesystem::path& file);

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
