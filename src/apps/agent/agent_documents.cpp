#include "agent_documents.h"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "host_json.h"
#include "time_text.h"

namespace wemol::agent {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kUsedAbovePercent = 10;
constexpr double kPercent = 100;

/// Names come from outside, and need not be UTF-8.
std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

template <typename Value>
Json known(const std::optional<Value>& value) {
  return value ? Json(*value) : Json();
}

Json known(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

std::int64_t epoch_ms(WallTime time) {
  return std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

std::optional<std::uint64_t> cpus(const NodeState& node) {
  if (node.info.cpu_threads) {
    return node.info.cpu_threads;
  }
  return node.newest != nullptr && !node.newest->cores.empty()
             ? std::optional<std::uint64_t>(node.newest->cores.size())
             : std::nullopt;
}

Json total_resources(const NodeState& node) {
  const HostSample* const sample = node.newest;
  auto memory = node.info.memory_total_bytes;
  if (sample != nullptr && sample->memory.total_bytes) {
    memory = sample->memory.total_bytes;
  }
  return {
      {"cpu", known(cpus(node))},
      {"memory", known(memory)},
      {"accelerators", sample != nullptr && sample->gpus ? Json(sample->gpus->size()) : Json()}};
}

/// Unknown when it is unknown of one of them.
Json used_gpus(const HostSample& sample) {
  if (!sample.gpus) {
    return nullptr;
  }
  const auto is_known = [](const GpuDevice& gpu) { return gpu.utilization_percent.has_value(); };
  const auto is_used = [](const GpuDevice& gpu) {
    return *gpu.utilization_percent > kUsedAbovePercent;
  };
  return std::ranges::all_of(*sample.gpus, is_known)
             ? Json(std::ranges::count_if(*sample.gpus, is_used))
             : Json();
}

Json used_resources(const NodeState& node) {
  Json used{{"cpu", nullptr}, {"memory", nullptr}, {"accelerators", nullptr}};
  if (node.newest == nullptr) {
    return used;
  }
  const HostSample& sample = *node.newest;
  if (const auto count = cpus(node); count && sample.cpu_usage_percent) {
    used["cpu"] = *sample.cpu_usage_percent / kPercent * static_cast<double>(*count);
  }
  used["memory"] = known(sample.memory_used_bytes);
  used["accelerators"] = used_gpus(sample);
  return used;
}

const char* name_of(Severity severity) {
  switch (severity) {
    case Severity::info:
      return "info";
    case Severity::warning:
      return "warning";
    case Severity::error:
      return "error";
  }
  return "error";
}

Json conditions_json(const HostSample* sample) {
  Json list = Json::array();
  for (const Condition& condition : sample == nullptr ? Conditions() : sample->conditions) {
    list.push_back({{"severity", name_of(condition.severity)}, {"message", condition.message}});
  }
  return list;
}

}  // namespace

std::string wrapped(std::string_view json) {
  return fmt::format(R"({{"success":true,"data":{}}})", json);
}

std::string record_json(const HostSample& sample, std::string_view node_id) {
  const std::string record = host_record_json(sample, node_id);
  return fmt::format(R"({{"node_id":{},{})", text_of(Json(node_id)),
                     std::string_view(record).substr(1));
}

std::string part_of_record(const HostSample& sample, std::string_view part) {
  const Json record = Json::parse(host_record_json(sample, ""));
  return text_of(record.value(std::string(part), Json()));
}

std::string cpu_json(const SystemInfo& info, const HostSample& sample) {
  Json json{{"model", known(info.cpu_model)},
            {"architecture", known(info.architecture)},
            {"physicalCores", known(info.cpu_cores)},
            {"logicalCores", known(info.cpu_threads)}};
  json.update(Json::parse(part_of_record(sample, "cpu")));
  return text_of(json);
}

std::string health_json(const std::optional<std::string>& problem, WallTime now) {
  Json json{{"status", problem ? "unhealthy" : "healthy"},
            {"service", "system_monitor"},
            {"timestamp", iso_time_text(now)}};
  if (problem) {
    json["message"] = *problem;
  }
  return text_of(json);
}

std::string cluster_info_json(const NodeState& node) {
  const HostSample* const sample = node.newest;
  const Json entry{{"id", node.id},
                   {"name", node.id},
                   {"hostname", known(node.info.hostname)},
                   {"ip", known(node.info.ip_address)},
                   {"role", "standalone"},
                   {"status", node.is_sampled ? "online" : "offline"},
                   {"lastHeartbeat", sample == nullptr ? Json() : Json(epoch_ms(sample->read_at))}};
  return text_of({{"nodes", Json::array({entry})},
                  {"totalResources", total_resources(node)},
                  {"usedResources", used_resources(node)}});
}

std::string status_json(const AgentState& state) {
  const HostSample* const sample = state.node.newest;
  const std::chrono::duration<double> uptime = state.now - state.started_at;
  Json json{{"status", state.problem ? "unhealthy" : "healthy"},
            {"message", known(state.problem)},
            {"nodeId", state.node.id},
            {"hostname", known(state.node.info.hostname)},
            {"version", state.version},
            {"startedAt", iso_time_text(state.started_at)},
            {"uptimeSeconds", std::max(0.0, uptime.count())},
            {"intervalSeconds", state.interval_seconds},
            {"lastSample", sample == nullptr ? Json() : Json(iso_time_text(sample->read_at))},
            {"websocketClients", state.websocket_clients},
            {"tasks", state.tasks.empty() ? Json("known") : Json(state.tasks)},
            {"conditions", conditions_json(sample)}};
  return text_of(json);
}

std::string tasks_json(const PublishedTasks& published) {
  return fmt::format(R"({{"success":true,"data":{},"takenAt":{}}})", published.tasks,
                     text_of(Json(published.taken_at)));
}

std::string live_message(std::string_view type, std::string_view json, WallTime time) {
  return fmt::format(R"({{"type":"{}","data":{},"timestamp":{}}})", type, json, epoch_ms(time));
}

std::string live_error(std::string_view message, WallTime time) {
  return text_of({{"type", "error"}, {"message", message}, {"timestamp", epoch_ms(time)}});
}

}  // namespace wemol::agent
