#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include <wemol/result.h>

#include "daily_settings.h"
#include "node_day.h"

namespace wemol::report::daily {

/// What is asked of Prometheus for a day: buckets counted from the day's midnight, each by the time
/// of its end.
struct PrometheusQueries {
  std::string utilization;
  std::string memory;
  std::string models;
};
[[nodiscard]] PrometheusQueries prometheus_queries(const NodeSettings& node,
                                                   std::int64_t bucket_seconds,
                                                   std::int64_t day_seconds);

struct PrometheusCard {
  std::string uuid;
  std::string model;
  std::map<std::int64_t, Number> values;
};
/// By the label `gpu`. Of a place that two cards had in turn both count, and the last one names it.
[[nodiscard]] Result<std::map<unsigned, PrometheusCard>> parse_series(std::string_view json);

}  // namespace wemol::report::daily
