#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "recorded_runs.h"

namespace wemol::report {

/// From `since` on and before `until`; each may be open.
struct TimeWindow {
  std::optional<WallTime> since;
  std::optional<WallTime> until;

  [[nodiscard]] bool is_open() const { return !since && !until; }
  [[nodiscard]] bool holds(WallTime time) const;
};

/// When a run counts as having happened: its end, where that is unknown its last row, else as
/// late a time as is known of it.
[[nodiscard]] std::optional<WallTime> time_of(const reading::RecordedRun& run);

/// Nobody has seen its end, and its last row is so young that it may not have ended.
[[nodiscard]] bool may_still_run(const reading::RecordedRun& run, WallTime now);

/// Which modules the patterns name. A pattern names the module of exactly that name; where there is
/// none, all whose name has it as a part, in any letter case (of A to Z).
class ModuleSelection {
 public:
  /// No pattern: all modules.
  ModuleSelection(const std::vector<std::string>& patterns,
                  const std::vector<std::string>& module_names);

  [[nodiscard]] bool takes(const std::string& module_name) const;
  /// The patterns that name no module.
  [[nodiscard]] const std::vector<std::string>& unmatched() const { return unmatched_; }

 private:
  bool takes_all_;
  std::vector<std::string> taken_;
  std::vector<std::string> unmatched_;
};

}  // namespace wemol::report
