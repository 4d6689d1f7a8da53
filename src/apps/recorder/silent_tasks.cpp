#include "silent_tasks.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "text.h"

namespace wemol {

void SilentTasks::note(const std::vector<TaskContainer>& tasks, SteadyTime now) {
  const bool was_read = std::ranges::any_of(tasks, [](const TaskContainer& task) {
    return task.stats || !task.no_reading_because.empty();
  });
  if (!was_read && !tasks.empty()) {
    return;  // of none of them is anything known, for a reason that is stated elsewhere
  }
  forget_all_but(tasks);
  auto named = static_cast<std::size_t>(
      std::ranges::count_if(silences_, [](const auto& it) { return it.second.is_named; }));
  for (const TaskContainer& task : tasks) {
    if (task.stats || task.ended || task.no_reading_because.empty()) {
      continue;
    }
    Silence& silence = silences_.try_emplace({task.container_id, task.run}).first->second;
    silence.task_id = task.task.task_id;
    silence.container_name = task.container_name;
    silence.reason = task.no_reading_because;
    silence.since = silence.rounds == 0 ? now : silence.since;
    ++silence.rounds;
    if (!silence.is_long && silence.rounds >= kRounds && now - silence.since >= kFor) {
      silence.is_long = true;
      silence.is_named = named < kNamed;
      named += silence.is_named ? 1U : 0U;
    }
  }
}

void SilentTasks::forget_all_but(const std::vector<TaskContainer>& tasks) {
  std::set<Key> silent;
  for (const TaskContainer& task : tasks) {
    if (!task.stats && !task.ended && !task.no_reading_because.empty()) {
      silent.emplace(task.container_id, task.run);
    }
  }
  std::erase_if(silences_, [&](const auto& it) { return !silent.contains(it.first); });
}

std::size_t SilentTasks::count() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(silences_, [](const auto& it) { return it.second.is_long; }));
}

Conditions SilentTasks::conditions() const {
  Conditions conditions;
  for (const auto& [key, silence] : silences_) {
    if (silence.is_named) {
      conditions.push_back(
          {.key = fmt::format("silent task/{}/{}", key.first, key.second),
           .severity = Severity::warning,
           .message = fmt::format("task {} has no rows: nothing valid can be read of its running "
                                  "container {}: {}",
                                  silence.task_id, silence.container_name, silence.reason)});
    }
  }
  if (const std::size_t others = count() - conditions.size(); others > 0) {
    conditions.push_back(
        {.key = "more silent tasks",
         .severity = Severity::warning,
         .message = fmt::format("nothing valid can be read of {} beside those named: no rows",
                                counted(others, "running task"))});
  }
  return conditions;
}

}  // namespace wemol
