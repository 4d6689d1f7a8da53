#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <wemol/result.h>

#include "daily_plan.h"
#include "day_files.h"
#include "titles.h"

namespace wemol::report::daily {

struct DaysOfNodes {
  std::vector<NodeOfDay> nodes;  ///< day by day, in each the nodes of the settings
  std::vector<std::string> warnings;
};

/// From the nodes, all side by side, and the users from the management API.
[[nodiscard]] DaysOfNodes fetched_days(const DailyPlan& plan, unsigned jobs);
/// From the files of earlier runs.
[[nodiscard]] DaysOfNodes stored_days(const DailyPlan& plan, const std::filesystem::path& data_dir);

struct UserReport {
  std::string text;
  std::vector<std::string> warnings;
  bool is_whole = true;  ///< false: of some node or day it is not known
};

/// Who has which GPU. Fails when that is known of no node.
[[nodiscard]] Result<UserReport> user_report(const DailyPlan& plan, Titles titles, unsigned jobs);

}  // namespace wemol::report::daily
