#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <wemol/facts.h>
#include <wemol/snapshot.h>

namespace wemol {

/// Turns counters into rates, with what it remembers of the rounds before.
class Rates {
 public:
  /// Sets the percentages of all readings that carry a CPU counter: the CPU from the counter's
  /// growth over the true time since the reading before, or since the start of the run when there
  /// is none (or the counter has fallen: another run). Nothing is remembered of containers that are
  /// not among `containers`.
  ///
  /// The kernel books the time of a busy CPU at each of its ticks, which are up to 10 ms apart. So
  /// a span under 20 ms says nothing by itself: such a reading is measured over the span before as
  /// well.
  void derive(std::vector<Container>& containers);

 private:
  /// A reading that later ones are measured against.
  struct Base {
    std::chrono::nanoseconds used{};
    std::chrono::steady_clock::time_point read_at;
  };
  struct Run {
    std::chrono::steady_clock::time_point began_at;
    Base last;
    Base before_last;
    std::uint64_t seen_in = 0;
  };

  [[nodiscard]] double cpu_percent(const std::string& container_id, const CpuCounter& counter);

  std::unordered_map<std::string, Run> runs_;
  std::uint64_t round_ = 0;
};

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
