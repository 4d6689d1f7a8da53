#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "recorded_runs.h"
#include "run_tally.h"

namespace wemol::reading {

/// Finds the rows of one task that another of its files has too, since somebody has copied or
/// linked a file or a folder: same container, same time. Two of one file are no repetition: with an
/// interval below a second they are two readings.
///
/// Keeps the times of a task's rows, and those only where the task has several files.
class RepeatedRows {
 public:
  explicit RepeatedRows(std::size_t file_count) : file_count_(file_count) {}

  void begin_file(const std::filesystem::path& file);
  /// Whether a file before this one has the row.
  [[nodiscard]] bool holds(std::string_view container, WallTime read_at) {
    return file_count_ > 1 && holds_among_several(container, read_at);
  }
  /// After the last file.
  void note(ReadingReport& report) const;

 private:
  using Times = std::vector<WallTime>;
  struct FileTimes {
    std::size_t file = 0;
    Times times;  ///< sorted, except those of the file that is being read
  };
  struct Container {
    std::string name;
    std::vector<FileTimes> files;
  };

  [[nodiscard]] bool holds_among_several(std::string_view container, WallTime read_at);
  [[nodiscard]] Container& container_of(std::string_view name);
  void count_repeat(std::size_t of);

  std::size_t file_count_;
  std::vector<std::filesystem::path> files_;
  std::vector<Container> containers_;
  std::size_t last_ = 0;  ///< whose row the last one was
  std::vector<Repeat> repeats_;
};

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
