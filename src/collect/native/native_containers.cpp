#include "native_containers.h"

#include <poll.h>
#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <utility>

#include <spdlog/spdlog.h>

namespace wemol::native {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kFirstEarlyReading = 50ms;
constexpr std::chrono::milliseconds kTimerAccuracy{5};

RunTracker::Inspected to_inspected(const engine::InspectedContainer& container) {
  return {.id = container.id,
          .name = container.name,
          .is_running = container.pid > 0,
          .started_at = container.started_at,
          .finished_at = container.finished_at,
          .exit_code = container.exit_code,
          .oom_killed = container.oom_killed};
}

}  // namespace

struct NativeContainers::TrackedRun {
  std::string id;
  std::string name;
  std::int64_t pid;
  std::uint64_t run;
  OpenedRun opened;
  EventSource end_watch;
  /// A new run is read at 50 ms, 100 ms, 200 ms and so on, until a round reads it: a task that
  /// lives for less than an interval then has a last memory reading that is worth its name.
  EventSource early_timer;
  std::chrono::milliseconds early_pause = kFirstEarlyReading;
};

NativeContainers::NativeContainers(HttpClient& engine, EventLoop& loop, const FileReader& files,
                                   std::string container_prefix)
    : loop_(loop),
      container_prefix_(std::move(container_prefix)),
      opener_(files, loop),
      watch_(engine, loop,
             {.is_wanted =
                  [this](std::string_view name) { return name.starts_with(container_prefix_); },
              .is_followed = [this](const std::string& id) { return follows(id); },
              .starting = [this](const engine::Event& event) { track_early(event); },
              .running = [this](const engine::InspectedContainer& it) { track(it); },
              .missed = [this](const std::string& id,
                               const std::string& name) { note_missed(id, name); },
              .died = [this](const engine::Event& event) { take_death(event); },
              .out_of_memory = [this](const std::string& id) { note_out_of_memory(id); },
              .updated = [this](const std::string& id) { note_update(id); }}) {}

NativeContainers::~NativeContainers() = default;

/// By the time that a busy engine has answered, a short task may be over.
void NativeContainers::track_early(const engine::Event& start) {
  const std::string& id = start.container_id;
  tracker_.started(id, start.name, start.at);
  tracked_early_.erase(id);  // of a run before, whose inspection the engine did not answer
  if (const auto pid = opener_.find_first_process(id)) {
    const bool is_there = try_to_track(
        {.id = id, .name = start.name, .pid = *pid, .network_mode = "", .started_at = start.at});
    if (is_there) {
      tracked_early_.insert(id);
    }
  }
}

void NativeContainers::track(const engine::InspectedContainer& container) {
  tracker_.inspected(to_inspected(container));
  const bool was_tracked = tracked_early_.erase(container.id) > 0;
  if (was_tracked && !runs_.contains(container.id)) {
    return;  // its end has been read before the engine has answered
  }
  if (!try_to_track(container)) {
    note_missed(container.id, container.name);
  }
}

bool NativeContainers::try_to_track(const engine::InspectedContainer& container) {
  if (const auto found = runs_.find(container.id); found != runs_.end()) {
    if (found->second->pid == container.pid) {
      found->second->name = container.name;
      return true;
    }
    end(container.id);
  }
  auto opened = opener_.open(container.id, container.pid, container.network_mode);
  if (!opened && (opened.error().code == ESRCH || opened.error().code == ENOENT)) {
    return false;
  }
  if (!opened) {
    unreadable_.add(container, std::move(opened.error()));
    return true;
  }
  unreadable_.remove(container.id);
  std::unique_ptr<TrackedRun> tracked(
      new TrackedRun{container.id, container.name, container.pid, 0, std::move(*opened)});
  if (!watch_end(*tracked)) {
    unreadable_.add(container, {.message = "it cannot be watched for its end"});
    return true;
  }
  tracked->run = tracker_.watched(container.id, container.name, container.started_at);
  read_early(*tracked);
  runs_.emplace(container.id, std::move(tracked));
  ++runs_seen_;
  return true;
}

/// A container whose first process lives is in the same run. Of one that was tracked early the
/// engine has yet to say the rest.
bool NativeContainers::follows(const std::string& container_id) const {
  const auto found = runs_.find(container_id);
  if (found == runs_.end() || tracked_early_.contains(container_id)) {
    return false;
  }
  pollfd end{.fd = found->second->opened.first_process.get(), .events = POLLIN, .revents = 0};
  return poll(&end, 1, 0) == 0;
}

/// Others may have ended since and have left theirs.
void NativeContainers::retry_those_without_descriptors() {
  for (const engine::InspectedContainer& container : unreadable_.without_descriptors()) {
    if (!try_to_track(container)) {
      unreadable_.remove(container.id);  // it has ended
    } else if (unreadable_.contains(container.id)) {
      return;  // nor is there one for the others
    }
  }
}

bool NativeContainers::watch_end(TrackedRun& tracked) {
  auto watch = loop_.watch_fd(tracked.opened.first_process.get(), EPOLLIN,
                              [this, &tracked](auto) { end(std::string(tracked.id)); });
  if (!watch) {
    return false;
  }
  tracked.end_watch = std::move(*watch);
  return true;
}

void NativeContainers::read_early(TrackedRun& tracked) {
  (void)tracked.opened.run.read(loop_);
  tracked.early_timer = loop_.call_at(
      loop_.now() + tracked.early_pause, [this, &tracked] { read_early(tracked); }, kTimerAccuracy);
  tracked.early_pause *= 2;
}

void NativeContainers::end(const std::string& container_id) {
  const auto node = runs_.extract(container_id);
  if (node.empty()) {
    return;
  }
  TrackedRun& tracked = *node.mapped();
  auto last = tracked.opened.run.read_last(loop_);
  if (last.came_too_late) {
    notices_.read_too_late(container_id, name_of(tracked));
  } else {
    notices_.read_in_time();
  }
  Container ended = container_of(tracked, name_of(tracked), std::move(last.stats));
  ended.ended = true;
  tracker_.ended(container_id, tracked.run, ended.name, loop_.wall_now(), loop_.now());
  ended_.push_back(std::move(ended));
}

void NativeContainers::take_death(const engine::Event& event) {
  const std::string& id = event.container_id;
  const auto found = runs_.find(id);
  const auto* const run = found != runs_.end() ? tracker_.find(id, found->second->run) : nullptr;
  const bool is_of_a_run_before =
      run != nullptr && run->started_at && event.at && *event.at < *run->started_at;
  if (!is_of_a_run_before) {
    end(id);
    unreadable_.remove(id);
  }
  if (tracker_.knows(id)) {  // else its end has been stated, perhaps by the recorder before
    tracker_.died(id, event.name, event.at, event.exit_code);
  }
}

void NativeContainers::note_missed(const std::string& container_id, const std::string& name) {
  if (tracked_early_.erase(container_id) == 0) {
    notices_.never_seen(container_id, name);
  }
}

void NativeContainers::note_out_of_memory(const std::string& container_id) {
  tracker_.out_of_memory(container_id, std::nullopt);
  if (const auto run = runs_.find(container_id); run != runs_.end()) {
    notices_.out_of_memory(container_id, name_of(*run->second));
  }
}

void NativeContainers::note_update(const std::string& container_id) {
  if (const auto run = runs_.find(container_id); run != runs_.end()) {
    run->second->opened.run.memory_limit_has_changed();
  }
}

const std::string& NativeContainers::name_of(const TrackedRun& tracked) const {
  const auto known = watch_.known().find(tracked.id);
  return known != watch_.known().end() ? known->second.name : tracked.name;
}

Container NativeContainers::container_of(const TrackedRun& tracked, const std::string& name,
                                         std::optional<ContainerStats> stats) const {
  Container container{
      .id = tracked.id, .name = name, .stats = std::move(stats), .run = tracked.run};
  if (const auto* const run = tracker_.find(tracked.id, tracked.run)) {
    container.started_at = run->started_at;
    container.oom_killed = run->oom_killed;
  }
  return container;
}

void NativeContainers::resume(const std::vector<OpenRun>& open_runs, WallTime ends_stated_until) {
  tracker_.resume(open_runs);
  events_since_ = ends_stated_until;
}

void NativeContainers::wait_for_list(std::chrono::nanoseconds timeout) {
  watch_.start(events_since_);
  loop_.run_until([&] { return watch_.is_settled(); }, loop_.now() + timeout);
}

void NativeContainers::reconfigure(const CollectorSettings& settings) {
  if (settings.container_prefix != container_prefix_) {
    container_prefix_ = settings.container_prefix;
    watch_.list_again();
  }
}

bool NativeContainers::start(SteadyTime /*due*/, Facts& /*facts*/) {
  if (loop_.stop_requested()) {
    return false;
  }
  retry_those_without_descriptors();
  return true;
}

bool NativeContainers::collect(SteadyTime /*due*/, Facts& facts) {
  add_containers(facts);
  add_ended_runs(facts);
  add_conditions(facts);
  return true;
}

void NativeContainers::add_remaining(Facts& facts) {
  add_last_readings(facts);
  facts.ended_runs = tracker_.take_all();
  spdlog::info("{}", notices_.summary());
}

void NativeContainers::add_last_readings(Facts& facts) {
  if (!ended_.empty()) {
    facts.containers = std::exchange(ended_, {});
  }
}

void NativeContainers::add_ended_runs(Facts& facts) {
  const bool engine_answers = watch_.is_complete();
  if (engine_answers) {
    for (const std::string& id : tracker_.to_ask(loop_.now())) {
      watch_.ask_about_past(id, [this, id](const auto& past) {
        past ? tracker_.inspected(to_inspected(*past)) : tracker_.removed(id);
      });
    }
  }
  facts.ended_runs = tracker_.take(loop_.now(), engine_answers);
  facts.ends_stated_until = watch_.heard_until();
}

void NativeContainers::add_containers(Facts& facts) {
  add_last_readings(facts);
  if (watch_.known().empty() && runs_.empty() && !watch_.conditions().empty()) {
    return;  // nothing is known of any container
  }
  auto& containers = facts.containers ? *facts.containers : facts.containers.emplace();
  containers.reserve(containers.size() + std::max(runs_.size(), watch_.known().size()));
  // Both are in the order of ids.
  auto known = watch_.known().begin();
  const auto end_of_known = watch_.known().end();
  const auto add_unread_up_to = [&](const std::string* id) {
    for (; known != end_of_known && (id == nullptr || known->first < *id); ++known) {
      containers.push_back({.id = known->first, .name = known->second.name, .stats = std::nullopt});
      containers.back().no_reading_because = unreadable_.why(known->first);
    }
  };
  for (const auto& [id, tracked] : runs_) {
    add_unread_up_to(&id);
    const bool is_known = known != end_of_known && known->first == id;
    const std::string& name = is_known ? (known++)->second.name : tracked->name;
    auto stats = tracked->opened.run.read(loop_);
    if (stats) {
      tracked->opened.run.mark_recorded();
    }
    tracked->early_timer.reset();
    containers.push_back(container_of(*tracked, name, std::move(stats)));
    if (!containers.back().stats) {
      containers.back().no_reading_because = "its control groups cannot be read";
    }
  }
  add_unread_up_to(nullptr);
}

void NativeContainers::add_conditions(Facts& facts) {
  std::ranges::move(watch_.conditions(), std::back_inserter(facts.conditions));
  std::ranges::move(notices_.take(), std::back_inserter(facts.conditions));
  std::ranges::move(unreadable_.conditions(), std::back_inserter(facts.conditions));
}

}  // namespace wemol::native
