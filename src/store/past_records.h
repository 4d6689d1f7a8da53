#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "ledger_runs.h"
#include "ledger_schema.h"
#include "open_runs_file.h"
#include "run_tally.h"

namespace wemol {

/// What earlier recorders have written of the runs that this one goes on with.
class PastRecords {
 public:
  /// `seen_by_row`: how much of a run each row of a task's CSV has seen; absent: a second.
  PastRecords(std::filesystem::path output_dir, std::optional<std::chrono::nanoseconds> seen_by_row)
      : output_dir_(std::move(output_dir)), seen_by_row_(seen_by_row) {}

  /// Adds up what the task's CSVs hold of the run from before that time. A file that cannot be read
  /// is logged.
  void add_rows(const std::string& task_id, const OpenTaskRun& run, WallTime before,
                RunTally& tally) const;

  /// Whether the ledger has a row of the run: a recorder may have been killed when it had written
  /// that, and not yet that the run is over.
  [[nodiscard]] bool has_ledger_row(const RunSummary& run);
  /// What has been read for that. It is seldom asked for, and a ledger may be long.
  void forget_ledgers() { ledgers_.clear(); }

 private:
  [[nodiscard]] std::filesystem::path folder_of(const std::string& module_name) const;

  std::filesystem::path output_dir_;
  std::optional<std::chrono::nanoseconds> seen_by_row_;
  std::map<std::filesystem::path, reading::LedgerIndex> ledgers_;  ///< by folder, once asked for
};

}  // namespace wemol
