#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "recorded_runs.h"
#include "run_tally.h"

namespace wemol::reading {

/// Adds the rows of one task's CSVs up, to a run for each of its containers.
class SampledRuns {
 public:
  /// So many containers no task has; their rows would fill the memory.
  static constexpr std::size_t kMostContainers = 1000;

  /// Until when a ledger tells of the container (LedgerIndex), so that its rows do not count.
  using HeldUntil = std::function<std::optional<WallTime>(std::string_view container)>;
  explicit SampledRuns(HeldUntil held_until) : held_until_(std::move(held_until)) {}

  /// False when there are too many containers already.
  [[nodiscard]] bool add(const TaskRow& row);

  /// In the order of their first rows.
  void hand_out(const std::function<void(RecordedRun&&)>& take) const;

 private:
  struct Run {
    std::string container;
    std::string task_id;
    std::string job_id;
    std::string module_name;
    std::optional<WallTime> held_until;
    RunTally tally;
  };

  [[nodiscard]] static bool is_of_held_run(const Run& run);
  [[nodiscard]] Run* run_of(const TaskRow& row);

  HeldUntil held_until_;
  std::vector<Run> runs_;
  std::size_t last_ = 0;     ///< whose row the last one was
  std::string module_name_;  ///< the last known one of any of them: it is the task's
};

}  // namespace wemol::reading
