#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "day_files.h"
#include "document.h"
#include "user_figures.h"

namespace wemol::report::daily {

/// All that a run has got, and what follows from it.
struct DailyReport {
  std::string zone;
  std::vector<Day> days;          ///< at least one
  std::vector<NodeOfDay> nodes;   ///< day by day, in each the nodes of the settings
  std::vector<NodeFigures> sums;  ///< of each node over all days
  std::vector<UserFigures> users;
};

[[nodiscard]] DailyReport daily_report(std::string zone, std::vector<Day> days,
                                       std::vector<NodeOfDay> nodes);

/// "2025-08-01", or "2025-08-01 to 2025-08-31".
[[nodiscard]] std::string span_text(const DailyReport& report);

/// The cards of each node and the users, over all days.
[[nodiscard]] Document daily_document(const DailyReport& report);
/// The nodes side by side.
[[nodiscard]] Document comparison_document(const DailyReport& report);
/// The cards that a user held, day by day.
[[nodiscard]] Document user_document(const DailyReport& report, const std::string& user);

/// The fields are those of docs/daily.md.
[[nodiscard]] nlohmann::ordered_json daily_json(const DailyReport& report);
/// A row for each card and day.
[[nodiscard]] std::string daily_csv(const DailyReport& report);
/// Of one user only; the rest of the report stays as it is.
[[nodiscard]] nlohmann::ordered_json user_json(const DailyReport& report, const std::string& user);
[[nodiscard]] std::string user_csv(const DailyReport& report, const std::string& user);

}  // namespace wemol::report::daily
