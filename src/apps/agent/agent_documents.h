#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <wemol/host_sample.h>

#include "snapshot_reader.h"
#include "time_points.h"

namespace wemol::agent {

/// What the agent says, as JSON. Texts named `json` are JSON already.

/// `{"success":true,"data":…}`
[[nodiscard]] std::string wrapped(std::string_view json);

/// The record of a sample, with the node's id also as node_id.
[[nodiscard]] std::string record_json(const HostSample& sample, std::string_view node_id);

/// A part of the record: "cpu", "accelerators".
[[nodiscard]] std::string part_of_record(const HostSample& sample, std::string_view part);

/// What the CPU is, and how it is used.
[[nodiscard]] std::string cpu_json(const SystemInfo& info, const HostSample& sample);

/// `problem`: why it is not healthy.
[[nodiscard]] std::string health_json(const std::optional<std::string>& problem, WallTime now);

struct NodeState {
  std::string_view id;
  const SystemInfo& info;
  const HostSample* newest = nullptr;
  bool is_sampled = false;
};

/// The one node, what it has and what of it is used. A GPU counts as used above 10 %.
[[nodiscard]] std::string cluster_info_json(const NodeState& node);

struct AgentState {
  NodeState node;
  std::string_view version;
  std::optional<std::string> problem;
  WallTime started_at;
  WallTime now;
  double interval_seconds = 0;
  std::size_t websocket_clients = 0;
  std::string_view tasks;  ///< why there are none; empty: they are known
};
[[nodiscard]] std::string status_json(const AgentState& state);

/// The tasks of the recorder's newest round, and when that was.
[[nodiscard]] std::string tasks_json(const PublishedTasks& published);

/// One message of the WebSocket: type, data, timestamp (epoch, ms).
[[nodiscard]] std::string live_message(std::string_view type, std::string_view json, WallTime time);
[[nodiscard]] std::string live_error(std::string_view message, WallTime time);

}  // namespace wemol::agent
