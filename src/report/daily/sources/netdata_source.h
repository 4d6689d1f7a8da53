#pragma once

#include <functional>
#include <vector>

#include "daily_settings.h"
#include "fetch_limits.h"
#include "node_day.h"
#include "web_client.h"

namespace wemol::report::daily {

using NodeDaysDone = std::function<void(std::vector<NodeDay>)>;

/// The days of one node by its Netdata: the list of charts once, then day by day the charts of all
/// cards side by side. Calls `done` once, with one NodeDay for each day, in their order; what
/// failed stands in them. A node that has gone silent is asked no more.
void fetch_netdata_days(web::Client& client, const NodeSettings& node, std::vector<Day> days,
                        const FetchLimits& limits, NodeDaysDone done);

}  // namespace wemol::report::daily
