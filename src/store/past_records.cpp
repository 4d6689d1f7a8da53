#include "past_records.h"

#include <spdlog/spdlog.h>

#include "folder_name.h"
#include "ledger_row.h"
#include "recorded_runs.h"
#include "recorded_tree.h"

namespace wemol {
namespace {

using namespace std::chrono_literals;

reading::LedgerIndex index_of(const std::filesystem::path& folder) {
  reading::LedgerIndex index;
  reading::ReadingReport report;
  reading::read_ledgers(reading::files_of(folder, kLedgerStem), index, report, [](RunSummary&&) {});
  for (const reading::BadLine& bad : report.first_bad_lines) {
    spdlog::warn(
        "{}:{} cannot be read: {}; if it was of a task that ended just before this recorder began, "
        "that has another row now",
        bad.file.string(), bad.line, bad.reason);
  }
  return index;
}

}  // namespace

std::filesystem::path PastRecords::folder_of(const std::string& module_name) const {
  return output_dir_ / folder_name(module_name);
}

void PastRecords::add_rows(const std::string& task_id, const OpenTaskRun& run, WallTime before,
                           RunTally& tally) const {
  const OpenRun& open = run.run;
  for (const auto& file : reading::files_of(folder_of(run.module_name), task_id)) {
    const auto report = reading::read_task_rows(file, [&](const reading::TaskRow& row) {
      // A row is dated in whole seconds.
      if (row.container == open.container_name && row.usage.read_at < before &&
          (!open.started_at || row.usage.read_at + 1s > *open.started_at)) {
        UsageReading usage = row.usage;
        usage.seen = seen_by_row_;
        tally.add(usage);
      }
    });
    if (!report) {
      spdlog::warn(
          "task {}: what {} holds of its time before this recorder is not in the ledger: {}",
          task_id, file.string(), report.error().message);
    }
  }
}

bool PastRecords::has_ledger_row(const RunSummary& run) {
  const std::filesystem::path folder = folder_of(run.module_name);
  auto found = ledgers_.find(folder);
  if (found == ledgers_.end()) {
    found = ledgers_.emplace(folder, index_of(folder)).first;
  }
  return found->second.add(run, {}).has_value();
}

}  // namespace wemol
