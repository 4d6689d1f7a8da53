#include "job_json.h"

#include <chrono>
#include <string>
#include <utility>

namespace wemol::queue {
namespace {

using Json = nlohmann::ordered_json;
using Microseconds = std::chrono::microseconds;

std::int64_t to_microseconds(WallTime time) {
  return std::chrono::duration_cast<Microseconds>(time.time_since_epoch()).count();
}

WallTime wall_time(std::int64_t microseconds) {
  return WallTime(std::chrono::duration_cast<WallTime::duration>(Microseconds(microseconds)));
}

WallTime to_wall(SteadyTime time, const Moment& now) {
  return now.wall + std::chrono::duration_cast<WallTime::duration>(time - now.steady);
}

SteadyTime to_steady(WallTime time, const Moment& now) {
  return now.steady + std::chrono::duration_cast<SteadyTime::duration>(time - now.wall);
}

/// Takes the members of an object, and remembers whether one was missing or of another kind.
class Members {
 public:
  explicit Members(const Json& json) : json_(json), is_good_(json.is_object()) {}

  [[nodiscard]] bool is_good() const { return is_good_; }

  template <typename Number>
  void number(const char* key, Number& value) {
    const Json* const found = find(key);
    const bool fits =
        found != nullptr && found->is_number_integer() &&
        (found->is_number_unsigned() ? std::in_range<Number>(found->template get<std::uint64_t>())
                                     : std::in_range<Number>(found->template get<std::int64_t>()));
    is_good_ = is_good_ && fits;
    value = fits ? found->template get<Number>() : Number{};
  }

  void flag(const char* key, bool& value) {
    const Json* const found = find(key);
    is_good_ = is_good_ && found != nullptr && found->is_boolean();
    value = is_good_ && found->get<bool>();
  }

  void text(const char* key, std::string& value) {
    const Json* const found = find(key);
    is_good_ = is_good_ && found != nullptr && found->is_string();
    value = is_good_ ? found->get<std::string>() : "";
  }

  void texts(const char* key, std::vector<std::string>& values) {
    const Json* const found = find(key);
    is_good_ = is_good_ && found != nullptr && found->is_array();
    for (std::size_t at = 0; is_good_ && at < found->size(); ++at) {
      is_good_ = (*found)[at].is_string();
      values.push_back(is_good_ ? (*found)[at].get<std::string>() : "");
    }
  }

  void time(const char* key, std::optional<WallTime>& value) {
    if (find(key) != nullptr) {
      constexpr std::int64_t kYear2100 = 4'102'444'800'000'000;
      std::int64_t microseconds = 0;
      number(key, microseconds);
      is_good_ = is_good_ && microseconds >= 0 && microseconds < kYear2100;
      value = is_good_ ? std::optional(wall_time(microseconds)) : std::nullopt;
    }
  }

  [[nodiscard]] const Json* find(const char* key) const {
    const auto found = json_.is_object() ? json_.find(key) : json_.end();
    return found == json_.end() ? nullptr : &*found;
  }

 private:
  const Json& json_;
  bool is_good_;
};

void set_time(Json& json, const char* key, const std::optional<WallTime>& time) {
  if (time) {
    json[key] = to_microseconds(*time);
  }
}

Json to_json(const TryResult& result) {
  return {{"has_succeeded", result.has_succeeded},
          {"failure", name_of(result.failure)},
          {"code", result.code},
          {"text", result.text}};
}

std::optional<TryResult> result_from_json(const Json& json) {
  TryResult result;
  Members members(json);
  std::string failure;
  members.flag("has_succeeded", result.has_succeeded);
  members.text("failure", failure);
  members.number("code", result.code);
  members.text("text", result.text);
  // A type of a newer version is no reason to lose the job.
  result.failure = failure_of_name(failure).value_or(Failure::unknown);
  return members.is_good() ? std::optional(result) : std::nullopt;
}

Json to_json(const JobSpec& spec) {
  Json json{{"queue", spec.queue},
            {"commands", spec.commands},
            {"memory_bytes", spec.memory_bytes},
            {"gpus", spec.gpus}};
  if (spec.after) {
    json["after"] = *spec.after;
  }
  return json;
}

std::optional<JobSpec> spec_from_json(const Json& json) {
  JobSpec spec;
  Members members(json);
  members.text("queue", spec.queue);
  members.texts("commands", spec.commands);
  members.number("memory_bytes", spec.memory_bytes);
  members.number("gpus", spec.gpus);
  if (members.find("after") != nullptr) {
    members.number("after", spec.after.emplace());
  }
  return members.is_good() ? std::optional(spec) : std::nullopt;
}

}  // namespace

std::optional<Failure> failure_of_name(std::string_view name) {
  using enum Failure;
  for (const Failure failure :
       {exit_status, signal, timeout, out_of_memory, reported, not_started, unknown}) {
    if (name_of(failure) == name) {
      return failure;
    }
  }
  return std::nullopt;
}

std::optional<JobState> job_state_of_name(std::string_view name) {
  using enum JobState;
  for (const JobState state : {pending, running, succeeded, failed, canceled, skipped}) {
    if (name_of(state) == name) {
      return state;
    }
  }
  return std::nullopt;
}

Json to_json(const Job& job) {
  Json json{{"id", job.id},
            {"spec", to_json(job.spec)},
            {"state", name_of(job.state)},
            {"tries", job.tries},
            {"retry_count", job.retry_count},
            {"memory_bytes", job.memory_bytes},
            {"uni_id", job.uni_id},
            {"cards", job.cards},
            {"keeper_pid", job.keeper.pid},
            {"keeper_start_ticks", job.keeper.start_ticks},
            {"is_cancel_requested", job.is_cancel_requested},
            {"added_at", to_microseconds(job.added_at)}};
  set_time(json, "started_at", job.started_at);
  set_time(json, "ended_at", job.ended_at);
  if (job.last_result) {
    json["last_result"] = to_json(*job.last_result);
  }
  return json;
}

std::optional<Job> job_from_json(const Json& json) {
  Job job;
  Members members(json);
  std::string state;
  std::optional<WallTime> added_at;
  members.number("id", job.id);
  members.text("state", state);
  members.number("tries", job.tries);
  members.number("retry_count", job.retry_count);
  members.number("memory_bytes", job.memory_bytes);
  members.text("uni_id", job.uni_id);
  members.texts("cards", job.cards);
  members.number("keeper_pid", job.keeper.pid);
  members.number("keeper_start_ticks", job.keeper.start_ticks);
  members.flag("is_cancel_requested", job.is_cancel_requested);
  members.time("added_at", added_at);
  members.time("started_at", job.started_at);
  members.time("ended_at", job.ended_at);
  const auto spec = members.find("spec") == nullptr ? std::nullopt : spec_from_json(json["spec"]);
  const auto known_state = job_state_of_name(state);
  if (const Json* const result = members.find("last_result")) {
    job.last_result = result_from_json(*result);
  }
  if (!members.is_good() || !spec || !known_state || !added_at || job.id == 0) {
    return std::nullopt;
  }
  job.spec = *spec;
  job.state = *known_state;
  job.added_at = *added_at;
  return job;
}

Json to_json(const QueueState& queue, const Moment& now) {
  Json json{{"is_held", queue.is_held},
            {"is_stopped", queue.is_stopped},
            {"failures_in_row", queue.failures_in_row}};
  if (queue.backoff_until) {
    set_time(json, "backoff_until", to_wall(*queue.backoff_until, now));
  }
  if (queue.waiting_since) {
    set_time(json, "waiting_since", to_wall(*queue.waiting_since, now));
  }
  return json;
}

std::optional<QueueState> queue_from_json(const Json& json, const Moment& now) {
  QueueState queue;
  Members members(json);
  std::optional<WallTime> backoff_until;
  std::optional<WallTime> waiting_since;
  members.flag("is_held", queue.is_held);
  members.flag("is_stopped", queue.is_stopped);
  members.number("failures_in_row", queue.failures_in_row);
  members.time("backoff_until", backoff_until);
  members.time("waiting_since", waiting_since);
  if (backoff_until) {
    queue.backoff_until = to_steady(*backoff_until, now);
  }
  if (waiting_since) {
    queue.waiting_since = to_steady(*waiting_since, now);
  }
  return members.is_good() ? std::optional(queue) : std::nullopt;
}

}  // namespace wemol::queue
