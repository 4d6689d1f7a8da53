#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "recorded_runs.h"

namespace wemol::reading {

/// Whether what was written at a time is of another run than the one that ended then: that one's
/// last row is written in the round after its end.
[[nodiscard]] constexpr bool is_of_later_run(WallTime written_at, WallTime end) {
  constexpr std::chrono::minutes kWrittenAfterEnd{2};
  return written_at - kWrittenAfterEnd > end;
}

/// Which runs the ledgers hold, by task.
class LedgerIndex {
 public:
  /// Nothing, or when it is there already (the same container with the same start, where that is
  /// unknown with the same end) the number of the ledger that has it.
  ///
  /// `end_in_rows`: when the run ended, as the clock that has dated the task's rows shows it. Rows
  /// have no offset, so that is another time than ended_at where they are read in another zone.
  std::optional<std::size_t> add(const RunSummary& run, std::optional<WallTime> end_in_rows,
                                 std::size_t ledger = 0);

  [[nodiscard]] bool holds_task(const std::string& task_id) const;
  /// When the last held run of the container ended, by the clock of the task's rows: those until
  /// then are of held runs.
  /// Nothing when none is held; the end of time when the end of one is unknown.
  [[nodiscard]] std::optional<WallTime> held_until(const std::string& task_id,
                                                   std::string_view container) const;
  /// When the last of the task's runs ended. Nothing when one of them has no known end.
  [[nodiscard]] std::optional<WallTime> last_end(const std::string& task_id) const;

 private:
  struct Run {
    std::string container;
    std::optional<WallTime> started_at;
    std::optional<WallTime> ended_at;
    std::optional<WallTime> end_in_rows;
    std::size_t ledger = 0;
  };
  std::unordered_map<std::string, std::vector<Run>> tasks_;
};

/// Hands each run of the ledgers to `take`, once.
///
/// A last row without a line end was cut off: it is taken when it has all its cells, but the last
/// one, energy_wh, may lack digits and is left out.
void read_ledgers(const std::vector<std::filesystem::path>& files, LedgerIndex& index,
                  ReadingReport& report, const std::function<void(RunSummary&&)>& take);

}  // namespace wemol::reading
