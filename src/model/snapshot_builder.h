#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <wemol/facts.h>
#include <wemol/snapshot.h>

namespace wemol {

/// A listed container whose name is a task's.
struct TaskContainer {
  Task task;
  std::string container_id;
  std::string container_name;
  std::optional<ContainerStats> stats;  ///< absent when there was no valid reading
  bool ended = false;
  std::uint64_t run = 0;
  std::optional<std::chrono::system_clock::time_point> started_at;
  bool oom_killed = false;
  std::string no_reading_because;
};

struct IdentifiedTasks {
  std::vector<TaskContainer> tasks;
  Conditions conditions;  ///< names that begin with the prefix and are no task's
};

/// Picks the tasks out of the listed containers.
[[nodiscard]] IdentifiedTasks identify_tasks(std::vector<Container> containers,
                                             std::string_view prefix);

/// Picks those of tasks out of the ended runs, without the names of their modules.
[[nodiscard]] std::vector<EndedTaskRun> identify_ended(std::vector<EndedRun> runs,
                                                       std::string_view prefix);

/// Gives the module's name of a task.
using ModuleNames = std::function<std::string(const TaskContainer&)>;

/// Joins containers, GPU processes and GPU devices into one sample per task that has a valid
/// reading. A process counts on every GPU on which it is listed.
[[nodiscard]] Snapshot build_snapshot(const Facts& facts, std::vector<TaskContainer> tasks,
                                      const ModuleNames& module_name_of);

}  // namespace wemol
