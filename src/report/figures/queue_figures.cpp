#include "queue_figures.h"

#include <algorithm>

namespace wemol::report {

using reading::EndedTry;
using reading::TryOutcome;

void TryTotals::add(const EndedTry& ended_try) {
  ++tries;
  succeeded += ended_try.outcome == TryOutcome::succeeded ? 1U : 0U;
  canceled += ended_try.outcome == TryOutcome::canceled ? 1U : 0U;
  if (ended_try.outcome == TryOutcome::failed) {
    ++failed;
    out_of_memory += ended_try.error_type == "oom" ? 1U : 0U;
  }
  if (const auto seconds = ended_try.seconds()) {
    run_seconds += *seconds;
    card_seconds += *seconds * static_cast<double>(ended_try.cards.size());
  } else {
    ++time_unknown;
  }
}

void QueueFigures::add(std::size_t folder, const EndedTry& ended_try) {
  if (!window_.holds(ended_try.ended)) {
    return;
  }
  const JobKey key{folder, ended_try.job};
  if (!seen_.insert({key, {ended_try.number, ended_try.uni_id}}).second) {
    ++repeated_tries_;
    return;
  }
  ++tries_;
  const auto [found, is_new] = jobs_.try_emplace(key);
  JobFigures& job = found->second;
  job.totals.add(ended_try);
  if (ended_try.started && (!job.first_started || *ended_try.started < *job.first_started)) {
    job.first_started = ended_try.started;
  }
  if (is_new || ended_try.ended >= job.last.ended) {
    job.last = ended_try;
  }
  if (ended_try.outcome == TryOutcome::failed) {
    ++job.failures[ended_try.error_type.empty() ? "unknown" : ended_try.error_type];
  }
  const QueueKey queue_key{folder, ended_try.queue};
  QueueTotals& queue = queues_[queue_key];
  queue.totals.add(ended_try);
  queue.jobs += jobs_of_queues_.insert({queue_key, ended_try.job}).second ? 1U : 0U;
  if (!ended_try.user.empty()) {
    queue.users.insert(ended_try.user);
  }
}

}  // namespace wemol::report
