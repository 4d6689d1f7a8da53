#include "decision.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "free_cards.h"

namespace wemol::queue {
namespace {

/// A queue of which no job runs, with the one that is next.
struct Waiting {
  const QueueState* queue = nullptr;
  const Job* job = nullptr;
};

std::vector<Waiting> waiting_queues(const SchedulerState& state) {
  struct Seen {
    const Job* first = nullptr;
    bool runs = false;
  };
  std::unordered_map<std::string_view, Seen> queues;
  queues.reserve(state.queues.size());
  for (const auto& [id, job] : state.jobs) {
    if (is_over(job.state)) {
      continue;
    }
    Seen& seen = queues[job.spec.queue];
    if (job.state == JobState::running) {
      seen.runs = true;
    } else if (seen.first == nullptr) {
      seen.first = &job;
    }
  }
  std::vector<Waiting> waiting;
  for (const auto& [name, queue] : state.queues) {
    const auto found = queues.find(name);
    if (found != queues.end() && !found->second.runs && found->second.first != nullptr) {
      waiting.push_back({&queue, found->second.first});
    }
  }
  std::ranges::stable_sort(waiting, [](const Waiting& a, const Waiting& b) {
    const auto since = [](const Waiting& it) {
      const SteadyTime from = it.queue->waiting_since.value_or(SteadyTime::min());
      return std::max(from, it.queue->backoff_until.value_or(from));
    };
    return std::pair(since(a), a.job->id) < std::pair(since(b), b.job->id);
  });
  return waiting;
}

/// What has nothing to do with cards.
std::optional<Wait> wait_of(const Waiting& waiting, const SchedulerState& state,
                            const SchedulerTimes& times) {
  const QueueState& queue = *waiting.queue;
  const Job& job = *waiting.job;
  Wait wait{.queue = job.spec.queue, .job = job.id};
  if (queue.is_held) {
    wait.kind = Wait::Kind::held;
    wait.reason = fmt::format("the queue is held: `wemol-queue release {}`", job.spec.queue);
    return wait;
  }
  if (queue.is_stopped) {
    wait.kind = Wait::Kind::stopped;
    wait.reason = fmt::format(
        "the queue is stopped since a job has failed: `wemol-queue release {}`", job.spec.queue);
    return wait;
  }
  if (queue.backoff_until && *queue.backoff_until > times.now) {
    wait.kind = Wait::Kind::backoff;
    wait.reason = "the queue is in backoff after failures";
    wait.until = queue.backoff_until;
    return wait;
  }
  if (queue.no_start_before && *queue.no_start_before > times.now) {
    wait.kind = Wait::Kind::not_started;
    wait.reason = queue.why_not_started + "; it is tried again";
    return wait;
  }
  if (job.spec.after) {
    const auto before = state.jobs.find(*job.spec.after);
    if (before != state.jobs.end() && before->second.state != JobState::succeeded) {
      wait.kind = Wait::Kind::after;
      wait.reason = fmt::format("it comes after job {}", before->first);
      return wait;
    }
  }
  return std::nullopt;
}

class Deciding {
 public:
  Deciding(const SchedulerState& state, const QueueSettings& settings, const CardLook& look,
           const SchedulerTimes& times)
      : state_(state), settings_(settings), times_(times), cards_(look, state, settings) {
    if (!look.cards.empty() && settings.gpu_left >= look.cards.size()) {
      decision_.nothing_can_start = fmt::format(
          "gpu_left is {} and there {} {} usable: nothing starts; lower gpu_left",
          settings.gpu_left, look.cards.size() == 1 ? "is" : "are",
          look.cards.size() == 1 ? "1 card" : fmt::format("{} cards", look.cards.size()));
    } else if (look.cards.empty()) {
      decision_.nothing_can_start = "there is no usable card";
    }
    if (settings.start_delay.count() > 0 && times.last_start) {
      next_start_ = *times.last_start + settings.start_delay;
    }
  }

  Decision run() {
    for (const Waiting& waiting : waiting_queues(state_)) {
      if (auto wait = wait_of(waiting, state_, times_)) {
        if (wait->kind == Wait::Kind::not_started) {
          note_due(*waiting.queue->no_start_before);
        }
        add_wait(std::move(*wait));
      } else {
        start_or_wait(waiting);
      }
    }
    return std::move(decision_);
  }

 private:
  void add_wait(Wait wait) {
    if (wait.until) {
      note_due(*wait.until);
    }
    decision_.waits.push_back(std::move(wait));
  }

  void note_due(SteadyTime due) {
    decision_.next_due = std::min(decision_.next_due.value_or(due), due);
  }

  void start_or_wait(const Waiting& waiting) {
    const Job& job = *waiting.job;
    Wait wait{.queue = job.spec.queue, .job = job.id};
    const unsigned gpus = std::max(job.spec.gpus, 1U);
    if (const auto cards = cards_.find(gpus, job.memory_bytes)) {
      if (next_start_ && *next_start_ > times_.now) {
        wait.kind = Wait::Kind::start_delay;
        wait.reason = "start_delay since the last start";
        wait.until = next_start_;
        add_wait(std::move(wait));
        return;
      }
      decision_.starts.push_back({job.id, cards_.take(*cards, job.memory_bytes)});
      if (settings_.start_delay.count() > 0) {
        next_start_ = times_.now + settings_.start_delay;
      }
      return;
    }
    wait.kind = Wait::Kind::cards;
    const auto never = cards_.never(gpus, job.memory_bytes);
    wait.reason = decision_.nothing_can_start.value_or(never.value_or(cards_.why_not()));
    wait.is_hopeless = never && !decision_.nothing_can_start;
    if (gpus > 1 && !never) {
      reserve(waiting, gpus, wait);
    }
    add_wait(std::move(wait));
  }

  /// Small jobs may not starve one that needs several cards for ever.
  void reserve(const Waiting& waiting, unsigned gpus, Wait& wait) {
    const SteadyTime since = waiting.queue->waiting_since.value_or(times_.now);
    const SteadyTime from = std::max(since, waiting.queue->backoff_until.value_or(since));
    const SteadyTime due = from + settings_.reserve_after;
    if (due > times_.now) {
      note_due(due);
      return;
    }
    cards_.reserve(gpus, waiting.job->memory_bytes);
    wait.kind = Wait::Kind::reserved;
    wait.reason += "; cards that come free are reserved for it";
  }

  const SchedulerState& state_;
  const QueueSettings& settings_;
  const SchedulerTimes& times_;
  FreeCards cards_;
  std::optional<SteadyTime> next_start_;
  Decision decision_;
};

}  // namespace

Decision decide(const SchedulerState& state, const QueueSettings& settings, const CardLook& look,
                const SchedulerTimes& times) {
  return Deciding(state, settings, look, times).run();
}

}  // namespace wemol::queue
