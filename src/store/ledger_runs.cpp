#include "ledger_runs.h"

#include <algorithm>
#include <map>

#include "ledger_row.h"
#include "record_reader.h"
#include "recorded_tree.h"
#include "time_text.h"

namespace wemol::reading {
namespace {

/// As a ledger has it.
std::optional<WallTime> in_milliseconds(const std::optional<WallTime>& time) {
  return time ? std::optional<WallTime>(std::chrono::floor<std::chrono::milliseconds>(*time))
              : std::nullopt;
}

/// Of "2026-01-15T10:30:00.123+08:00" what a task's row would have.
std::optional<WallTime> as_rows_tell(std::string_view iso_time, LocalTimeReader& times) {
  constexpr std::string_view kRowTime = "2026-01-15 10:30:00";
  std::string text(iso_time.substr(0, kRowTime.size()));
  std::ranges::replace(text, 'T', ' ');
  times.begin_file();
  return times.parse(text);
}

void read_ledger(const std::vector<std::filesystem::path>& files, std::size_t number,
                 RecordReader& records, LedgerIndex& index, ReadingReport& report,
                 const std::function<void(RunSummary&&)>& take) {
  const std::filesystem::path& file = files[number];
  if (const auto opened = records.open(file); !opened) {
    note_bad_file(report, file, opened.error().message);
    return;
  }
  ++report.ledger_files;
  report.resaved_files += records.has_semicolons() ? 1U : 0U;
  LocalTimeReader times;
  std::map<std::size_t, std::uint64_t> repeats;  // by the number of the ledger repeated
  for (;;) {
    const RecordReader::Outcome outcome = records.next();
    if (outcome == RecordReader::Outcome::end) {
      break;
    }
    if (outcome == RecordReader::Outcome::bad_line) {
      note_bad_line(report, file, records.line(), records.trouble());
      continue;
    }
    Result<RunSummary> run =
        parse_ledger_row(records.fields(), records.has_semicolons() ? ',' : '.');
    if (!run) {
      note_bad_line(report, file, records.line(), run.error().message);
      continue;
    }
    ++report.ledger_rows;
    if (!records.has_line_end()) {
      run->energy_wh.reset();
    }
    const auto holder =
        index.add(*run, as_rows_tell(records.fields()[kLedgerEndedAtColumn], times), number);
    if (!holder) {
      take(*std::move(run));
    } else if (*holder != number) {
      ++repeats[*holder];
    }
  }
  for (const auto& [holder, rows] : repeats) {
    note_repeat(report, {.file = file, .of = files[holder], .rows = rows});
  }
  if (!records.read_error().empty()) {
    note_bad_file(report, file, records.read_error());
  }
}

}  // namespace

std::optional<std::size_t> LedgerIndex::add(const RunSummary& run,
                                            std::optional<WallTime> end_in_rows,
                                            std::size_t ledger) {
  Run key{.container = run.container,
          .started_at = in_milliseconds(run.started_at),
          .ended_at = in_milliseconds(run.ended_at),
          .end_in_rows = end_in_rows,
          .ledger = ledger};
  std::vector<Run>& runs = tasks_[run.task_id];
  const auto found = std::ranges::find_if(runs, [&](const Run& other) {
    return other.container == key.container && other.started_at == key.started_at &&
           (key.started_at || other.ended_at == key.ended_at);
  });
  if (found != runs.end()) {
    return found->ledger;
  }
  runs.push_back(std::move(key));
  return std::nullopt;
}

bool LedgerIndex::holds_task(const std::string& task_id) const {
  return tasks_.contains(task_id);
}

std::optional<WallTime> LedgerIndex::held_until(const std::string& task_id,
                                                std::string_view container) const {
  std::optional<WallTime> until;
  if (const auto found = tasks_.find(task_id); found != tasks_.end()) {
    for (const Run& run : found->second) {
      if (run.container == container) {
        until = std::max(until, std::optional(run.end_in_rows.value_or(WallTime::max())));
      }
    }
  }
  return until;
}

std::optional<WallTime> LedgerIndex::last_end(const std::string& task_id) const {
  const auto found = tasks_.find(task_id);
  if (found == tasks_.end() || !std::ranges::all_of(found->second, [](const Run& run) {
        return run.ended_at.has_value();
      })) {
    return std::nullopt;
  }
  return std::ranges::max(found->second, {}, &Run::ended_at).ended_at;
}

void read_ledgers(const std::vector<std::filesystem::path>& files, LedgerIndex& index,
                  ReadingReport& report, const std::function<void(RunSummary&&)>& take) {
  RecordReader records(ledger_header());
  for (std::size_t number = 0; number < files.size(); ++number) {
    read_ledger(files, number, records, index, report, take);
  }
  report.bytes += records.bytes_read();
}

}  // namespace wemol::reading
