#include "hub_metrics.h"

#include <chrono>

namespace wemol::hub {
namespace {

Field field(std::string_view metric, Unit unit, std::string_view meaning) {
  return {"", unit, "", metric, meaning};
}

}  // namespace

void add_hub_metrics(const HostTable& table, MetricsText& text) {
  const HostTotals totals = table.totals();
  const auto add = [&](const Field& family, std::uint64_t value) {
    text.begin_family(family);
    text.add({}, value);
  };
  add(field("hub_hosts", Unit::count, "Hosts that have reported and were not removed"),
      totals.hosts);
  add(field("hub_hosts_online", Unit::count, "Hosts whose reports come"), totals.online);
  add(field("hub_gpus", Unit::count, "GPUs of the hosts that are online"), totals.gpus);
  add(field("hub_reports_total", Unit::count, "Reports taken since the start"), totals.reports);
  add(field("hub_report_bytes", Unit::bytes, "Size of the newest reports"), totals.report_bytes);

  text.begin_family(field("hub_host_online", Unit::count, "1: its reports come"));
  table.for_each([&](const Host& host) {
    text.add({{"node", host.name}}, std::uint64_t{host.is_online ? 1U : 0U});
  });
  text.begin_family(field("hub_host_last_report_timestamp_seconds", Unit::seconds,
                          "When its newest report came, in seconds since 1970"));
  table.for_each([&](const Host& host) {
    using Seconds = std::chrono::duration<double>;
    text.add({{"node", host.name}}, Seconds(host.received_wall.time_since_epoch()).count());
  });
}

}  // namespace wemol::hub
