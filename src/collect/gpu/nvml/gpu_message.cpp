#include "gpu_message.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include <nlohmann/json.hpp>

namespace wemol::nvml {
namespace {

using Json = nlohmann::json;

template <typename Row, typename Number>
using Member = std::pair<const char*, std::optional<Number> Row::*>;

constexpr std::array<Member<GpuDevice, std::uint64_t>, 5> kDeviceCounts{{
    {"memory_used_bytes", &GpuDevice::memory_used_bytes},
    {"memory_total_bytes", &GpuDevice::memory_total_bytes},
    {"memory_free_bytes", &GpuDevice::memory_free_bytes},
    {"corrected_memory_errors", &GpuDevice::corrected_memory_errors},
    {"uncorrected_memory_errors", &GpuDevice::uncorrected_memory_errors},
}};
constexpr std::array<Member<GpuDevice, double>, 9> kDeviceNumbers{{
    {"utilization_percent", &GpuDevice::utilization_percent},
    {"memory_utilization_percent", &GpuDevice::memory_utilization_percent},
    {"temperature_celsius", &GpuDevice::temperature_celsius},
    {"fan_speed_percent", &GpuDevice::fan_speed_percent},
    {"power_draw_watts", &GpuDevice::power_draw_watts},
    {"power_limit_watts", &GpuDevice::power_limit_watts},
    {"enforced_power_limit_watts", &GpuDevice::enforced_power_limit_watts},
    {"sm_clock_mhz", &GpuDevice::sm_clock_mhz},
    {"memory_clock_mhz", &GpuDevice::memory_clock_mhz},
}};
constexpr std::array<Member<GpuProcess, std::uint64_t>, 1> kProcessBytes{{
    {"memory_used_bytes", &GpuProcess::memory_used_bytes},
}};
constexpr std::array<Member<GpuProcess, double>, 1> kProcessNumbers{{
    {"sm_utilization_percent", &GpuProcess::sm_utilization_percent},
}};

template <typename Row, typename Members>
void put(const Row& row, const Members& members, Json& json) {
  for (const auto& [name, member] : members) {
    if (const auto& value = row.*member) {
      json[name] = *value;
    }
  }
}

Json as_json(const GpuDevice& device) {
  Json json{{"index", device.index}, {"uuid", device.uuid}, {"name", device.name}};
  put(device, kDeviceCounts, json);
  put(device, kDeviceNumbers, json);
  return json;
}

Json as_json(const GpuProcess& process) {
  Json json{{"pid", process.pid}, {"gpu_uuid", process.gpu_uuid}};
  put(process, kProcessBytes, json);
  put(process, kProcessNumbers, json);
  return json;
}

Json as_json(const Condition& condition) {
  return {{"key", condition.key},
          {"severity", static_cast<unsigned>(condition.severity)},
          {"message", condition.message},
          {"follow_up", condition.follow_up}};
}

template <typename Row>
Json as_json(const std::vector<Row>& rows) {
  Json json = Json::array();
  for (const Row& row : rows) {
    json.push_back(as_json(row));
  }
  return json;
}

bool get(const Json& json, std::string& text) {
  if (!json.is_string()) {
    return false;
  }
  text = json.get<std::string>();
  return true;
}

bool get(const Json& json, std::uint64_t& number) {
  if (!json.is_number_unsigned()) {
    return false;
  }
  number = json.get<std::uint64_t>();
  return true;
}

bool get(const Json& json, unsigned& number) {
  std::uint64_t wide = 0;
  if (!get(json, wide) || wide > std::numeric_limits<unsigned>::max()) {
    return false;
  }
  number = static_cast<unsigned>(wide);
  return true;
}

bool get(const Json& json, double& number) {
  if (!json.is_number()) {
    return false;
  }
  number = json.get<double>();
  return true;
}

bool get(const Json& json, bool& flag) {
  if (!json.is_boolean()) {
    return false;
  }
  flag = json.get<bool>();
  return true;
}

bool get(const Json& json, Severity& severity) {
  unsigned number = 0;
  if (!get(json, number) || number > static_cast<unsigned>(Severity::error)) {
    return false;
  }
  severity = static_cast<Severity>(number);
  return true;
}

bool get(const Json& json, std::vector<std::string>& texts) {
  if (!json.is_array()) {
    return false;
  }
  return std::ranges::all_of(
      json, [&](const Json& element) { return get(element, texts.emplace_back()); });
}

template <typename Row>
bool get(const Json& json, std::vector<Row>& rows);

/// A value that must be there. False when it is not, or is of another kind.
template <typename Value>
bool take(const Json& json, const char* name, Value& value) {
  const auto found = json.find(name);
  return found != json.end() && get(*found, value);
}

/// Values that may be absent. False when one is there and of another kind.
template <typename Row, typename Members>
bool take_known(const Json& json, const Members& members, Row& row) {
  for (const auto& [name, member] : members) {
    const auto found = json.find(name);
    if (found != json.end() && !get(*found, (row.*member).emplace())) {
      return false;
    }
  }
  return true;
}

bool get(const Json& json, GpuDevice& device) {
  return take(json, "index", device.index) && take(json, "uuid", device.uuid) &&
         take(json, "name", device.name) && take_known(json, kDeviceCounts, device) &&
         take_known(json, kDeviceNumbers, device);
}

bool get(const Json& json, GpuProcess& process) {
  return take(json, "pid", process.pid) && take(json, "gpu_uuid", process.gpu_uuid) &&
         take_known(json, kProcessBytes, process) && take_known(json, kProcessNumbers, process);
}

bool get(const Json& json, Condition& condition) {
  return take(json, "key", condition.key) && take(json, "severity", condition.severity) &&
         take(json, "message", condition.message) && take(json, "follow_up", condition.follow_up);
}

template <typename Row>
bool get(const Json& json, std::vector<Row>& rows) {
  if (!json.is_array()) {
    return false;
  }
  for (const Json& element : json) {
    if (!element.is_object() || !get(element, rows.emplace_back())) {
      return false;
    }
  }
  return true;
}

bool get(const Json& json, GpuReadings& readings) {
  return take(json, "conditions", readings.conditions) &&
         (!json.contains("finds_none") || take(json, "finds_none", readings.finds_none)) &&
         (!json.contains("divided") || take(json, "divided", readings.divided)) &&
         (!json.contains("devices") || take(json, "devices", readings.devices.emplace())) &&
         (!json.contains("processes") || take(json, "processes", readings.processes.emplace()));
}

}  // namespace

std::string to_line(const Answer& answer) {
  Json json = Json::object();
  if (answer.readings) {
    json["conditions"] = as_json(answer.readings->conditions);
    if (answer.readings->finds_none) {
      json["finds_none"] = true;
    }
    if (!answer.readings->divided.empty()) {
      json["divided"] = answer.readings->divided;
    }
    if (answer.readings->devices) {
      json["devices"] = as_json(*answer.readings->devices);
    }
    if (answer.readings->processes) {
      json["processes"] = as_json(*answer.readings->processes);
    }
  } else {
    json["no_library"] = answer.why_no_library;
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<Answer> from_line(std::string_view line) {
  const Json json = Json::parse(line, nullptr, false);
  if (!json.is_object()) {
    return failure("is not a JSON object");
  }
  Answer answer;
  if (json.contains("no_library")) {
    if (!take(json, "no_library", answer.why_no_library) || answer.why_no_library.empty()) {
      return failure("has no text at no_library");
    }
    return answer;
  }
  if (!get(json, answer.readings.emplace())) {
    return failure("lacks a value or has one of another kind");
  }
  return answer;
}

}  // namespace wemol::nvml
