#include "run_ends.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

namespace wemol::native {
namespace {

using namespace std::chrono_literals;

/// The engine's word comes within milliseconds, unless it is very busy.
constexpr auto kPatience = 10s;
constexpr auto kAskAgainAfter = 10s;
/// The engine notes a start a moment before it tells it.
constexpr auto kSameMoment = 1s;

}  // namespace

void RunEnds::resume(const std::vector<OpenRun>& runs) {
  for (const OpenRun& run : runs) {
    resumed_[run.container_id] = {.run = run, .asked_at = std::nullopt};
    if (run.oom_killed) {
      killed_.insert(run.container_id);
    }
  }
}

void RunEnds::started(const engine::Event& event) {
  starts_[event.container_id] = {.at = event.at, .name = event.name};
}

void RunEnds::out_of_memory(const std::string& container_id) {
  if (const auto waiting = waiting_.find(container_id); waiting != waiting_.end()) {
    waiting->second.back().run.oom_killed = true;
  } else {
    killed_.insert(container_id);
  }
}

void RunEnds::runs(const engine::InspectedContainer& container) {
  if (const auto resumed = resumed_.extract(container.id); !resumed.empty()) {
    const OpenRun& run = resumed.mapped().run;
    const bool is_another = run.started_at && container.started_at &&
                            *container.started_at - *run.started_at > kSameMoment;
    if (is_another) {  // the engine keeps nothing of a run before the last
      killed_.erase(container.id);
      complete_.push_back({.container_id = run.container_id,
                           .container_name = run.container_name,
                           .started_at = run.started_at,
                           .oom_killed = run.oom_killed ? std::optional(true) : std::nullopt});
    }
  }
  if (container.oom_killed.value_or(false)) {
    killed_.insert(container.id);
  }
}

void RunEnds::ended(EndedRun run, SteadyTime now) {
  const std::string id = run.container_id;
  run.oom_killed = killed_.erase(id) > 0;
  waiting_[id].push_back({std::move(run), now});
}

/// Whose start is not known is taken to be the next in the order of the ends.
std::optional<EndedRun> RunEnds::take_waiting(const std::string& container_id,
                                              const std::optional<WallTime>& ended_at) {
  const auto found = waiting_.find(container_id);
  if (found == waiting_.end()) {
    return std::nullopt;
  }
  std::vector<Waiting>& runs = found->second;
  const auto had_begun = [&](const Waiting& it) {
    return ended_at && it.run.started_at && *it.run.started_at <= *ended_at;
  };
  const auto last = std::find_if(runs.rbegin(), runs.rend(), had_begun);
  const auto place = last == runs.rend() ? runs.begin() : std::prev(last.base());
  EndedRun run = std::move(place->run);
  runs.erase(place);
  if (runs.empty()) {
    waiting_.erase(found);
  }
  return run;
}

void RunEnds::died(const engine::Event& event) {
  const std::string& id = event.container_id;
  const auto told_start = starts_.find(id);
  const bool is_of_a_run_before = told_start != starts_.end() && told_start->second.at &&
                                  event.at && *event.at < *told_start->second.at;
  const auto start = is_of_a_run_before ? decltype(starts_)::node_type() : starts_.extract(id);
  EndedRun run;
  if (auto waiting = take_waiting(id, event.at)) {
    run = std::move(*waiting);
  } else if (const auto resumed = resumed_.extract(id); !resumed.empty()) {
    run.started_at = resumed.mapped().run.started_at;
    run.oom_killed = killed_.erase(id) > 0;
  } else if (!start.empty()) {
    run.started_at = start.mapped().at;
    run.oom_killed = killed_.erase(id) > 0;
  } else {
    return;  // of a run whose end has been stated
  }
  run.container_id = id;
  run.container_name = run.container_name.empty() ? event.name : run.container_name;
  run.exit_code = event.exit_code;
  if (!run.ended_at || (event.at && *event.at < *run.ended_at)) {
    run.ended_at = event.at;
  }
  complete_.push_back(std::move(run));
}

std::vector<std::string> RunEnds::to_ask(SteadyTime now) {
  std::vector<std::string> ids;
  for (auto& [id, resumed] : resumed_) {
    if (!resumed.asked_at || now - *resumed.asked_at > kAskAgainAfter) {
      resumed.asked_at = now;
      ids.push_back(id);
    }
  }
  return ids;
}

void RunEnds::answered(const std::string& container_id,
                       const std::optional<engine::InspectedContainer>& container) {
  if (container && container->pid > 0) {
    return;  // it has been started again: the event comes
  }
  const auto resumed = resumed_.extract(container_id);
  if (resumed.empty()) {
    return;
  }
  const OpenRun& open = resumed.mapped().run;
  EndedRun run{.container_id = container_id,
               .container_name = open.container_name,
               .started_at = open.started_at};
  const bool was_killed = killed_.erase(container_id) > 0;
  if (container) {
    run.started_at = container->started_at;
    run.ended_at = container->finished_at;
    run.exit_code = container->exit_code;
    run.oom_killed = container->oom_killed;
  }
  if (was_killed) {
    run.oom_killed = true;
  }
  complete_.push_back(std::move(run));
}

std::vector<EndedRun> RunEnds::take(SteadyTime now, bool engine_answers) {
  for (auto& [id, runs] : waiting_) {
    while (engine_answers && !runs.empty() && now - runs.front().since > kPatience) {
      complete_.push_back(std::move(runs.front().run));
      runs.erase(runs.begin());
    }
  }
  std::erase_if(waiting_, [](const auto& entry) { return entry.second.empty(); });
  return std::exchange(complete_, {});
}

std::vector<EndedRun> RunEnds::take_all() {
  for (auto& [id, runs] : waiting_) {
    for (Waiting& waiting : runs) {
      complete_.push_back(std::move(waiting.run));
    }
  }
  waiting_.clear();
  return std::exchange(complete_, {});
}

}  // namespace wemol::native
