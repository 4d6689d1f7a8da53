#include "docker_cli_source.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <tl/expected.hpp>

#include "container_id.h"
#include "docker_answers.h"
#include "docker_events.h"
#include "docker_inspect.h"
#include "docker_stats.h"

namespace wemol {
namespace {

using docker::ListedContainer;
using Status = CommandOutcome::Status;

/// They take milliseconds.
constexpr auto kPatienceForEnds = std::chrono::seconds(2);
constexpr const char* kLate = "what it reads is recorded when it answers";

std::vector<Container> without_readings(const std::vector<ListedContainer>& listed) {
  std::vector<Container> containers;
  containers.reserve(listed.size());
  for (const ListedContainer& container : listed) {
    containers.push_back({.id = container.id, .name = container.name, .stats = std::nullopt});
  }
  return containers;
}

void add_stats(const StatsByShortId& stats, WallTime read_at, std::vector<Container>& containers) {
  for (Container& container : containers) {
    const auto found = stats.find(std::string(short_container_id(container.id)));
    if (found != stats.end()) {
      container.stats = found->second;
      if (container.stats) {
        container.stats->read_at = read_at;
      }
    }
  }
}

}  // namespace

DockerCliSource::DockerCliSource(CommandRunner& runner, const FileReader& files, const Clock& clock,
                                 IsTask is_task, const std::filesystem::path& root)
    : clock_(clock),
      is_task_(std::move(is_task)),
      ps_(runner, "docker ps"),
      stats_(runner, "docker stats"),
      events_(runner, "docker events"),
      events_taken_until_(clock.wall_now()),
      inspect_(runner, "docker inspect"),
      gpu_reader_(runner),
      gpu_presence_(files, clock, root),
      gpu_process_owners_(runner, files) {}

void DockerCliSource::resume(const std::vector<OpenRun>& open_runs, WallTime ends_stated_until) {
  lives_.resume(open_runs);
  events_taken_until_ = ends_stated_until;
}

Facts DockerCliSource::remaining() {
  const bool is_waiting = ps_.is_running() || stats_.is_running();
  Facts facts = is_waiting ? collect(SteadyTime::max()).value_or(Facts{}) : Facts{};
  std::ranges::move(lives_.take_ended(), std::back_inserter(facts.ended_runs));
  return facts;
}

std::optional<Facts> DockerCliSource::collect(SteadyTime due) {
  Facts facts;
  ask_for_events();
  if (!stats_.is_running() && !list(due, facts)) {
    return std::nullopt;
  }
  if (stats_.is_running()) {
    facts.containers = without_readings(listed_);
    read_gpus(due, facts);
    const auto stats = stats_.finish_by(due);
    if (stats && stats->status == Status::canceled) {
      return std::nullopt;
    }
    if (stats) {
      finish_stats(*stats, facts);
    } else {
      facts.conditions.push_back(stats_.why_late(kLate));
    }
  }
  // Last, for nobody's readings are to wait for them.
  follow_runs(std::min(due, clock_.now() + kPatienceForEnds), facts);
  return facts;
}

bool DockerCliSource::list(SteadyTime due, Facts& facts) {
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
void DockerCliSource::ask_for_events() {
  if (!events_.is_running()) {
    events_asked_until_ = clock_.wall_now();
    // The wall clock may have been set back.
    const WallTime since = std::min(events_taken_until_, events_asked_until_);
    events_.start(docker::events_arguments(since, events_asked_until_));
  }
}

void DockerCliSource::follow_runs(SteadyTime due, Facts& facts) {
  auto failure_of_events = take_events(due);
  if (std::exchange(is_listed_anew_, false)) {
    lives_.take_listing(listed_tasks());
    listed_lives_.clear();
  }
  if (failure_of_events && facts.containers) {  // else the same reason has been stated
    facts.conditions.push_back(std::move(*failure_of_events));
  }
  inspect(due);
  if (!stats_.is_running()) {  // else a reading of them may follow
    facts.ended_runs = lives_.take_ended();
    facts.ends_stated_until = events_taken_until_;
  }
  if (facts.containers) {
    name_runs(*facts.containers);
  }
}

std::optional<Condition> DockerCliSource::take_events(SteadyTime due) {
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
    if (is_task_(event.name)) {
      lives_.take_event(event);
    }
  }
  return std::nullopt;
}

void DockerCliSource::inspect(SteadyTime due) {
  if (!inspect_.is_running()) {
    inspected_ids_ = lives_.to_inspect();
    if (inspected_ids_.empty()) {
      return;
    }
    inspect_.start(docker::inspect_arguments(inspected_ids_));
  }
  const auto outcome = inspect_.finish_by(due);
  if (outcome && docker::has_answered_for_all(*outcome)) {
    lives_.take_inspected(inspected_ids_, docker::parse_inspect(outcome->standard_output));
  }
}

/// A reading is of the run that was listed, also when that has ended before docker stats answers.
void DockerCliSource::name_runs(std::vector<Container>& containers) {
  for (Container& container : containers) {
    auto listed = listed_lives_.find(container.id);
    const ContainerLives::Life* life = lives_.find(container.id);
    if (life != nullptr && (listed == listed_lives_.end() || listed->second.run == life->run)) {
      listed = listed_lives_.insert_or_assign(container.id, *life).first;
    }
    if (listed != listed_lives_.end()) {
      container.run = listed->second.run;
      container.started_at = listed->second.started_at;
      container.oom_killed = listed->second.oom_killed;
    }
  }
}

void DockerCliSource::begin_stats(const CommandOutcome& ps, Facts& facts) {
  auto listed = read_listing(ps, facts.conditions);
  if (!listed) {
    facts.conditions.push_back(listed.error());
    ps_.note_result(std::move(listed.error()));
    return;
  }
  ps_.note_result(std::nullopt);
  listed_ = std::move(*listed);
  is_listed_anew_ = true;
  if (listed_tasks().empty()) {
    facts.containers = without_readings(listed_);
    return;
  }
  stats_started_at_ = clock_.wall_now();
  stats_.start(docker::stats_arguments());
}

void DockerCliSource::finish_stats(const CommandOutcome& outcome, Facts& facts) {
  auto stats = read_stats(outcome, facts.conditions);
  if (!stats) {
    facts.conditions.push_back(stats.error());
    stats_.note_result(std::move(stats.error()));
    return;
  }
  stats_.note_result(std::nullopt);
  const auto took = std::chrono::duration_cast<WallTime::duration>(outcome.took);
  add_stats(*stats, stats_started_at_ + took, *facts.containers);
}

std::vector<ListedContainer> DockerCliSource::listed_tasks() const {
  std::vector<ListedContainer> tasks;
  std::ranges::copy_if(listed_, std::back_inserter(tasks),
                       [&](const ListedContainer& container) { return is_task_(container.name); });
  return tasks;
}

void DockerCliSource::read_gpus(SteadyTime due, Facts& facts) {
  auto readings = gpu_reader_.read(due);
  gpu_presence_.settle(readings);
  std::ranges::move(readings.conditions, std::back_inserter(facts.conditions));
  facts.gpu_devices = std::move(readings.devices);
  facts.gpu_processes = std::move(readings.processes);
  if (facts.gpu_processes) {
    gpu_process_owners_.attribute(*facts.gpu_processes, listed_, listed_tasks(), due,
                                  facts.conditions);
  }
}

}  // namespace wemol
