#include "container_lives.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <set>
#include <utility>

namespace wemol {
namespace {

using namespace std::chrono_literals;

/// The engine notes a start a moment before it tells it.
constexpr auto kSameMoment = 1s;
/// The word of an end that a listing has noticed comes with the next round's events.
constexpr unsigned kRoundsToWaitForWord = 2;

bool is_same_run(const std::optional<WallTime>& one, const std::optional<WallTime>& other) {
  return !one || !other || std::chrono::abs(*one - *other) <= kSameMoment;
}

}  // namespace

void ContainerLives::resume(const std::vector<OpenRun>& runs) {
  for (const OpenRun& run : runs) {
    begin(run.container_id, run.container_name, run.started_at);
    Entry& entry = entries_[run.container_id];
    entry.life.oom_killed = run.oom_killed;
    entry.rounds_missing = kRoundsToWaitForWord - 1;
  }
}

void ContainerLives::begin(const std::string& id, const std::string& name,
                           std::optional<WallTime> started_at) {
  entries_[id] = {.life = {.name = name, .run = ++runs_, .started_at = started_at}};
}

void ContainerLives::end(const std::string& id, EndedRun known) {
  known.container_id = id;
  if (const auto node = entries_.extract(id); !node.empty()) {
    const Entry& entry = node.mapped();
    known.container_name = entry.life.name;
    known.run = entry.life.run;
    known.started_at = entry.life.started_at ? entry.life.started_at : known.started_at;
    if (entry.life.oom_killed) {
      known.oom_killed = true;
    }
    over_[id].push_back({entry.life, known.ended_at});
  }
  ended_.push_back(std::move(known));
}

void ContainerLives::take_event(const engine::Event& event) {
  using Kind = engine::Event::Kind;
  const std::string& id = event.container_id;
  const auto found = entries_.find(id);
  const bool is_of_a_run_before = found != entries_.end() && found->second.life.started_at &&
                                  event.at && *event.at < *found->second.life.started_at;
  if (is_of_a_run_before) {
    return;  // whose end an inspection has told
  }
  if (event.kind == Kind::die) {
    const bool has_seen_all = found != entries_.end();
    end(id, {.container_name = event.name,
             .ended_at = event.at,
             .exit_code = event.exit_code,
             .oom_killed = has_seen_all ? std::optional(false) : std::nullopt});
  } else if (event.kind == Kind::oom && found != entries_.end()) {
    found->second.life.oom_killed = true;
  } else if (event.kind == Kind::start && found == entries_.end()) {
    begin(id, event.name, event.at);
  } else if (event.kind == Kind::start && !is_same_run(found->second.life.started_at, event.at)) {
    end(id, {});  // nobody has told of it
    begin(id, event.name, event.at);
  } else if (event.kind == Kind::start && !found->second.life.started_at) {
    found->second.life.started_at = event.at;
  }
}

void ContainerLives::take_listing(const std::vector<docker::ListedContainer>& listed) {
  over_.clear();
  std::set<std::string_view> ids;
  for (const docker::ListedContainer& container : listed) {
    ids.insert(container.id);
    const auto found = entries_.find(container.id);
    if (found != entries_.end()) {
      found->second.life.name = container.name;
    } else if (container.has_processes) {  // else its run is over, and the next one not begun
      begin(container.id, container.name, std::nullopt);
    }
  }
  for (auto& [id, entry] : entries_) {
    entry.rounds_missing = ids.contains(id) ? 0 : entry.rounds_missing + 1;
  }
}

std::vector<std::string> ContainerLives::to_inspect(bool has_events) const {
  std::vector<std::string> ids;
  for (const auto& [id, entry] : entries_) {
    const bool is_listed = entry.rounds_missing == 0;
    if (!entry.life.started_at || (is_listed && !has_events) ||
        entry.rounds_missing >= kRoundsToWaitForWord) {
      ids.push_back(id);
    }
  }
  return ids;
}

void ContainerLives::take_present(const std::string& id, const docker::InspectedRun& inspected) {
  Entry& entry = entries_[id];
  if (!is_same_run(entry.life.started_at, inspected.started_at)) {
    const std::string name = entry.life.name;
    end(id, {});
    begin(id, name, inspected.started_at);
  } else if (inspected.started_at) {
    entry.life.started_at = inspected.started_at;
  }
  entries_[id].life.oom_killed |= inspected.oom_killed.value_or(false);
}

void ContainerLives::take_inspected(const std::vector<std::string>& asked,
                                    const std::vector<docker::InspectedRun>& found) {
  for (const std::string& id : asked) {
    const auto entry = entries_.find(id);
    if (entry == entries_.end()) {
      continue;  // its end has been told meanwhile
    }
    const bool is_listed = entry->second.rounds_missing == 0;
    const auto run = std::ranges::find(found, id, &docker::InspectedRun::container_id);
    if (run != found.end() && (run->is_running || is_listed)) {
      take_present(id, *run);  // if it has ended since it was listed, the next events tell
    } else if (run != found.end()) {
      end(id, {.started_at = run->started_at,
               .ended_at = run->finished_at,
               .exit_code = run->exit_code,
               .oom_killed = run->oom_killed});
    } else if (!is_listed) {
      end(id, {});
    }
  }
}

const ContainerLives::Life* ContainerLives::find(const std::string& container_id) const {
  const auto found = entries_.find(container_id);
  return found != entries_.end() ? &found->second.life : nullptr;
}

std::vector<ContainerLives::Life> ContainerLives::possible_runs(const std::string& container_id,
                                                                WallTime from,
                                                                WallTime until) const {
  std::vector<Past> runs;
  if (const auto over = over_.find(container_id); over != over_.end()) {
    runs = over->second;
  }
  if (const Life* const life = find(container_id)) {
    runs.push_back({*life, WallTime::max()});
  }
  std::vector<Life> possible;
  bool is_end_before_known = true;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    // At the latest when the next one began.
    const auto& ended_at =
        runs[i].ended_at || i + 1 == runs.size() ? runs[i].ended_at : runs[i + 1].life.started_at;
    const auto& started_at = runs[i].life.started_at;
    const bool is_over_before = ended_at && *ended_at <= from;
    const bool begins_after = started_at && *started_at > until + kSameMoment;
    // Between an end and a start that nobody has told of there may have been more runs.
    if (runs.size() == 1 || (!is_over_before && !(begins_after && is_end_before_known))) {
      possible.push_back(runs[i].life);
    }
    is_end_before_known = runs[i].ended_at.has_value() || is_over_before;
  }
  return possible;
}

std::vector<EndedRun> ContainerLives::take_ended() {
  return std::exchange(ended_, {});
}

}  // namespace wemol
