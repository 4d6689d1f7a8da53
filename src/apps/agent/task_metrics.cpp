#include "task_metrics.h"

#include <chrono>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "task_schema.h"
#include "time_text.h"

namespace wemol::agent {
namespace {

using Json = nlohmann::ordered_json;

std::string text_in(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

FieldValue value_in(const Json& object, std::string_view key) {
  const auto found = object.find(key);
  if (found == object.end()) {
    return {};
  }
  if (found->is_number_unsigned()) {
    return found->get<std::uint64_t>();
  }
  if (found->is_number_integer()) {
    return found->get<std::int64_t>();
  }
  return found->is_number() ? FieldValue(found->get<double>()) : FieldValue();
}

struct Task {
  explicit Task(const Json& task)
      : json(task),
        container(text_in(task, "container_name")),
        task_id(text_in(task, "task_id")),
        job_id(text_in(task, "job_id")),
        module(text_in(task, "module_name")) {}

  const Json& json;
  std::string container;
  std::string task_id;
  std::string job_id;
  std::string module;
};

void add_usage(const std::vector<Task>& tasks, MetricsText& text) {
  for (const auto& field : sample_fields()) {
    if (field.metric.empty()) {
      continue;
    }
    text.begin_family(field);
    for (const Task& task : tasks) {
      text.add({{"container", task.container},
                {"task_id", task.task_id},
                {"job_id", task.job_id},
                {"module", task.module}},
               value_in(task.json, field.name));
    }
  }
}

void add_round_time(const PublishedTasks& published, MetricsText& text) {
  text.begin_family({"", Unit::seconds, "", "recorder_round_timestamp_seconds",
                     "When the recorder read the tasks, in seconds since 1970"});
  if (const auto time = parse_iso_time(published.taken_at)) {
    text.add({}, std::chrono::duration<double>(time->time_since_epoch()).count());
  }
}

std::string index_text(const Json& gpu) {
  const auto found = gpu.find("index");
  return found != gpu.end() && found->is_number_unsigned() ? found->dump() : std::string();
}

void add_gpu_usage(const std::vector<Task>& tasks, MetricsText& text) {
  for (const auto& field : gpu_use_fields()) {
    if (field.metric.empty()) {
      continue;
    }
    text.begin_family(field);
    for (const Task& task : tasks) {
      const auto gpus = task.json.find("gpus");
      if (gpus == task.json.end() || !gpus->is_array()) {
        continue;
      }
      for (const Json& gpu : *gpus) {
        const std::string index = gpu.is_object() ? index_text(gpu) : std::string();
        const std::string uuid = gpu.is_object() ? text_in(gpu, "uuid") : std::string();
        text.add({{"container", task.container},
                  {"task_id", task.task_id},
                  {"job_id", task.job_id},
                  {"module", task.module},
                  {"gpu", index},
                  {"uuid", uuid}},
                 value_in(gpu, field.name));
      }
    }
  }
}

}  // namespace

void add_task_metrics(const PublishedTasks& published, MetricsText& text) {
  add_round_time(published, text);
  const Json json = Json::parse(published.tasks, nullptr, false);
  if (!json.is_array()) {
    return;
  }
  std::vector<Task> tasks;  // refer to the JSON
  for (const Json& task : json) {
    if (task.is_object()) {
      tasks.emplace_back(task);
    }
  }
  add_usage(tasks, text);
  add_gpu_usage(tasks, text);
}

}  // namespace wemol::agent
