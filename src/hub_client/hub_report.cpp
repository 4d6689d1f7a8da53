#include "hub_report.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "host_json.h"
#include "process_json.h"
#include "queue_job_json.h"
#include "report_numbers.h"
#include "time_text.h"

namespace wemol::hub_client {
namespace {

using Json = nlohmann::ordered_json;

/// Names come from outside, and need not be UTF-8.
std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json gpu_json(const GpuDevice& device) {
  return {{"id", device.index},
          {"uuid", device.uuid},
          {"name", device.name},
          {"temperature", hundredths(device.temperature_celsius)},
          {"memory_used", mebibytes(device.memory_used_bytes)},
          {"memory_total", mebibytes(device.memory_total_bytes)},
          {"utilization", hundredths(device.utilization_percent)},
          {"power_draw_watts", hundredths(device.power_draw_watts)},
          {"power_limit_watts",
           hundredths(device.enforced_power_limit_watts ? device.enforced_power_limit_watts
                                                        : device.power_limit_watts)},
          {"fan_speed_percent", hundredths(device.fan_speed_percent)}};
}

Json gpus_json(const HostSample& sample, ProcessJson* processes) {
  if (!sample.gpus) {
    return nullptr;
  }
  Json list = Json::array();
  for (const GpuDevice& device : *sample.gpus) {
    Json json = gpu_json(device);
    json["processes"] = processes == nullptr ? Json() : processes->on_gpu(device);
    if (auto job = queue_job_json(sample, device.uuid)) {
      json["queue_job"] = std::move(*job);
    }
    list.push_back(std::move(json));
  }
  return list;
}

std::string_view status_word(const TerminalSession& session) {
  switch (session.state) {
    case TerminalSession::State::attached:
      return "Attached";
    case TerminalSession::State::detached:
      return "Detached";
    case TerminalSession::State::dead:
      return "Dead";
    case TerminalSession::State::unknown:
      break;
  }
  return "Unknown";
}

Json sessions_json(const std::optional<TerminalSessions>* sessions) {
  if (sessions == nullptr || !*sessions) {
    return nullptr;
  }
  Json list = Json::array();
  for (const TerminalSession& session : **sessions) {
    Json json{{"pid", std::to_string(session.pid)},
              {"name", session.name},
              {"status", status_word(session)}};
    if (session.is_shared) {
      json["shared"] = true;
    }
    if (!session.user.empty()) {
      json["user"] = session.user;
    }
    list.push_back(std::move(json));
  }
  return list;
}

/// "[0,1]", as the old collector has it: JSON in a text.
Json gpu_devices_text(const Json& task) {
  const auto gpus = task.find("gpus");
  if (gpus == task.end() || !gpus->is_array()) {
    return nullptr;
  }
  Json indexes = Json::array();
  for (const Json& gpu : *gpus) {
    const auto index = gpu.is_object() ? gpu.find("index") : gpu.end();
    if (gpu.is_object() && index != gpu.end() && index->is_number_unsigned()) {
      indexes.push_back(*index);
    }
  }
  return indexes.dump();
}

Json value_at(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() ? Json() : *found;
}

/// A task's container: the old collector's keys, then all that the recorder says of it.
Json container_json(const Json& task) {
  Json json{{"id", value_at(task, "container_id")},
            {"name", value_at(task, "container_name")},
            {"status", value_at(task, "ended") == Json(true) ? "exited" : "running"},
            {"image", value_at(task, "image")},
            {"memoryUsage", value_at(task, "memory_used_bytes")},
            {"gpuDevices", gpu_devices_text(task)}};
  json.update(task);
  return json;
}

Json containers_json(const PublishedTasks* published) {
  const Json tasks = published == nullptr ? Json() : Json::parse(published->tasks, nullptr, false);
  if (!tasks.is_array()) {
    return nullptr;
  }
  Json list = Json::array();
  for (const Json& task : tasks) {
    if (task.is_object()) {
      list.push_back(container_json(task));
    }
  }
  return list;
}

std::optional<double> used_percent(const FileSystemFacts& files) {
  constexpr double kPercent = 100;
  const std::uint64_t usable = files.used_bytes + files.available_bytes;  // as df has it
  return usable == 0 ? std::nullopt
                     : std::optional(kPercent * static_cast<double>(files.used_bytes) /
                                     static_cast<double>(usable));
}

void add_disks(const HostSample& sample, Json& system) {
  for (const char* const key : {"disk_total", "disk_used", "disk_percent", "disks"}) {
    system[key] = nullptr;
  }
  if (!sample.file_systems) {
    return;
  }
  Json disks = Json::array();
  for (const FileSystemFacts& files : *sample.file_systems) {
    disks.push_back({{"mount", files.mount_point},
                     {"type", files.type},
                     {"network", files.is_network},
                     {"total", files.total_bytes},
                     {"used", files.used_bytes},
                     {"available", files.available_bytes},
                     {"percent", hundredths(used_percent(files))}});
    if (files.mount_point == "/") {
      system["disk_total"] = files.total_bytes;
      system["disk_used"] = files.used_bytes;
      system["disk_percent"] = hundredths(used_percent(files));
    }
  }
  system["disks"] = std::move(disks);
}

Json system_json(const ReportParts& parts, Detail detail, ProcessJson* processes) {
  const HostSample& sample = parts.sample;
  Json json{{"cpu_percent", hundredths(sample.cpu_usage_percent)},
            {"memory_total", optional_number(sample.memory.total_bytes)},
            {"memory_used", optional_number(sample.memory_used_bytes)},
            {"memory_percent", hundredths(sample.memory_usage_percent)}};
  add_disks(sample, json);
  json["ip_address"] = parts.ip_address.empty() ? Json() : Json(parts.ip_address);
  const bool is_all = detail == Detail::all;
  json["screen_sessions"] = is_all ? sessions_json(parts.screen_sessions) : Json();
  json["tmux_sessions"] = is_all ? sessions_json(parts.tmux_sessions) : Json();
  json["docker_containers"] = containers_json(parts.tasks);
  json["processes"] = processes == nullptr ? Json() : processes->of_host();
  return json;
}

}  // namespace

std::string hub_report_json(const ReportParts& parts, Detail detail) {
  std::optional<ProcessJson> processes;
  if (detail == Detail::all) {
    processes.emplace(parts.sample);
  }
  ProcessJson* const wanted = processes ? &*processes : nullptr;
  Json json{{"hostname", parts.hostname},
            {"timestamp", iso_time_text(parts.sample.read_at)},
            {"interval", std::chrono::duration<double>(parts.interval).count()}};
  if (parts.metrics_port) {
    json["metrics_port"] = *parts.metrics_port;
  }
  json["gpu_data"] = gpus_json(parts.sample, wanted);
  json["system_info"] = system_json(parts, detail, wanted);
  std::string text = text_of(json);
  text.pop_back();
  text += ",\"record\":";
  text += host_record_json(parts.sample, parts.hostname);
  text += '}';
  return text;
}

std::string with_age(std::string_view report, std::chrono::nanoseconds age) {
  const double seconds = std::max(std::chrono::duration<double>(age).count(), 0.0);
  return fmt::format("{{\"age\":{:.3f},{}", seconds, report.substr(1));
}

std::string reported_host_name(std::string_view hostname) {
  constexpr std::size_t kLongest = 253;
  std::string name(hostname.substr(0, kLongest));
  const auto is_letter = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
  };
  std::ranges::replace_if(
      name, [&](char c) { return !is_letter(c) && c != '.' && c != '-'; }, '-');
  name.erase(name.begin(), std::ranges::find_if(name, is_letter));
  return name;
}

}  // namespace wemol::hub_client
