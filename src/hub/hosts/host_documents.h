#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "host_table.h"
#include "shared_text.h"

namespace wemol::hub {

/// GET /api/gpu-stats: `{"machines":{"gpu7":{…the report…,"is_online":true}}}`. The reports' texts
/// are neither read nor copied.
[[nodiscard]] SharedText gpu_stats_json(const HostTable& table);
/// The entity tag of it: another one after each change, and after each start of the hub, which
/// `start_id` tells apart. With its quotes.
[[nodiscard]] std::string entity_tag(const HostTable& table, std::string_view start_id);

/// A message of the live WebSocket: `{"type":"hosts","revision":7,"everything":false,
/// "machines":{…},"removed":["gpu9"]}`.
[[nodiscard]] std::string changes_json(const HostChanges& changes);

/// GET /api/hosts: `{"hosts":[{"hostname":…,"is_online":…,"last_seen":…,"seconds_since":…,…}]}`.
/// What is unknown is null.
[[nodiscard]] std::string hosts_json(const HostTable& table, SteadyTime now);

/// GET /api/tasks: `{"hosts":[{"hostname":…,"is_online":…,"tasks":[…]}]}`, of the hosts that have
/// some.
[[nodiscard]] std::string tasks_json(const HostTable& table);

/// GET /api/sd: a group of targets for each host that has said where its /metrics are, as the HTTP
/// service discovery of Prometheus reads it. Hosts that are offline, too: Prometheus tells then.
[[nodiscard]] std::string service_discovery_json(const HostTable& table);

}  // namespace wemol::hub
