#include "module_catalog.h"

#include <array>
#include <cerrno>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace wemol {
namespace {

// A task.json has some KiB. More than this is no task.json.
constexpr std::size_t kTaskJsonCapBytes = std::size_t{8} << 20;
constexpr std::array<std::string_view, 4> kWorkers{"GPU", "CPU", "AF2", "ALL"};
constexpr std::size_t kShortestTaskId = 4;

/// Keeps nothing but Module.Name while the text is read, so that neither the size nor the depth
/// of the rest costs memory.
bool keep_module_name(int depth, nlohmann::json::parse_event_t event, nlohmann::json& parsed) {
  using Event = nlohmann::json::parse_event_t;
  if (event == Event::key) {
    return (depth == 1 && parsed == "Module") || (depth == 2 && parsed == "Name");
  }
  return event != Event::array_start;
}

Result<nlohmann::json> parse_task_json(std::string_view text) {
  auto document = nlohmann::json::parse(text, keep_module_name, false);
  if (!document.is_object()) {
    return failure("is not a JSON object");
  }
  return document;
}

Result<std::string> module_name_in(const nlohmann::json& document) {
  const auto module = document.find("Module");
  if (module == document.end() || !module->is_object()) {
    return failure("has no object at Module");
  }
  const auto name = module->find("Name");
  if (name == module->end() || !name->is_string()) {
    return failure("has no text at Module.Name");
  }
  if (name->get_ref<const std::string&>().empty()) {
    return failure("has an empty text at Module.Name");
  }
  return name->get<std::string>();
}

}  // namespace

ModuleCatalog::ModuleCatalog(const FileReader& files, std::filesystem::path task_root)
    : files_(files), task_root_(std::move(task_root)) {}

std::string ModuleCatalog::name_of(const std::string& container_id, const std::string& task_id,
                                   Conditions& conditions) {
  if (const auto known = names_.find(container_id); known != names_.end()) {
    return known->second;
  }
  auto name = look_up(task_id);
  if (name) {
    return names_.emplace(container_id, std::move(*name)).first->second;
  }
  conditions.push_back(
      {.key = "module unknown/" + task_id,
       .severity = Severity::warning,
       .message = fmt::format("task {}: the module is Unknown: {}", task_id, name.error().message),
       .follow_up = false});
  return std::string(kUnknownModule);
}

Result<std::string> ModuleCatalog::look_up(const std::string& task_id) const {
  if (task_id.size() < kShortestTaskId) {
    return failure("the task id has fewer than four characters, so it has no task.json");
  }
  const std::string last = task_id.substr(task_id.size() - 2);
  const std::string before_last = task_id.substr(task_id.size() - 4, 2);
  std::string problems;
  const auto note = [&](const std::string& problem) {
    problems += (problems.empty() ? "" : "; ") + problem;
  };
  const auto in_worker = std::filesystem::path("work_blob") / before_last / last / task_id;
  for (const std::string_view worker : kWorkers) {
    const auto path = task_root_ / fmt::format("Worker.{}", worker) / in_worker / "task.json";
    const auto in_file = [&](const Error& error) {
      return Error{fmt::format("{} {}", path.string(), error.message), error.code};
    };
    const auto text = files_.read(path, kTaskJsonCapBytes);
    if (!text && (text.error().code == ENOENT || text.error().code == ENOTDIR)) {
      continue;
    }
    if (!text) {
      note(text.error().message);
    } else if (const auto document = parse_task_json(*text)) {
      return module_name_in(*document).map_error(in_file);
    } else {
      note(in_file(document.error()).message);
    }
  }
  if (problems.empty()) {
    return failure(fmt::format("there is no {}/Worker.{{{}}}/{}/task.json", task_root_.string(),
                               fmt::join(kWorkers, ","), in_worker.string()));
  }
  return failure(std::move(problems));
}

}  // namespace wemol
