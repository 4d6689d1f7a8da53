#include "snapshot_json.h"

#include <span>
#include <type_traits>
#include <variant>

#include <nlohmann/json.hpp>

#include "task_schema.h"
#include "time_text.h"

namespace wemol {
namespace {

using Json = nlohmann::ordered_json;

template <typename Record>
void add_fields(std::span<const FieldOf<Record>> fields, const Record& record, Json& json) {
  for (const FieldOf<Record>& field : fields) {
    json[std::string(field.name)] = std::visit(
        [](const auto& value) -> Json {
          if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::monostate>) {
            return nullptr;
          } else {
            return value;
          }
        },
        field.value(record));
  }
}

Json time_json(const std::optional<WallTime>& time) {
  return time ? Json(iso_time_text(*time)) : Json();
}

template <typename Value>
Json optional_json(const std::optional<Value>& value) {
  return value ? Json(*value) : Json();
}

Json device_json(const GpuDevice& device) {
  Json json = Json::object();
  add_fields(device_fields(), device, json);
  return json;
}

Json use_json(const GpuUse& use) {
  Json json{{"uuid", use.uuid}};
  if (use.device) {
    json.update(device_json(*use.device));
  }
  add_fields(gpu_use_fields(), use, json);
  return json;
}

Json task_json(const TaskSample& sample) {
  Json json = Json::object();
  add_fields(sample_fields(), sample, json);
  json["task_type"] = sample.task.type;
  json["container_id"] = sample.container_id;
  json["run"] = sample.run;
  json["started_at"] = time_json(sample.started_at);
  json["ended"] = sample.ended;
  json["oom_killed"] = sample.oom_killed;
  json["gpus"] = nullptr;
  if (sample.gpus) {
    json["gpus"] = Json::array();
    for (const GpuUse& use : *sample.gpus) {
      json["gpus"].push_back(use_json(use));
    }
  }
  return json;
}

Json ended_json(const EndedTaskRun& ended) {
  const EndedRun& run = ended.run;
  return {{"task_id", ended.task.task_id},
          {"job_id", ended.task.job_id},
          {"task_type", ended.task.type},
          {"module_name", ended.module_name},
          {"container_name", run.container_name},
          {"container_id", run.container_id},
          {"run", run.run},
          {"started_at", time_json(run.started_at)},
          {"ended_at", time_json(run.ended_at)},
          {"exit_code", optional_json(run.exit_code)},
          {"oom_killed", optional_json(run.oom_killed)}};
}

std::string line_of(const Json& json) {
  // Names come from outside, and need not be UTF-8.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace

std::string snapshot_json_line(const Snapshot& snapshot, WallTime taken_at) {
  Json json{{"version", kSnapshotJsonVersion},     {"type", "snapshot"},
            {"taken_at", iso_time_text(taken_at)}, {"tasks", Json::array()},
            {"ended_runs", Json::array()},         {"gpus", Json::array()}};
  for (const TaskSample& sample : snapshot.samples) {
    json["tasks"].push_back(task_json(sample));
  }
  for (const EndedTaskRun& ended : snapshot.ended_runs) {
    json["ended_runs"].push_back(ended_json(ended));
  }
  for (const GpuDevice& device : snapshot.gpu_devices) {
    json["gpus"].push_back(device_json(device));
  }
  return line_of(json);
}

std::string lost_json_line(std::uint64_t rounds) {
  return line_of({{"version", kSnapshotJsonVersion}, {"type", "lost"}, {"rounds", rounds}});
}

}  // namespace wemol
