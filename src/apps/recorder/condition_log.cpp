#include "condition_log.h"

#include <spdlog/spdlog.h>

#include "text.h"

namespace wemol {
namespace {

spdlog::level::level_enum level_of(Severity severity) {
  switch (severity) {
    case Severity::info:
      return spdlog::level::info;
    case Severity::warning:
      return spdlog::level::warn;
    case Severity::error:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

double seconds_between(SteadyTime from, SteadyTime to) {
  return std::chrono::duration<double>(to - from).count();
}

}  // namespace

void ConditionLog::report(const Conditions& conditions, SteadyTime now) {
  ++round_;
  for (const Condition& condition : conditions) {
    const auto [entry, begins] = lasting_.try_emplace(condition.key);
    Lasting& lasting = entry->second;
    if (begins) {
      lasting.since = now;
      lasting.last_said = now;
      lasting.follow_up = condition.follow_up;
      spdlog::log(level_of(condition.severity), "{}", condition.message);
    } else if (lasting.follow_up && now - lasting.last_said >= kReminderEvery) {
      lasting.last_said = now;
      spdlog::log(level_of(condition.severity), "for {:.0f} s now, in {}: {}",
                  seconds_between(lasting.since, now), counted(lasting.rounds + 1, "round"),
                  condition.message);
    }
    lasting.message = condition.message;
    lasting.last_seen = now;
    lasting.rounds += lasting.last_seen_in == round_ ? 0 : 1;
    lasting.last_seen_in = round_;
  }
  std::erase_if(lasting_, [&](const auto& entry) {
    const Lasting& lasting = entry.second;
    if (lasting.last_seen_in == round_) {
      return false;
    }
    if (!lasting.follow_up) {
      return now - lasting.last_seen >= kRemembered;
    }
    spdlog::info("over after {:.0f} s and {}: {}", seconds_between(lasting.since, now),
                 counted(lasting.rounds, "round"), lasting.message);
    return true;
  });
}

}  // namespace wemol
