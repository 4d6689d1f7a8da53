#pragma once

#include "host_table.h"
#include "metrics_text.h"

namespace wemol::hub {

/// The hub's own: hub_hosts, hub_hosts_online, hub_gpus, hub_reports_total, hub_report_bytes, and
/// for each host hub_host_online and hub_host_last_report_timestamp_seconds with the label node.
void add_hub_metrics(const HostTable& table, MetricsText& text);

}  // namespace wemol::hub
