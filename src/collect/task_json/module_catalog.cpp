#include "module_catalog.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <functional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <wemol/snapshot.h>

namespace wemol {
namespace {

// A task.json has some KiB. More than this is no task.json.
constexpr std::size_t kTaskJsonCapBytes = std::size_t{8} << 20;
constexpr std::array<std::string_view, 4> kWorkers{"GPU", "CPU", "AF2", "ALL"};
constexpr std::size_t kShortestTaskId = 4;

}  // namespace

ModuleCatalog::ModuleCatalog(const FileReader& files, const Clock& clock,
                             std::filesystem::path task_root)
    : files_(files), clock_(clock), task_root_(std::move(task_root)) {}

void ModuleCatalog::set_task_root(std::filesystem::path task_root) {
  task_root_ = std::move(task_root);
  for (auto& [id, container] : containers_) {
    container.looked_at.reset();
  }
}

std::string ModuleCatalog::name_of(const std::string& container_id, const std::string& task_id,
                                   Conditions& conditions) {
  Container& container = containers_[container_id];
  if (!container.name.empty()) {
    return container.name;
  }
  const SteadyTime now = clock_.now();
  if (!container.looked_at || now - *container.looked_at >= kLooksAgainAfter) {
    container.looked_at = now;
    auto name = look_up(task_id, container);
    if (name) {
      container.readings.clear();
      return container.name = std::move(*name);
    }
    container.why_unknown = std::move(name.error());
  }
  const Error& why = container.why_unknown;
  if (why.code == ETIMEDOUT) {
    state_hang(why.message, conditions);
    return std::string(kUnknownModule);
  }
  conditions.push_back(
      {.key = "module unknown/" + task_id,
       .severity = Severity::warning,
       .message = fmt::format("task {}: the module is Unknown: {}", task_id, why.message),
       .follow_up = false});
  return std::string(kUnknownModule);
}

void ModuleCatalog::state_hang(const std::string& why, Conditions& conditions) {
  constexpr const char* kKey = "task root hangs";
  if (std::ranges::find(conditions, kKey, &Condition::key) == conditions.end()) {
    conditions.push_back({.key = kKey,
                          .severity = Severity::warning,
                          .message = fmt::format("the task root does not answer: {}; modules that "
                                                 "are unknown yet are Unknown",
                                                 why)});
  }
}

const ModuleName& ModuleCatalog::name_in(const std::string& text, const std::string& path,
                                         Container& container) {
  const std::size_t hash = std::hash<std::string>{}(text);
  const auto [reading, is_new] = container.readings.try_emplace(path);
  if (is_new || reading->second.text_hash != hash) {
    reading->second = {.text_hash = hash, .said = read_module_name(text)};
  }
  return reading->second.said;
}

Result<std::string> ModuleCatalog::look_up(const std::string& task_id, Container& container) const {
  if (task_id.size() < kShortestTaskId) {
    return failure("the task id has fewer than four characters, so it has no task.json");
  }
  const std::string last = task_id.substr(task_id.size() - 2);
  const std::string before_last = task_id.substr(task_id.size() - 4, 2);
  const auto in_worker = std::filesystem::path("work_blob") / before_last / last / task_id;
  std::vector<std::filesystem::path> paths;
  paths.reserve(kWorkers.size());
  for (const std::string_view worker : kWorkers) {
    paths.push_back(task_root_ / fmt::format("Worker.{}", worker) / in_worker / "task.json");
  }
  std::vector<std::string> problems;
  auto name = first_name(paths, container, problems);
  if (name) {
    return std::move(*name);
  }
  if (problems.empty()) {
    return failure(fmt::format("there is no {}/Worker.{{{}}}/{}/task.json", task_root_.string(),
                               fmt::join(kWorkers, ","), in_worker.string()));
  }
  return failure(fmt::format("{}", fmt::join(problems, "; ")));
}

std::optional<Result<std::string>> ModuleCatalog::first_name(
    std::span<const std::filesystem::path> paths, Container& container,
    std::vector<std::string>& problems) const {
  while (!paths.empty()) {
    // A worker's folder may be a mount of its own that hangs: those behind a name are not touched.
    const auto texts = files_.read_first(paths, kTaskJsonCapBytes);
    for (const auto& text : texts) {
      const std::string path = paths.front().string();
      paths = paths.subspan(1);
      if (text) {
        const ModuleName& said = name_in(*text, path, container);
        const auto in_file = [&](const Error& error) {
          return Error{fmt::format("{} {}", path, error.message), error.code};
        };
        if (said.is_json) {
          return said.name.map_error(in_file);
        }
        problems.push_back(in_file(said.name.error()).message);
      } else if (text.error().code == ETIMEDOUT) {
        return tl::make_unexpected(text.error());  // the others would not answer either
      } else if (text.error().code != ENOENT && text.error().code != ENOTDIR) {
        problems.push_back(text.error().message);
      }
    }
  }
  return std::nullopt;
}

}  // namespace wemol
