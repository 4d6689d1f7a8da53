#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <wemol/result.h>

#include "history.h"

namespace wemol::hub {

/// A figure, or a pattern of figures, as Prometheus knows it from the agents' /metrics.
struct PromSelection {
  std::string expression;   ///< PromQL: an instant vector
  bool is_selector = true;  ///< of the form metric{…}, to which a range can be put
  /// What the expression is multiplied with to be in the figure's unit.
  double factor = 1;
  /// The figure's name, with a label's name in braces for each '*': "gpu.{gpu}.temp".
  std::string name;
};

/// An error names the figure that Prometheus does not have.
[[nodiscard]] Result<PromSelection> prom_selection(std::string_view host, std::string_view figure,
                                                   std::chrono::seconds rate_over);

/// PromQL that gives minimum, mean and maximum of each step, told apart by the label `stat`.
[[nodiscard]] std::string prom_query(const PromSelection& selection, std::chrono::seconds step);

/// The body of a POST to /api/v1/query_range: application/x-www-form-urlencoded.
[[nodiscard]] std::string prom_range_form(std::string_view query, const HistoryQuery& asked,
                                          std::chrono::seconds step);

/// The series of an answer, by their names. The error is what Prometheus or VictoriaMetrics says,
/// or that it is no answer.
[[nodiscard]] Result<std::vector<HistorySeries>> read_prom_answer(std::string_view body,
                                                                  const PromSelection& selection,
                                                                  std::chrono::seconds step);

}  // namespace wemol::hub
