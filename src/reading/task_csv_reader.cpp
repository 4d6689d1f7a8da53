#include "task_csv_reader.h"

#include <utility>

#include "reading_report.h"

namespace wemol::reading {

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

std::optional<WallClockTime> TaskCsvReader::first_time(const std::filesystem::path& file) {
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
