#include "round.h"

#include <algorithm>
#include <iterator>
#include <unordered_set>

#include <spdlog/spdlog.h>

#include "snapshot_builder.h"

namespace wemol {
namespace {

void append(Conditions more, Conditions& conditions) {
  std::ranges::move(more, std::back_inserter(conditions));
}

}  // namespace

Round::Round(Source& source, ModuleCatalog& modules, std::vector<std::unique_ptr<Sink>>& sinks,
             std::string container_prefix)
    : source_(source),
      modules_(modules),
      sinks_(sinks),
      container_prefix_(std::move(container_prefix)) {}

std::optional<RoundReport> Round::run(SteadyTime due) {
  auto facts = source_.collect(due);
  return facts ? std::optional(record(std::move(*facts), due)) : std::nullopt;
}

std::size_t Round::record_remaining() {
  return record(source_.remaining(), std::nullopt).samples;
}

RoundReport Round::record(Facts facts, std::optional<SteadyTime> due) {
  RoundReport report;
  append(std::move(facts.conditions), report.conditions);
  Snapshot snapshot = snapshot_of(facts, due, report);
  report.silent_tasks = silent_tasks_.count();
  append(silent_tasks_.conditions(), report.conditions);
  report.samples = snapshot.samples.size();
  append(write(std::move(snapshot)), report.conditions);
  return report;
}

Snapshot Round::snapshot_of(Facts& facts, std::optional<SteadyTime> due, RoundReport& report) {
  auto ended_runs = identify_ended(std::move(facts.ended_runs), container_prefix_);
  const auto name_of = [&](const std::string& container_id, const Task& task) {
    return modules_.name_of(container_id, task.task_id, report.conditions);
  };
  for (EndedTaskRun& ended : ended_runs) {
    ended.module_name = name_of(ended.run.container_id, ended.task);
  }
  Snapshot snapshot = samples_of(facts, due, name_of, report);
  snapshot.ended_runs = std::move(ended_runs);
  snapshot.ends_stated_until = facts.ends_stated_until;
  return snapshot;
}

Snapshot Round::samples_of(Facts& facts, std::optional<SteadyTime> due, const NameOf& name_of,
                           RoundReport& report) {
  if (!facts.containers) {  // the GPUs are there all the same
    Snapshot without_tasks;
    without_tasks.gpu_devices = std::move(facts.gpu_devices).value_or(std::vector<GpuDevice>{});
    without_tasks.are_tasks_known = false;
    return without_tasks;
  }
  report.containers = facts.containers->size();
  rates_.derive(*facts.containers);
  auto [tasks, conditions] = identify_tasks(std::move(*facts.containers), container_prefix_);
  append(std::move(conditions), report.conditions);
  report.tasks = tasks.size();
  report.gpu_devices = facts.gpu_devices ? facts.gpu_devices->size() : 0;
  report.gpu_processes = facts.gpu_processes ? facts.gpu_processes->size() : 0;
  if (tasks.empty()) {
    report.conditions.push_back(
        {.key = "no tasks",
         .severity = Severity::info,
         .message = "no task container is running (none is named " + container_prefix_ + "_...)"});
  }
  if (due) {  // else it is the rest that is recorded at the end
    silent_tasks_.note(tasks, *due);
  }
  std::unordered_set<std::string_view> alive;
  for (const TaskContainer& task : tasks) {
    alive.insert(task.container_id);
    if (!task.stats) {
      spdlog::debug("container {} has no valid reading in this round: no row", task.container_name);
    }
  }
  modules_.forget_all_but([&](const std::string& id) { return alive.contains(id); });
  return build_snapshot(facts, std::move(tasks), [&](const TaskContainer& task) {
    return name_of(task.container_id, task.task);
  });
}

Conditions Round::write(Snapshot snapshot) {
  const auto shared = std::make_shared<const Snapshot>(std::move(snapshot));
  Conditions conditions;
  for (const auto& sink : sinks_) {
    append(sink->write_shared(shared), conditions);
  }
  return conditions;
}

}  // namespace wemol
