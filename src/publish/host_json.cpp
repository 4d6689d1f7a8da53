#include "host_json.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>
#include <variant>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "host_schema.h"
#include "queue_job_json.h"
#include "text.h"

namespace wemol {
namespace {

using Json = nlohmann::ordered_json;

struct JsonOfValue {
  Json operator()(std::monostate /*unknown*/) const { return nullptr; }
  Json operator()(double number) const {
    // More digits are no knowledge. What is not finite becomes null.
    constexpr double kThousandths = 1000;
    const double rounded = std::round(number * kThousandths) / kThousandths;
    return std::isfinite(rounded) ? rounded : number;
  }
  template <typename Value>
  Json operator()(const Value& value) const {
    return value;
  }
};

/// The place of "memory.swap.used"; those on the way are made.
Json& place_of(std::string_view name, Json& json) {
  Json* place = &json;
  for (const std::string_view part : split_fields(name, '.')) {
    if (const auto index = parse_number<std::size_t>(part)) {
      place = &(*place)[*index];
    } else {
      place = &(*place)[std::string(part)];
    }
  }
  return *place;
}

template <typename Record>
void add_fields(std::span<const HostField<Record>> fields, const Record& record, Json& json) {
  for (const HostField<Record>& field : fields) {
    if (!field.name.empty()) {
      place_of(field.name, json) = std::visit(JsonOfValue(), field.value(record));
    }
  }
}

template <typename Record>
Json element_json(std::span<const HostField<Record>> fields, const Record& record) {
  Json json = Json::object();
  add_fields(fields, record, json);
  return json;
}

template <typename Record>
Json list_json(std::span<const HostField<Record>> fields, const std::vector<Record>& records) {
  Json list = Json::array();
  for (const Record& record : records) {
    list.push_back(element_json(fields, record));
  }
  return list;
}

Json accelerators_json(const HostSample& sample) {
  if (!sample.gpus) {
    return nullptr;
  }
  Json list = Json::array();
  for (const GpuDevice& device : *sample.gpus) {
    Json json = element_json(gpu_fields(), device);
    json["type"] = "gpu";
    if (auto job = queue_job_json(sample, device.uuid)) {
      json["queueJob"] = std::move(*job);
    }
    list.push_back(std::move(json));
  }
  return list;
}

Json run_json(const HostSample& sample, const ProcessTreeSample& tree) {
  Json json = element_json(tree_fields(), tree);
  Json& gpus = json["accelerators"] = nullptr;
  if (tree.gpus) {
    gpus = Json::array();
    const std::span devices = sample.gpus ? std::span(*sample.gpus) : std::span<const GpuDevice>();
    for (const ProcessTreeSample::OnGpu& use : *tree.gpus) {
      const auto device = std::ranges::find(devices, use.uuid, &GpuDevice::uuid);
      gpus.push_back(element_json(tree_gpu_fields(),
                                  TreeOnGpu{use, device == devices.end() ? nullptr : &*device}));
    }
  }
  return json;
}

Json known(const std::optional<std::uint64_t>& value) {
  return value ? Json(*value) : Json();
}

Json known(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

/// Names come from outside, and need not be UTF-8.
std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string gpu_text(const GpuDevice& device) {
  constexpr double kGibibyte = 0x1p30;
  return device.memory_total_bytes
             ? fmt::format("{} ({:.1f} GiB)", device.name,
                           static_cast<double>(*device.memory_total_bytes) / kGibibyte)
             : device.name;
}

std::vector<std::string> notes_of(const Conditions& conditions) {
  std::vector<std::string> notes;
  for (const Condition& condition : conditions) {
    if (condition.severity != Severity::info) {
      notes.push_back(printable(condition.message));
    }
  }
  return notes;
}

std::string host_record_json(const HostSample& sample, std::string_view node_id,
                             const ProcessTreeSample* tree) {
  const auto since_epoch = sample.read_at.time_since_epoch();
  Json json{{"nodeId", node_id},
            {"timestamp", std::chrono::floor<std::chrono::milliseconds>(since_epoch).count()}};
  json["cpu"] = {{"overall", nullptr}, {"cores", list_json(core_fields(), sample.cores)}};
  add_fields(host_fields(), sample, json);
  json["disk"]["fileSystems"] =
      sample.file_systems ? list_json(file_system_fields(), *sample.file_systems) : Json();
  json["accelerators"] = accelerators_json(sample);
  if (tree != nullptr) {
    json["run"] = run_json(sample, *tree);
  }
  json["coverage"]["notes"] = notes_of(sample.conditions);
  return text_of(json);
}

std::string system_info_json(const SystemInfo& info, const HostSample* newest) {
  Json gpu_count;
  Json gpu_info;
  if (newest != nullptr && newest->gpus) {
    gpu_count = newest->gpus->size();
    gpu_info = Json::array();
    for (const GpuDevice& device : *newest->gpus) {
      gpu_info.push_back(gpu_text(device));
    }
  }
  return text_of(Json{{"platform", known(info.platform)},
                      {"architecture", known(info.architecture)},
                      {"cpu_model", known(info.cpu_model)},
                      {"cpu_cores", known(info.cpu_cores)},
                      {"cpu_threads", known(info.cpu_threads)},
                      {"memory_total", known(info.memory_total_bytes)},
                      {"swap_total", known(info.swap_total_bytes)},
                      {"disk_total", known(info.disk_total_bytes)},
                      {"gpu_count", gpu_count},
                      {"gpu_info", gpu_info},
                      {"hostname", known(info.hostname)},
                      {"ip_address", known(info.ip_address)}});
}

}  // namespace wemol
