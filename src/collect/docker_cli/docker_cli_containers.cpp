#include "docker_cli_containers.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <tl/expected.hpp>

#include "container_id.h"
#include "docker_answers.h"
#include "docker_commands.h"
#include "docker_stats.h"

namespace wemol {
namespace {

using docker::ListedContainer;
using Status = CommandOutcome::Status;

/// They take milliseconds.
constexpr auto kPatienceForEnds = std::chrono::seconds(2);
/// On a busy host it takes that long to start a command. An answer of docker stats that leaves less
/// of the round is taken in the next one, which has the time to ask whose it is.
constexpr auto kTimeForEvents = std::chrono::milliseconds(400);
constexpr const char* kLate = "what it reads is recorded when it answers";

std::vector<RunTracker::Listed> to_follow(const std::vector<ListedContainer>& listed) {
  std::vector<RunTracker::Listed> followed;
  followed.reserve(listed.size());
  for (const auto& [id, name, has_processes] : listed) {
    followed.push_back({id, name, has_processes});
  }
  return followed;
}

std::vector<Container> without_readings(const std::vector<ListedContainer>& listed) {
  std::vector<Container> containers;
  containers.reserve(listed.size());
  for (const ListedContainer& container : listed) {
    containers.push_back({.id = container.id, .name = container.name, .stats = std::nullopt});
  }
  return containers;
}

constexpr auto kNothingMeasured =
    "docker stats prints only zeros or \"--\" for it (no cgroup statistics: rootless docker on "
    "cgroup v1?)";
constexpr auto kNotListed = "docker stats does not list it, though docker ps does";

/// `took` until docker stats had answered. `containers` are those of `listed`, in the same order.
void add_stats(const StatsByShortId& stats, const Moment& asked_at, std::chrono::nanoseconds took,
               const std::vector<ListedContainer>& listed, std::vector<Container>& containers) {
  for (std::size_t i = 0; i < containers.size(); ++i) {
    Container& container = containers[i];
    const auto found = stats.find(std::string(short_container_id(container.id)));
    if (found != stats.end()) {
      container.stats = found->second;
    }
    if (container.stats) {
      container.stats->read_at =
          asked_at.wall + std::chrono::duration_cast<WallTime::duration>(took);
      container.stats->measured_at = asked_at.steady + took;
    } else if (listed[i].has_processes) {
      container.no_reading_because = found != stats.end() ? kNothingMeasured : kNotListed;
    }
  }
}

}  // namespace

DockerCliContainers::DockerCliContainers(CommandRunner& runner, const Clock& clock,
                                         std::string container_prefix)
    : clock_(clock),
      container_prefix_(std::move(container_prefix)),
      ps_(runner, "docker ps"),
      stats_(runner, "docker stats"),
      events_(runner, "docker events"),
      events_taken_until_(clock.wall_now()),
      inspect_(runner, "docker inspect"),
      docker_top_(runner) {}

void DockerCliContainers::resume(const std::vector<OpenRun>& open_runs,
                                 WallTime ends_stated_until) {
  runs_.resume(open_runs);
  events_taken_until_ = ends_stated_until;
}

void DockerCliContainers::add_remaining(Facts& facts) {
  std::ranges::move(runs_.take(clock_.now()), std::back_inserter(facts.ended_runs));
}

bool DockerCliContainers::start(SteadyTime due, Facts& facts) {
  if (!stats_.is_running() && !list(due, facts)) {
    return false;
  }
  if (stats_.is_running()) {
    facts.containers = without_readings(listed_);
  }
  return true;
}

bool DockerCliContainers::collect(SteadyTime due, Facts& facts) {
  if (stats_.is_running()) {
    const bool has_end = due != SteadyTime::max();
    const auto stats = stats_.finish_by(has_end ? due - kTimeForEvents : due);
    if (stats && stats->status == Status::canceled) {
      return false;
    }
    if (stats) {
      finish_stats(*stats, facts);
    } else {
      facts.conditions.push_back(stats_.why_late(kLate));
    }
  }
  if (!stats_.is_running()) {  // else a reading may follow of what has ended since
    follow_runs(std::min(due, clock_.now() + kPatienceForEnds), facts);
  }
  if (facts.containers) {
    name_runs(*facts.containers);
  }
  return true;
}

bool DockerCliContainers::is_known(std::string_view container_id) const {
  return std::ranges::find(listed_, container_id, &ListedContainer::id) != listed_.end();
}

bool DockerCliContainers::is_task(std::string_view container_id) const {
  const auto found = std::ranges::find(listed_, container_id, &ListedContainer::id);
  return found != listed_.end() && is_task_name(found->name);
}

std::size_t DockerCliContainers::tasks() const {
  return stats_.is_running() ? listed_tasks().size() : 0;
}

bool DockerCliContainers::list(SteadyTime due, Facts& facts) {
  ps_.start(docker::ps_arguments());
  const auto ps = ps_.finish_by(due);
  if (ps && ps->status == Status::canceled) {
    return false;
  }
  if (ps) {
    begin_stats(*ps, facts);
  } else {
    facts.conditions.push_back(ps_.why_late(kLate));
  }
  return true;
}

/// Of what has happened since the events that were taken last.
void DockerCliContainers::ask_for_events() {
  if (!events_.is_running()) {
    events_asked_until_ = clock_.wall_now();
    // The wall clock may have been set back.
    const WallTime since = std::min(events_taken_until_, events_asked_until_);
    events_.start(docker::events_arguments(since, events_asked_until_));
  }
}

void DockerCliContainers::follow_runs(SteadyTime due, Facts& facts) {
  const bool are_of_now = !events_.is_running();
  ask_for_events();
  auto failure_of_events = take_events(due);
  inspect(due, are_of_now && !failure_of_events);
  if (failure_of_events && facts.containers) {  // else the same reason has been stated
    facts.conditions.push_back(std::move(*failure_of_events));
  }
  facts.ended_runs = runs_.take(clock_.now());
  facts.ends_stated_until = events_taken_until_;
}

void DockerCliContainers::follow(const engine::Event& event) {
  using Kind = engine::Event::Kind;
  if (event.kind == Kind::start) {
    runs_.started(event.container_id, event.name, event.at);
  } else if (event.kind == Kind::die) {
    runs_.died(event.container_id, event.name, event.at, event.exit_code);
  } else if (event.kind == Kind::oom) {
    runs_.out_of_memory(event.container_id, event.at);
  }
}

std::optional<Condition> DockerCliContainers::take_events(SteadyTime due) {
  const auto outcome = events_.finish_by(due);
  if (!outcome) {
    return events_.why_late("what it tells of the ends of tasks is recorded when it answers");
  }
  if (outcome->status == Status::canceled) {
    return std::nullopt;
  }
  const auto events = read_events(*outcome);
  events_.note_result(events ? std::nullopt : std::optional(events.error()));
  if (!events) {
    return events.error();
  }
  events_taken_until_ = events_asked_until_ + std::chrono::nanoseconds(1);
  for (const engine::Event& event : *events) {
    if (is_task_name(event.name)) {
      follow(event);
    }
  }
  return std::nullopt;
}

void DockerCliContainers::inspect(SteadyTime due, bool has_events) {
  if (!inspect_.is_running()) {
    inspected_ids_ = runs_.to_inspect(has_events);
    if (inspected_ids_.empty() || clock_.now() >= due) {
      return;
    }
    inspect_.start(docker::inspect_arguments(inspected_ids_));
  }
  const auto outcome = inspect_.finish_by(due);
  if (outcome && docker::has_answered_for_all(*outcome)) {
    take_inspections(docker::parse_inspect(outcome->standard_output));
  }
}

void DockerCliContainers::take_inspections(const std::vector<docker::InspectedRun>& found) {
  for (const std::string& id : inspected_ids_) {
    const auto run = std::ranges::find(found, id, &docker::InspectedRun::container_id);
    if (run == found.end()) {
      runs_.removed(id);
    } else if (runs_.find(id) != nullptr) {  // else its end has been told meanwhile
      runs_.inspected({.id = id,
                       .name = "",
                       .is_running = run->is_running,
                       .started_at = run->started_at,
                       .finished_at = run->finished_at,
                       .exit_code = run->exit_code,
                       .oom_killed = run->oom_killed});
    }
  }
}

/// A reading that may be of two runs is dropped: docker stats makes the percentage of two samples.
void DockerCliContainers::name_runs(std::vector<Container>& containers) {
  const Moment now = clock_.moment();
  // By how much the wall clock, by which docker tells of starts and ends, was stepped meanwhile.
  const auto step =
      (now.wall - stats_asked_at_.wall) -
      std::chrono::duration_cast<WallTime::duration>(now.steady - stats_asked_at_.steady);
  const WallTime from = stats_asked_at_.wall + std::min(step, WallTime::duration::zero());
  const WallTime until = stats_asked_at_.wall + std::max(step, WallTime::duration::zero()) +
                         std::chrono::duration_cast<WallTime::duration>(stats_took_);
  for (Container& container : containers) {
    const auto runs = runs_.possible_runs(container.id, from, until);
    if (runs.size() == 1) {
      container.run = runs[0].number;
      container.started_at = runs[0].started_at;
      container.oom_killed = runs[0].oom_killed;
    } else if (runs.size() > 1) {
      container.stats.reset();
    }
  }
}

void DockerCliContainers::begin_stats(const CommandOutcome& ps, Facts& facts) {
  auto listed = read_listing(ps, facts.conditions);
  if (!listed) {
    facts.conditions.push_back(listed.error());
    ps_.note_result(std::move(listed.error()));
    return;
  }
  ps_.note_result(std::nullopt);
  listed_ = std::move(*listed);
  const auto tasks = listed_tasks();
  runs_.listed(to_follow(tasks));
  docker_top_.set_tasks(tasks);
  if (tasks.empty()) {
    facts.containers = without_readings(listed_);
    return;
  }
  stats_asked_at_ = clock_.moment();
  stats_.start(docker::stats_arguments());
}

void DockerCliContainers::finish_stats(const CommandOutcome& outcome, Facts& facts) {
  auto stats = read_stats(outcome, facts.conditions);
  if (!stats) {
    facts.conditions.push_back(stats.error());
    stats_.note_result(std::move(stats.error()));
    return;
  }
  stats_.note_result(std::nullopt);
  stats_took_ = outcome.took;
  add_stats(*stats, stats_asked_at_, outcome.took, listed_, *facts.containers);
}

std::vector<ListedContainer> DockerCliContainers::listed_tasks() const {
  std::vector<ListedContainer> tasks;
  std::ranges::copy_if(listed_, std::back_inserter(tasks), [&](const ListedContainer& container) {
    return is_task_name(container.name);
  });
  return tasks;
}

}  // namespace wemol
