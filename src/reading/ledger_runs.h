#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "recorded_runs.h"

namespace wemol::reading {

/// Which runs the ledgers hold, by task.
class LedgerIndex {
 public:
  /// False when it is there already: the same container with the same start (where that is not
  /// known, with the same end).
  bool add(const RunSummary& run);

  [[nodiscard]] bool holds_task(const std::string& task_id) const;
  [[nodiscard]] bool holds(const std::string& task_id, std::string_view container) const;
  /// When the last of the task's runs ended. Nothing when one of them has no known end.
  [[nodiscard]] std::optional<WallClockTime> last_end(const std::string& task_id) const;

 private:
  struct Run {
    std::string container;
    std::optional<WallClockTime> started_at;
    std::optional<WallClockTime> ended_at;
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
