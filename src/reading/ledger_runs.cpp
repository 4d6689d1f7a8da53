#include "ledger_runs.h"

#include <algorithm>

#include "ledger_row.h"
#include "reading_report.h"
#include "record_reader.h"

namespace wemol::reading {
namespace {

void read_ledger(const std::filesystem::path& file, RecordReader& records, LedgerIndex& index,
                 ReadingReport& report, const std::function<void(RunSummary&&)>& take) {
  if (const auto opened = records.open(file); !opened) {
    note_bad_file(report, file, opened.error().message);
    return;
  }
  ++report.ledger_files;
  for (;;) {
    const RecordReader::Outcome outcome = records.next();
    if (outcome == RecordReader::Outcome::end) {
      break;
    }
    if (outcome == RecordReader::Outcome::bad_line) {
      note_bad_line(report, file, records.line(), records.trouble());
      continue;
    }
    Result<RunSummary> run = parse_ledger_row(records.fields());
    if (!run) {
      note_bad_line(report, file, records.line(), run.error().message);
      continue;
    }
    ++report.ledger_rows;
    if (!records.has_line_end()) {
      run->energy_wh.reset();
    }
    if (index.add(*run)) {
      take(*std::move(run));
    }
  }
  if (!records.read_error().empty()) {
    note_bad_file(report, file, records.read_error());
  }
}

}  // namespace

bool LedgerIndex::add(const RunSummary& run) {
  Run key{.container = run.container, .started_at = run.started_at, .ended_at = run.ended_at};
  std::vector<Run>& runs = tasks_[run.task_id];
  const bool is_there = std::ranges::any_of(runs, [&](const Run& other) {
    return other.container == key.container && other.started_at == key.started_at &&
           (key.started_at || other.ended_at == key.ended_at);
  });
  if (!is_there) {
    runs.push_back(std::move(key));
  }
  return !is_there;
}

bool LedgerIndex::holds_task(const std::string& task_id) const {
  return tasks_.contains(task_id);
}

bool LedgerIndex::holds(const std::string& task_id, std::string_view container) const {
  const auto found = tasks_.find(task_id);
  return found != tasks_.end() &&
         std::ranges::find(found->second, container, &Run::container) != found->second.end();
}

std::optional<WallClockTime> LedgerIndex::last_end(const std::string& task_id) const {
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
  for (const std::filesystem::path& file : files) {
    read_ledger(file, records, index, report, take);
  }
  report.bytes += records.bytes_read();
}

}  // namespace wemol::reading
