#include "run_tracker.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <string_view>
#include <utility>

namespace wemol {
namespace {

using namespace std::chrono_literals;

/// The engine notes a start a moment before it tells it.
constexpr auto kSameMoment = 1s;
/// The word of an end that a listing has noticed comes with the events of the same round, or the
/// next one.
constexpr unsigned kRoundsToWaitForWord = 2;
/// Where the kernel has told of it, the engine's word comes within milliseconds. A very busy engine
/// is asked for it, which it can be about a container's last run only.
constexpr auto kPatience = 10s;
constexpr auto kAskAgainAfter = 10s;
/// An engine that has lost sight of a container's processes never tells.
constexpr auto kPatienceOnceAsked = 300s;
/// An end may be told again, or once more by somebody else.
constexpr auto kRememberedFor = 60s;

bool is_same_run(const std::optional<WallTime>& one, const std::optional<WallTime>& other) {
  return !one || !other || std::chrono::abs(*one - *other) <= kSameMoment;
}

std::optional<WallTime> earlier(const std::optional<WallTime>& one,
                                const std::optional<WallTime>& other) {
  return one && other ? std::min(one, other) : (one ? one : other);
}

}  // namespace

void RunTracker::resume(const std::vector<OpenRun>& runs) {
  for (const OpenRun& open : runs) {
    Entry& entry = begin(open.container_id, open.container_name, open.started_at);
    entry.run.oom_killed = open.oom_killed;
    entry.is_resumed = true;
    entry.rounds_missing = kRoundsToWaitForWord - 1;
  }
}

RunTracker::Entry* RunTracker::newest(const std::string& id) {
  const auto found = runs_.find(id);
  return found != runs_.end() && !found->second.empty() ? &found->second.back() : nullptr;
}

RunTracker::Entry* RunTracker::going_on(const std::string& id) {
  Entry* const entry = newest(id);
  return entry != nullptr && entry->state == State::goes_on ? entry : nullptr;
}

RunTracker::Entry& RunTracker::begin(const std::string& id, const std::string& name,
                                     std::optional<WallTime> started_at) {
  return runs_[id].emplace_back(
      Entry{.run = {.number = ++count_, .name = name, .started_at = started_at}});
}

/// Another run than the one that went on so far has begun.
void RunTracker::succeed(const std::string& id, Entry& before, std::optional<WallTime> started_at) {
  const std::string name = before.run.name;
  if (!before.is_watched) {  // else the kernel tells
    complete(id, before, {});
  }
  begin(id, name, started_at);
}

void RunTracker::complete(const std::string& id, Entry& entry, EndedRun known) {
  entry.state = State::over;
  entry.ended_at = known.ended_at;
  known.container_id = id;
  known.container_name = entry.run.name;
  known.run = entry.run.number;
  known.started_at = entry.run.started_at ? entry.run.started_at : known.started_at;
  if (entry.run.oom_killed) {
    known.oom_killed = true;
  }
  ended_.push_back(std::move(known));
}

/// Of the start of that run, which is over, or of one before.
bool RunTracker::is_told_late(const Entry& run, const std::optional<WallTime>& start) {
  const auto& started_at = run.run.started_at;
  if (!start || !started_at) {
    return false;
  }
  const bool is_of_that_run = run.state != State::goes_on && is_same_run(started_at, start) &&
                              run.ended_at && *start <= *run.ended_at;
  return is_of_that_run || *start < *started_at;
}

void RunTracker::started(const std::string& id, const std::string& name,
                         std::optional<WallTime> at) {
  Entry* const last = newest(id);
  if (last != nullptr && is_told_late(*last, at)) {
    return;
  }
  if (last == nullptr || last->state != State::goes_on) {
    begin(id, name, at);
  } else if (!is_same_run(last->run.started_at, at)) {
    succeed(id, *last, at);  // nobody has told of the end
  } else if (!last->run.started_at) {
    last->run.started_at = at;
  }
}

/// The last one that had begun by then; without a time the first that is not over. One that an
/// inspection has ended may be told of later than it had ended.
RunTracker::Entry* RunTracker::ended_then(Entries& runs, const std::optional<WallTime>& at) {
  for (std::size_t i = runs.size(); at && i-- > 0;) {
    const auto& began = runs[i].run.started_at;
    const bool follows =
        i == 0 || !runs[i - 1].ended_at ||
        (*runs[i - 1].ended_at < *at && (runs[i - 1].has_word || runs[i - 1].state != State::over));
    if (began ? *began <= *at : follows) {
      return &runs[i];
    }
  }
  // By the engine's clock none had, which may have been set back. The kernel has told, though.
  const auto next = std::ranges::find_if(runs, [&](const Entry& it) {
    return it.state == State::awaits_word || (!at && it.state == State::goes_on);
  });
  return next != runs.end() ? &*next : nullptr;
}

void RunTracker::died(const std::string& id, const std::string& name, std::optional<WallTime> at,
                      std::optional<std::int64_t> exit_code) {
  const auto runs = runs_.find(id);
  if (runs == runs_.end()) {
    ended_.push_back({.container_id = id,
                      .container_name = name,
                      .run = ++count_,
                      .ended_at = at,
                      .exit_code = exit_code});
    return;
  }
  Entry* const entry = ended_then(runs->second, at);
  if (entry != nullptr) {
    entry->has_word = true;
  }
  if (entry != nullptr && entry->state != State::over) {
    complete(
        id, *entry,
        {.ended_at = earlier(entry->ended_at, at), .exit_code = exit_code, .oom_killed = false});
  }
}

void RunTracker::out_of_memory(const std::string& id, std::optional<WallTime> at) {
  const auto runs = runs_.find(id);
  if (runs == runs_.end()) {
    return;
  }
  Entry* const entry = at ? ended_then(runs->second, at) : newest(id);
  if (entry != nullptr && entry->state != State::over) {
    entry->run.oom_killed = true;
  }
}

void RunTracker::listed(const std::vector<Listed>& containers) {
  for (auto& [id, runs] : runs_) {
    for (Entry& entry : runs) {
      entry.is_before_listing = entry.state == State::over;
    }
  }
  std::set<std::string_view> ids;
  for (const Listed& container : containers) {
    ids.insert(container.id);
    if (Entry* const entry = going_on(container.id)) {
      entry->run.name = container.name;
    } else if (container.has_processes) {
      begin(container.id, container.name, std::nullopt);
    }
  }
  for (auto& [id, runs] : runs_) {
    Entry& entry = runs.back();
    entry.rounds_missing = ids.contains(id) ? 0 : entry.rounds_missing + 1;
  }
}

std::vector<std::string> RunTracker::to_inspect(bool has_events) const {
  std::vector<std::string> ids;
  for (const auto& [id, runs] : runs_) {
    const Entry& entry = runs.back();
    const bool is_unsure = !entry.run.started_at || (entry.rounds_missing == 0 && !has_events) ||
                           entry.rounds_missing >= kRoundsToWaitForWord;
    if (entry.state == State::goes_on && is_unsure) {
      ids.push_back(id);
    }
  }
  return ids;
}

std::vector<std::string> RunTracker::to_ask(SteadyTime now) {
  std::vector<std::string> ids;
  for (auto& [id, runs] : runs_) {
    Entry& entry = runs.back();
    const bool is_unsure = entry.state == State::goes_on && entry.is_resumed;
    const bool lacks_word = entry.state == State::awaits_word && now - entry.since > kPatience;
    if ((is_unsure || lacks_word) && (!entry.asked_at || now - *entry.asked_at > kAskAgainAfter)) {
      entry.asked_at = now;
      ids.push_back(id);
    }
  }
  return ids;
}

/// Of a run whose end the kernel has told.
void RunTracker::take_word(const Inspected& container, Entry& entry) {
  const bool is_of_next = !is_same_run(entry.run.started_at, container.started_at);
  const bool was_asked = entry.asked_at && *entry.asked_at > entry.since;
  if (is_of_next && !was_asked) {
    return;  // the event is on its way
  }
  if (is_of_next) {
    complete(container.id, entry, {.ended_at = entry.ended_at, .oom_killed = false});
  } else if (!container.is_running) {
    complete(container.id, entry,
             {.ended_at = earlier(entry.ended_at, container.finished_at),
              .exit_code = container.exit_code,
              .oom_killed = container.oom_killed});
  }
}

void RunTracker::inspected(const Inspected& container) {
  const std::string& id = container.id;
  Entry* entry = newest(id);
  if (entry == nullptr && container.is_running) {
    entry = &begin(id, container.name, container.started_at);
  }
  if (entry != nullptr && entry->state == State::awaits_word) {
    take_word(container, *entry);
    return;
  }
  if (entry == nullptr || entry->state != State::goes_on) {
    return;  // its end has been told meanwhile
  }
  const bool is_listed = entry->rounds_missing == 0;
  if (!is_same_run(entry->run.started_at, container.started_at)) {
    succeed(id, *entry, container.started_at);
    entry = newest(id);
  } else if (container.started_at) {
    entry->run.started_at = container.started_at;
  }
  entry->is_resumed = false;
  entry->run.name = container.name.empty() ? entry->run.name : container.name;
  entry->run.oom_killed |= container.oom_killed.value_or(false);
  if (!container.is_running && !is_listed) {  // else the events tell
    complete(id, *entry,
             {.ended_at = container.finished_at,
              .exit_code = container.exit_code,
              .oom_killed = container.oom_killed});
  }
}

void RunTracker::removed(const std::string& id) {
  Entry* const entry = newest(id);
  if (entry != nullptr && entry->state == State::awaits_word) {
    complete(id, *entry, {.ended_at = entry->ended_at, .oom_killed = false});
  } else if (entry != nullptr && entry->state == State::goes_on && entry->rounds_missing > 0) {
    complete(id, *entry, {});
  }
}

std::uint64_t RunTracker::watched(const std::string& id, const std::string& name,
                                  std::optional<WallTime> started_at) {
  Entry* entry = going_on(id);
  if (entry == nullptr || entry->is_watched) {
    entry = &begin(id, name, started_at);
  }
  entry->is_watched = true;
  entry->is_resumed = false;
  return entry->run.number;
}

void RunTracker::ended(const std::string& id, std::uint64_t number, const std::string& name,
                       WallTime at, SteadyTime now) {
  for (Entry& entry : runs_[id]) {
    if (entry.run.number == number && entry.state == State::goes_on) {
      entry.run.name = name;
      entry.state = State::awaits_word;
      entry.ended_at = at;
      entry.since = now;
    }
  }
}

const RunTracker::Run* RunTracker::find(const std::string& id) const {
  const auto found = runs_.find(id);
  const bool goes_on = found != runs_.end() && !found->second.empty() &&
                       found->second.back().state == State::goes_on;
  return goes_on ? &found->second.back().run : nullptr;
}

const RunTracker::Run* RunTracker::find(const std::string& id, std::uint64_t number) const {
  const auto found = runs_.find(id);
  if (found == runs_.end()) {
    return nullptr;
  }
  const auto entry =
      std::ranges::find_if(found->second, [&](const Entry& it) { return it.run.number == number; });
  return entry != found->second.end() ? &entry->run : nullptr;
}

std::vector<RunTracker::Run> RunTracker::possible_runs(const std::string& id, WallTime from,
                                                       WallTime until) const {
  std::vector<Run> possible;
  const auto found = runs_.find(id);
  if (found == runs_.end()) {
    return possible;
  }
  Entries runs = found->second;
  std::erase_if(runs, [](const Entry& entry) { return entry.is_before_listing; });
  bool is_end_before_known = true;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    // At the latest when the next one began.
    const auto ended_at =
        runs[i].ended_at || i + 1 == runs.size() ? runs[i].ended_at : runs[i + 1].run.started_at;
    const auto& started_at = runs[i].run.started_at;
    const bool is_over_before = ended_at && *ended_at <= from;
    const bool begins_after = started_at && *started_at > until + kSameMoment;
    // Between an end and a start that nobody has told of there may have been more runs.
    if (runs.size() == 1 || (!is_over_before && !(begins_after && is_end_before_known))) {
      possible.push_back(runs[i].run);
    }
    is_end_before_known = runs[i].ended_at.has_value() || is_over_before;
  }
  return possible;
}

void RunTracker::complete_waiting(SteadyTime now) {
  for (auto& [id, runs] : runs_) {
    for (Entry& entry : runs) {
      const auto patience = &entry == &runs.back() ? kPatienceOnceAsked : kPatience;
      if (entry.state == State::awaits_word && entry.since < now - patience) {
        complete(id, entry, {.ended_at = entry.ended_at, .oom_killed = false});
      }
    }
  }
}

/// Nobody tells of them any more.
void RunTracker::forget(SteadyTime taken_before) {
  for (auto& [id, runs] : runs_) {
    std::erase_if(runs, [&](const Entry& entry) {
      return entry.state == State::over && entry.is_taken && entry.since < taken_before;
    });
  }
  std::erase_if(runs_, [](const auto& entry) { return entry.second.empty(); });
}

std::vector<EndedRun> RunTracker::take(SteadyTime now, bool engine_answers) {
  if (engine_answers) {
    complete_waiting(now);
  }
  forget(now - kRememberedFor);
  for (auto& [id, runs] : runs_) {
    for (Entry& entry : runs) {
      if (entry.state == State::over && !std::exchange(entry.is_taken, true)) {
        entry.since = now;
      }
    }
  }
  return std::exchange(ended_, {});
}

std::vector<EndedRun> RunTracker::take_all() {
  complete_waiting(SteadyTime::max());
  return std::exchange(ended_, {});
}

}  // namespace wemol
