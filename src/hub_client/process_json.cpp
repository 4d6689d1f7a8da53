#include "process_json.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>

#include "hub_report.h"
#include "report_numbers.h"

namespace wemol::hub_client {
namespace {

using Json = ProcessJson::Json;

/// A process that a driver names and /proc lacks.
bool is_bare(const ProcessSample& process) {
  return process.facts.start_ticks == 0 && process.facts.name.empty();
}

Json start_time(const ProcessSample& process) {
  constexpr double kHundredths = 100;
  const double seconds =
      std::chrono::duration<double>(process.started_at.time_since_epoch()).count();
  return std::round(seconds * kHundredths) / kHundredths;
}

}  // namespace

std::string_view state_word(char state) {
  switch (state) {
    case 'R':
      return "running";
    case 'S':
      return "sleeping";
    case 'D':
      return "disk-sleep";
    case 'T':
      return "stopped";
    case 't':
      return "tracing-stop";
    case 'Z':
      return "zombie";
    case 'X':
    case 'x':
      return "dead";
    case 'K':
      return "wake-kill";
    case 'W':
      return "waking";
    case 'I':
      return "idle";
    case 'P':
      return "parked";
    default:
      return "unknown";
  }
}

ProcessJson::ProcessJson(const HostSample& sample)
    : sample_(sample),
      command_line_bytes_left_(kMostCommandLineBytes),
      processes_left_on_gpus_(kMostProcesses) {
  if (!sample.gpus || !sample.gpu_processes) {
    return;
  }
  for (const GpuProcess& use : *sample.gpu_processes) {
    const auto device = std::ranges::find(*sample.gpus, use.gpu_uuid, &GpuDevice::uuid);
    if (device == sample.gpus->end()) {
      continue;
    }
    OnGpus& on = on_gpus_[use.pid];
    const bool is_known = use.memory_used_bytes && (on.indexes.empty() || on.memory_mib);
    on.memory_mib =
        is_known ? std::optional(on.memory_mib.value_or(0) + mebibytes(*use.memory_used_bytes))
                 : std::nullopt;
    on.indexes.push_back(device->index);
  }
}

const ProcessSample* ProcessJson::find(std::uint64_t pid) const {
  const auto found = std::ranges::find(*sample_.process_list, pid,
                                       [](const ProcessSample& it) { return it.facts.pid; });
  return found == sample_.process_list->end() ? nullptr : &*found;
}

Json ProcessJson::command_line(const std::string& text) {
  if (text.size() > command_line_bytes_left_) {
    return nullptr;
  }
  command_line_bytes_left_ -= text.size();
  return text;
}

Json ProcessJson::process(const ProcessSample& process) {
  const ProcessFacts& facts = process.facts;
  Json json{{"pid", facts.pid}};
  if (is_bare(process)) {
    for (const char* const key : {"name", "cmdline", "cpu_percent", "memory_percent", "create_time",
                                  "status", "username"}) {
      json[key] = nullptr;
    }
  } else {
    json["name"] = facts.name;
    json["cmdline"] = command_line(facts.command_line);
    json["cpu_percent"] = hundredths(process.cpu_percent);
    json["memory_percent"] = hundredths(process.memory_percent);
    json["create_time"] = start_time(process);
    json["status"] = state_word(facts.state);
    json["username"] = process.user.empty() ? Json() : Json(process.user);
  }
  return json;
}

Json ProcessJson::on_gpu(const GpuDevice& device) {
  if (!sample_.gpu_processes || !sample_.process_list) {
    return nullptr;
  }
  Json list = Json::array();
  for (const GpuProcess& use : *sample_.gpu_processes) {
    if (use.gpu_uuid != device.uuid || processes_left_on_gpus_ == 0) {
      continue;
    }
    --processes_left_on_gpus_;
    ProcessSample bare;
    bare.facts.pid = use.pid;
    const ProcessSample* const known = find(use.pid);
    Json json = process(known == nullptr ? bare : *known);
    json["is_gpu_process"] = true;
    json["gpu_memory_usage"] = mebibytes(use.memory_used_bytes);
    json["gpu_id"] = device.index;
    json["gpu_sm_utilization_percent"] = hundredths(use.sm_utilization_percent);
    list.push_back(std::move(json));
  }
  return list;
}

std::vector<const ProcessSample*> ProcessJson::chosen() const {
  std::vector<const ProcessSample*> all;
  all.reserve(sample_.process_list->size());
  for (const ProcessSample& process : *sample_.process_list) {
    all.push_back(&process);
  }
  if (all.size() > kMostProcesses) {
    const auto rank = [this](const ProcessSample* it) {
      return std::pair(!on_gpus_.contains(it->facts.pid), -it->cpu_percent.value_or(0));
    };
    std::ranges::stable_sort(all, {}, rank);
    all.resize(kMostProcesses);
  }
  return all;
}

Json ProcessJson::of_host() {
  if (!sample_.process_list) {
    return nullptr;
  }
  Json list = Json::array();
  for (const ProcessSample* const it : chosen()) {
    Json json = process(*it);
    const auto on = on_gpus_.find(it->facts.pid);
    const bool is_on_gpu = on != on_gpus_.end();
    json["is_gpu_process"] = is_on_gpu;
    json["gpu_memory_usage"] = !is_on_gpu ? Json(0) : optional_number(on->second.memory_mib);
    json["gpu_id"] = is_on_gpu ? Json(on->second.indexes.front()) : Json();
    if (is_on_gpu && on->second.indexes.size() > 1) {
      json["gpu_ids"] = on->second.indexes;
    }
    list.push_back(std::move(json));
  }
  return list;
}

}  // namespace wemol::hub_client
