#include "status_json.h"

#include <unistd.h>

#include <string_view>
#include <unordered_map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "shown_jobs.h"
#include "time_text.h"

namespace wemol::queue {
namespace {

using nlohmann::ordered_json;

constexpr int kVersion = 1;

struct QueueCount {
  unsigned pending = 0;
  unsigned running = 0;
  unsigned succeeded = 0;
  unsigned failed = 0;
  unsigned other = 0;  ///< canceled, skipped
};

using CardsByUuid = std::map<std::string_view, const Card*>;
using QueueCounts = std::map<std::string_view, QueueCount>;

template <typename Value>
ordered_json or_null(const std::optional<Value>& value) {
  return value ? ordered_json(*value) : ordered_json();
}

ordered_json time_or_null(const std::optional<WallTime>& time) {
  return time ? ordered_json(iso_time_text(*time)) : ordered_json();
}

std::string text_of(const ordered_json& json) {
  return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

WallTime wall_of(SteadyTime time, const Moment& now) {
  return now.wall + std::chrono::duration_cast<WallTime::duration>(time - now.steady);
}

QueueCounts counts_of(const SchedulerState& state) {
  std::unordered_map<std::string_view, QueueCount> counts;
  counts.reserve(state.queues.size());
  for (const auto& [name, queue] : state.queues) {
    counts[name];
  }
  for (const auto& [id, job] : state.jobs) {
    QueueCount& count = counts[job.spec.queue];
    switch (job.state) {
      case JobState::pending:
        ++count.pending;
        break;
      case JobState::running:
        ++count.running;
        break;
      case JobState::succeeded:
        ++count.succeeded;
        break;
      case JobState::failed:
        ++count.failed;
        break;
      case JobState::canceled:
      case JobState::skipped:
        ++count.other;
        break;
    }
  }
  return {counts.begin(), counts.end()};
}

ordered_json queues_json(const Status& status, const Moment& now) {
  ordered_json queues = ordered_json::array();
  for (const auto& [queue_name, count] : counts_of(status.state)) {
    const std::string name(queue_name);
    const auto known = status.state.queues.find(name);
    const QueueState queue = known == status.state.queues.end() ? QueueState{} : known->second;
    const bool is_in_backoff = queue.backoff_until && *queue.backoff_until > now.steady;
    const auto reason = status.queue_reasons.find(name);
    queues.push_back(
        {{"queue", name},
         {"state", state_word(queue, count.running != 0, now.steady)},
         {"backoff_until", is_in_backoff
                               ? ordered_json(iso_time_text(wall_of(*queue.backoff_until, now)))
                               : ordered_json()},
         {"reason",
          reason == status.queue_reasons.end() ? ordered_json() : ordered_json(reason->second)},
         {"pending", count.pending},
         {"running", count.running},
         {"succeeded", count.succeeded},
         {"failed", count.failed},
         {"canceled_or_skipped", count.other}});
  }
  return queues;
}

ordered_json result_json(const std::optional<TryResult>& result) {
  if (!result) {
    return {};
  }
  return {{"succeeded", result->has_succeeded},
          {"error_type",
           result->has_succeeded ? ordered_json() : ordered_json(name_of(result->failure))},
          {"code", result->code},
          {"text", result->text}};
}

ordered_json cards_of(const Job& job, const CardsByUuid& cards) {
  ordered_json list = ordered_json::array();
  if (job.state == JobState::pending) {
    return list;  // those of its last try are not its own any more
  }
  for (const std::string& uuid : job.cards) {
    const auto card = cards.find(uuid);
    list.push_back(
        {{"uuid", uuid},
         {"index", card == cards.end() ? ordered_json() : ordered_json(card->second->index)}});
  }
  return list;
}

/// Since when it is as it is.
std::optional<WallTime> since(const Job& job) {
  if (job.state == JobState::running) {
    return job.started_at;
  }
  return job.ended_at ? job.ended_at : std::optional(job.added_at);
}

ordered_json job_json(const Job& job, const Status& status, const CardsByUuid& cards,
                      const Moment& now) {
  ordered_json next_try;
  const auto queue = status.state.queues.find(job.spec.queue);
  if (job.state == JobState::pending && queue != status.state.queues.end() &&
      queue->second.backoff_until && *queue->second.backoff_until > now.steady) {
    next_try = iso_time_text(wall_of(*queue->second.backoff_until, now));
  }
  const auto reason = status.job_reasons.find(job.id);
  return {{"job", job.id},
          {"queue", job.spec.queue},
          {"state", name_of(job.state)},
          {"gpus", job.spec.gpus},
          {"memory_bytes", job.memory_bytes},
          {"after", or_null(job.spec.after)},
          {"cards", cards_of(job, cards)},
          {"tries", job.tries},
          {"retry_count", job.retry_count},
          {"uni_id", job.uni_id.empty() ? ordered_json() : ordered_json(job.uni_id)},
          {"since", time_or_null(since(job))},
          {"next_try", std::move(next_try)},
          {"reason", job.state == JobState::pending && reason != status.job_reasons.end()
                         ? ordered_json(reason->second)
                         : ordered_json()},
          {"last_result", result_json(job.last_result)},
          {"commands", job.spec.commands},
          {"log", job.tries == 0 ? ordered_json()
                                 : ordered_json(job_log_path(status.state_dir, job.id).string())}};
}

ordered_json cards_json(const Status& status) {
  std::map<std::string, ordered_json> holders;
  for (const auto& [id, job] : status.state.jobs) {
    if (job.state == JobState::running) {
      for (const std::string& uuid : job.cards) {
        holders[uuid].push_back(id);
      }
    }
  }
  ordered_json cards = ordered_json::array();
  for (const Card& card : status.look ? status.look->cards : std::vector<Card>{}) {
    const auto held = holders.find(card.uuid);
    cards.push_back({{"index", card.index},
                     {"uuid", card.uuid},
                     {"name", card.name},
                     {"memory_total_bytes", or_null(card.memory_total_bytes)},
                     {"memory_free_bytes", or_null(card.memory_free_bytes)},
                     {"jobs", held == holders.end() ? ordered_json::array() : held->second},
                     {"own_other_processes", card.own_foreign_processes},
                     {"other_users", card.other_users},
                     {"is_held_by_other_scheduler", card.is_locked_by_other}});
  }
  return cards;
}

/// The document of this text with "jobs" at its end. One by one: as a whole the jobs would take
/// many times the memory of their text.
std::string with_jobs(std::string text, const std::vector<const Job*>& jobs, const Status& status,
                      const Moment& now) {
  CardsByUuid cards;
  if (status.look) {
    for (const Card& card : status.look->cards) {
      cards[card.uuid] = &card;
    }
  }
  text.back() = ',';
  text += "\"jobs\":[";
  for (const Job* const job : jobs) {
    text += text_of(job_json(*job, status, cards, now));
    text += ',';
  }
  if (text.back() == ',') {
    text.pop_back();
  }
  return text += "]}";
}

}  // namespace

std::filesystem::path job_log_path(const std::filesystem::path& state_dir, JobId job) {
  return state_dir / "jobs" / fmt::format("{}.log", job);
}

std::string_view state_word(const QueueState& queue, bool has_running, SteadyTime now) {
  if (has_running) {
    return "BUSY";
  }
  if (queue.is_held) {
    return "HELD";
  }
  if (queue.is_stopped) {
    return "STOPPED";
  }
  return queue.backoff_until && *queue.backoff_until > now ? "BACKOFF" : "IDLE";
}

std::string status_json(const Status& status, const JobsWanted& wanted, const Moment& now) {
  if (wanted.page_from) {
    const JobsPage page = page_of(status.state, *wanted.page_from);
    return with_jobs(text_of({{"next_job", or_null(page.next)}}), page.jobs, status, now);
  }
  const ShownJobs shown = shown_jobs(status.state, status.job_reasons, wanted);
  std::string text = text_of(
      {{"version", kVersion},
       {"pid", getpid()},
       {"state_dir", status.state_dir.string()},
       {"time", iso_time_text(now.wall)},
       {"keeps_running", status.keeps_running},
       {"nothing_can_start", or_null(status.nothing_can_start)},
       {"cards_looked_at", status.look
                               ? ordered_json(iso_time_text(wall_of(status.look->looked_at, now)))
                               : ordered_json()},
       {"cards_problem", or_null(status.cards_problem)},
       {"queues", queues_json(status, now)},
       {"cards", cards_json(status)},
       {"jobs_left_out", {{"pending", shown.pending_left_out}, {"ended", shown.ended_left_out}}}});
  return with_jobs(std::move(text), shown.jobs, status, now);
}

}  // namespace wemol::queue
