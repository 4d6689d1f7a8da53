#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <wemol/sink.h>

#include "clock.h"
#include "open_runs_file.h"
#include "past_records.h"
#include "row_files.h"
#include "run_tally.h"

namespace wemol {

/// Adds up what each run of a task's container uses, and appends one row to
/// `<output-dir>/<folder of the module>/summary.csv` when the run has ended, with the promises of
/// RowFiles. Runs that go on when the recorder stops are written down (OpenRunsFile), and the next
/// recorder goes on with them: of what was before it takes in what the task's CSV holds.
///
/// To be called before the sink that writes the task's CSV, so that no row is taken in that is
/// added as a sample too.
class LedgerSink : public Sink {
 public:
  struct Settings {
    std::filesystem::path output_dir;
    SyncLevel sync = SyncLevel::started;
    /// How much of a run a row has seen that an earlier recorder has written; absent: a second.
    std::optional<std::chrono::nanoseconds> seen_by_past_row;
    /// The limit that is shown of a container without one of its own.
    std::optional<std::uint64_t> host_memory_bytes;
  };

  /// `resumed`: what the recorder before has left.
  LedgerSink(Settings settings, const Clock& clock, const OpenRuns& resumed);

  [[nodiscard]] Conditions write(const Snapshot& snapshot) override;

 private:
  struct Run {
    RunTally tally;
    OpenTaskRun open;
    std::optional<SteadyTime> last_measured_at;  ///< by this recorder
    RunFacts last;                               ///< of the last sample of all
    std::optional<bool> oom_killed;
    std::optional<std::uint64_t> memory_limit_bytes;
  };
  using Key = std::pair<std::string, std::uint64_t>;  ///< container id, run
  using KeyView = std::pair<std::string_view, std::uint64_t>;
  /// Mostly by the number of the run, which one container seldom shares with another.
  struct InOrder {
    using is_transparent = void;
    template <typename One, typename Other>
    bool operator()(const One& one, const Other& other) const {
      return one.second != other.second ? one.second < other.second : one.first < other.first;
    }
  };
  using TasksByGpu = std::map<std::string_view, unsigned>;

  static TasksByGpu count_tasks_by_gpu(const Snapshot& snapshot);
  Run& run_of(const TaskSample& sample);
  /// Of a run that has begun before this recorder.
  void add_past_rows(Run& run, const std::string& task_id) const;
  void add(const TaskSample& sample, const TasksByGpu& tasks_by_gpu);
  [[nodiscard]] static std::optional<std::chrono::nanoseconds> since_before(
      const Run& run, const TaskSample& sample);
  [[nodiscard]] Run take_run(const EndedTaskRun& ended);
  void finish(const EndedTaskRun& ended);
  void raise_to_limit(const Run& run, RunSummary& summary) const;
  [[nodiscard]] Conditions note_open_runs();

  Settings settings_;
  const Clock& clock_;
  PastRecords past_;
  OpenRunsFile open_runs_file_;
  RowFiles files_;
  std::map<Key, Run, InOrder> runs_;
  std::map<std::string, OpenTaskRun> resumed_;  ///< not met yet, by container id
  WallTime began_at_;
  SteadyTime last_write_at_;
  WallTime ends_stated_until_;
  bool has_changed_ = true;  ///< what the file of open runs has to say
};

}  // namespace wemol
