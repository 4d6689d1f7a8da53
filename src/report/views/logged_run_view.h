#pragma once

#include <cstddef>
#include <span>

#include <nlohmann/json_fwd.hpp>

#include "document.h"
#include "json_parts.h"
#include "logged_text.h"

namespace wemol::report {

/// `wemol-report run FILE`: figures, and plots over time.
[[nodiscard]] Document logged_run_document(const LoggedRunReport& report,
                                           const MetricSelection& selection, std::size_t columns);
/// `wemol-report run FILE FILE2`: the figures side by side.
[[nodiscard]] Document logged_comparison_document(std::span<const LoggedRunReport, 2> reports,
                                                  const MetricSelection& selection);

/// One run or two with plain numbers, the series in `columns` stretches at most; with two also the
/// differences.
[[nodiscard]] Json logged_runs_json(std::span<const LoggedRunReport> reports,
                                    const MetricSelection& selection, WallTime now,
                                    std::size_t columns);
/// A list of flat objects for CSV: each metric (kind "metric") and behind it its series (kind
/// "bucket"); of two runs at the end the differences (kind "difference").
[[nodiscard]] Json logged_run_records(std::span<const LoggedRunReport> reports,
                                      const MetricSelection& selection, std::size_t columns);

/// The metrics of both runs, in the order of the first one. Null where a run has none.
struct MetricPair {
  const LoggedMetric* a = nullptr;
  const LoggedMetric* b = nullptr;

  [[nodiscard]] const LoggedMetric& any() const { return a != nullptr ? *a : *b; }
};
[[nodiscard]] std::vector<MetricPair> metric_pairs(const LoggedRun& a, const LoggedRun& b);

/// Of the second run against the first.
struct FigureDifference {
  std::optional<double> difference;
  std::optional<double> percent;
};
[[nodiscard]] FigureDifference difference_of(const std::optional<double>& a,
                                             const std::optional<double>& b);

}  // namespace wemol::report
