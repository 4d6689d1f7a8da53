#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "node_figures.h"

namespace wemol::report::daily {

/// A user over all nodes and days of a report.
struct UserFigures {
  std::string user;
  double gpu_hours = 0;
  double idle_gpu_hours = 0;
  Mean utilization;                                  ///< percent, while cards were held
  std::set<std::pair<std::string, unsigned>> cards;  ///< node, index
  /// Whether the hours are all of them: of some cards only the name of the user is known.
  bool has_all_hours = true;

  /// Absent: nothing is known of the cards' use.
  [[nodiscard]] std::optional<double> known_idle_gpu_hours() const {
    return utilization.value() || gpu_hours == 0 ? std::optional(idle_gpu_hours) : std::nullopt;
  }
};

/// The one with the most GPU hours first.
[[nodiscard]] std::vector<UserFigures> user_figures(const std::vector<NodeFigures>& nodes);

}  // namespace wemol::report::daily
