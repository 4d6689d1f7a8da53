#include "docker_cli_source.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <tl/expected.hpp>

#include "container_id.h"
#include "docker_answers.h"
#include "docker_commands.h"
#include "docker_stats.h"
#include "host_gpus.h"

namespace wemol {
namespace {

using docker::ListedContainer;
using Status = CommandOutcome::Status;

/// They take milliseconds.
constexpr auto kPatienceForEnds = std::chrono::seconds(2);
constexpr const char* kLate = "what it reads is recorded when it answers";

std::vector<RunTracker::Listed> to_follow(const std::vector<ListedContainer>& listed) {
  std::vector<RunTracker::Listed> followed;
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
      docker_top_(runner),
      attributor_(files, &docker_top_) {}

void DockerCliSource::resume(const std::vector<OpenRun>& open_runs, WallTime ends_stated_until) {
  runs_.resume(open_runs);
  events_taken_until_ = ends_stated_until;
}

Facts DockerCliSource::remaining() {
  const bool is_waiting = ps_.is_running() || stats_.is_running();
  Facts facts = is_waiting ? collect(SteadyTime::max()).value_or(Facts{}) : Facts{};
  std::ranges::move(runs_.take(clock_.now()), std::back_inserter(facts.ended_runs));
  return facts;
}

std::optional<Facts> DockerCliSource::collect(SteadyTime due) {
  Facts facts;
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
  if (!stats_.is_running()) {  // else a reading may follow of what has ended since
    follow_runs(std::min(due, clock_.now() + kPatienceForEnds), facts);
  }
  if (facts.containers) {
    name_runs(*facts.containers);
  }
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

void DockerCliSource::follow(const engine::Event& event) {
  using Kind = engine::Event::Kind;
  if (event.kind == Kind::start) {
    runs_.started(event.container_id, event.name, event.at);
  } else if (event.kind == Kind::die) {
    runs_.died(event.container_id, event.name, event.at, event.exit_code);
  } else if (event.kind == Kind::oom) {
    runs_.out_of_memory(event.container_id, event.at);
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
      follow(event);
    }
  }
  return std::nullopt;
}

void DockerCliSource::inspect(SteadyTime due, bool has_events) {
  if (!inspect_.is_running()) {
    inspected_ids_ = runs_.to_inspect(has_events);
    if (inspected_ids_.empty()) {
      return;
    }
    inspect_.start(docker::inspect_arguments(inspected_ids_));
  }
  const auto outcome = inspect_.finish_by(due);
  if (outcome && docker::has_answered_for_all(*outcome)) {
    take_inspections(docker::parse_inspect(outcome->standard_output));
  }
}

void DockerCliSource::take_inspections(const std::vector<docker::InspectedRun>& found) {
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
void DockerCliSource::name_runs(std::vector<Container>& containers) {
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

void DockerCliSource::begin_stats(const CommandOutcome& ps, Facts& facts) {
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
  if (tasks.empty()) {
    facts.containers = without_readings(listed_);
    return;
  }
  stats_asked_at_ = clock_.moment();
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
  stats_took_ = outcome.took;
  add_stats(*stats, stats_asked_at_, outcome.took, listed_, *facts.containers);
}

std::vector<ListedContainer> DockerCliSource::listed_tasks() const {
  std::vector<ListedContainer> tasks;
  std::ranges::copy_if(listed_, std::back_inserter(tasks),
                       [&](const ListedContainer& container) { return is_task_(container.name); });
  return tasks;
}

void DockerCliSource::read_gpus(SteadyTime due, Facts& facts) {
  const std::uint64_t asked_at_ticks = boot_ticks_now();
  auto readings = gpu_reader_.read(due);
  gpu_presence_.settle(readings);
  std::ranges::move(readings.conditions, std::back_inserter(facts.conditions));
  facts.gpu_devices = std::move(readings.devices);
  facts.gpu_processes = std::move(readings.processes);
  if (facts.gpu_processes) {
    docker_top_.set_tasks(listed_tasks());
    attribute(*facts.gpu_processes, attributor_,
              {.is_known =
                   [&](std::string_view id) {
                     return std::ranges::find(listed_, id, &ListedContainer::id) != listed_.end();
                   },
               .listed_at_ticks = asked_at_ticks,
               .due = due},
              facts.conditions);
  }
}

}  // namespace wemol
