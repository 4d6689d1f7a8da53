#pragma once

#include <vector>

#include "netdata_source.h"

namespace wemol::report::daily {

/// The days of one node by a Prometheus that scrapes this project's metrics of it. As
/// fetch_netdata_days(); buckets without a sample are there, with nothing in them.
void fetch_prometheus_days(web::Client& client, const NodeSettings& node, std::vector<Day> days,
                           const FetchLimits& limits, NodeDaysDone done);

}  // namespace wemol::report::daily
