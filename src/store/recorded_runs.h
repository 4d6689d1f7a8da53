#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <wemol/result.h>

#include "ledger_schema.h"
#include "run_tally.h"

namespace wemol::reading {

/// Where the figures of a run come from.
enum class Basis {
  ledger,  ///< the recorder's row at the run's end
  samples  ///< added up from the task's CSV: the run has no row in a ledger
};

/// One run of a task's container, as the recorded files tell it.
struct RecordedRun {
  RunSummary summary;
  Basis basis = Basis::ledger;
  /// The times of the first and the last row, where the task's CSV was read.
  std::optional<WallTime> first_read_at = std::nullopt;
  std::optional<WallTime> last_read_at = std::nullopt;
};

/// A line that could not be used.
struct BadLine {
  std::filesystem::path file;
  std::uint64_t line = 0;  ///< from 1; 0: the whole file
  std::string reason;
};

/// Rows that two files have: they count once.
struct Repeat {
  std::filesystem::path file;
  std::filesystem::path of;  ///< the one that counts
  std::uint64_t rows = 0;
};

/// What was read, for the report's last words. Nothing of it is fatal.
struct ReadingReport {
  std::uint64_t ledger_rows = 0;
  std::uint64_t sample_rows = 0;
  std::uint64_t ledger_files = 0;
  std::uint64_t task_files = 0;  ///< task CSVs that were read
  std::uint64_t bytes = 0;
  std::uint64_t resaved_files = 0;  ///< read, though not in the recorder's form: a spreadsheet's
  std::uint64_t bad_lines = 0;
  std::uint64_t bad_files = 0;
  std::vector<BadLine> first_bad_lines;  ///< at most kBadLinesNamed
  std::uint64_t repeated_rows = 0;       ///< also counted in the rows above
  std::uint64_t repeating_files = 0;
  std::vector<Repeat> first_repeats;  ///< at most kBadLinesNamed
};
inline constexpr std::size_t kBadLinesNamed = 20;

struct ReadingRequest {
  std::filesystem::path root;  ///< the recorder's output folder
  /// Do not look at the ledgers: everything from the samples.
  bool samples_only = false;
  /// That read files side by side; 0: one per CPU.
  unsigned threads = 0;
};

/// How far a long reading has come; called now and then from the thread that called read_runs.
using Progress = std::function<void(std::uint64_t bytes_done, std::uint64_t bytes_in_all)>;

/// Hands every recorded run below the root to `take`, one call at a time, in no certain order. A
/// run that the ledger holds is taken from there, others from their task's CSV. Fails only when the
/// root itself cannot be read.
[[nodiscard]] Result<ReadingReport> read_runs(const ReadingRequest& request,
                                              const std::function<void(RecordedRun&&)>& take,
                                              const Progress& progress);

/// One row of a task's CSV. The texts and spans live for the call.
struct TaskRow {
  std::string_view task_id;
  std::string_view job_id;
  std::string_view module_name;
  std::string_view container;
  UsageReading usage;
};

/// What the tree holds of one task: its CSVs (a module's folder each, continued in `-2` files) and
/// its runs.
struct TaskFiles {
  std::vector<std::filesystem::path> csv_files;
  std::vector<RecordedRun> runs;  ///< in the order of time
};

/// Fails when the tree holds nothing of that task, or nothing that can be read.
[[nodiscard]] Result<TaskFiles> find_task(const ReadingRequest& request,
                                          const std::string& task_id);

/// Every good row of a task's CSV, in the file's order; bad ones are counted in the report.
[[nodiscard]] Result<ReadingReport> read_task_rows(const std::filesystem::path& file,
                                                   const std::function<void(const TaskRow&)>& take);

}  // namespace wemol::reading
