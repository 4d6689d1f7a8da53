#include "changes.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <set>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace wemol::queue {
namespace {

constexpr unsigned kLeastUniId = 100'000;
constexpr unsigned kMostUniId = 999'999;

tl::unexpected<Error> no_such_job(JobId id) {
  return failure(fmt::format("there is no job {}: `wemol-queue status` lists them", id));
}

tl::unexpected<Error> no_such_queue(const std::string& queue) {
  return failure(fmt::format("there is no queue {}: `wemol-queue status` lists them", queue));
}

Job* find_job(SchedulerState& state, JobId id) {
  const auto found = state.jobs.find(id);
  return found == state.jobs.end() ? nullptr : &found->second;
}

void skip_those_after(SchedulerState& state, JobId ended, WallTime now) {
  // Ids ascend from a job to those after it, but for files that somebody has changed: until none.
  std::vector<JobId> without_success{ended};
  while (!without_success.empty()) {
    const JobId before = without_success.back();
    without_success.pop_back();
    for (auto& [id, job] : state.jobs) {
      if (job.state == JobState::pending && job.spec.after == before) {
        job.state = JobState::skipped;
        job.ended_at = now;
        without_success.push_back(id);
      }
    }
  }
}

void end_without_success(SchedulerState& state, Job& job, JobState how, WallTime now) {
  job.state = how;
  job.ended_at = now;
  skip_those_after(state, job.id, now);
}

void grow_memory(Job& job, double percent) {
  job.memory_bytes = static_cast<std::uint64_t>(
      std::llround(static_cast<double>(job.memory_bytes) * (1 + percent / 100)));
}

/// Whether it is tried again.
bool has_tries_left(const Job& job, const QueueSettings& settings) {
  return settings.on_failure != QueueSettings::OnFailure::skip &&
         job.retry_count < settings.max_retries;
}

/// No memory, processes, descriptors or disk: the job has nothing to do with it.
bool host_had_no_room(const TryResult& result) {
  constexpr std::array kCodes{EAGAIN, ENOMEM, ENOSPC, EDQUOT, EMFILE, ENFILE, EIO};
  return result.failure == Failure::not_started &&
         std::ranges::find(kCodes, result.code) != kCodes.end();
}

void note_failed(SchedulerState& state, Job& job, const QueueSettings& settings,
                 const Moment& now) {
  QueueState& queue = state.queues[job.spec.queue];
  if (host_had_no_room(*job.last_result)) {
    job.state = JobState::pending;
    queue.backoff_until = now.steady + settings.backoff_duration;
    return;
  }
  if (!has_tries_left(job, settings)) {
    queue.failures_in_row = 0;
    queue.is_stopped = settings.on_failure == QueueSettings::OnFailure::stop;
    end_without_success(state, job, JobState::failed, now.wall);
    return;
  }
  job.state = JobState::pending;
  ++job.retry_count;
  if (job.last_result->failure == Failure::out_of_memory) {
    grow_memory(job, settings.oom_memory_growth_percent);
  }
  if (++queue.failures_in_row >= std::max(settings.max_retry_before_backoff, 1U)) {
    queue.failures_in_row = 0;
    queue.backoff_until = now.steady + settings.backoff_duration;
  }
}

}  // namespace

JobId add_job(SchedulerState& state, JobSpec spec, WallTime now) {
  const JobId id = ++state.last_id;
  state.queues.try_emplace(spec.queue);
  Job job{.id = id, .memory_bytes = spec.memory_bytes, .added_at = now};
  if (spec.after) {
    const Job* const before = find_job(state, *spec.after);
    if (before == nullptr || (is_over(before->state) && before->state != JobState::succeeded)) {
      job.state = JobState::skipped;
      job.ended_at = now;
    }
  }
  job.spec = std::move(spec);
  state.jobs.emplace(id, std::move(job));
  return id;
}

Result<void> remove_pending_job(SchedulerState& state, JobId id, WallTime now) {
  const Job* const job = find_job(state, id);
  if (job == nullptr) {
    return no_such_job(id);
  }
  if (job->state != JobState::pending) {
    return failure(fmt::format("job {} is {}, no longer pending", id, name_of(job->state)));
  }
  skip_those_after(state, id, now);
  state.jobs.erase(id);
  return {};
}

std::string new_uni_id(const SchedulerState& state, std::mt19937_64& random) {
  std::uniform_int_distribution<unsigned> digits(kLeastUniId, kMostUniId);
  // 900,000 are possible: with all jobs of a state they do not run out.
  while (true) {
    std::string uni_id = fmt::format("compete_{}", digits(random));
    if (std::ranges::none_of(state.jobs,
                             [&](const auto& entry) { return entry.second.uni_id == uni_id; })) {
      return uni_id;
    }
  }
}

void note_started(SchedulerState& state, JobId id, std::vector<std::string> cards,
                  std::string uni_id, ProcessId keeper, const Moment& now) {
  Job& job = state.jobs.at(id);
  job.state = JobState::running;
  ++job.tries;
  job.cards = std::move(cards);
  job.uni_id = std::move(uni_id);
  job.keeper = keeper;
  job.started_at = now.wall;
  job.ended_at.reset();
  job.is_cancel_requested = false;
  QueueState& queue = state.queues[job.spec.queue];
  queue.waiting_since.reset();
  queue.backoff_until.reset();
  queue.no_start_before.reset();
}

void postpone_start(SchedulerState& state, const std::string& queue, std::string why,
                    SteadyTime until) {
  QueueState& postponed = state.queues[queue];
  postponed.no_start_before = until;
  postponed.why_not_started = std::move(why);
}

void note_ended(SchedulerState& state, JobId id, TryResult result, const QueueSettings& settings,
                const Moment& now) {
  Job& job = state.jobs.at(id);
  job.last_result = std::move(result);
  job.ended_at = now.wall;
  QueueState& queue = state.queues[job.spec.queue];
  queue.waiting_since = now.steady;
  if (job.last_result->has_succeeded) {
    job.state = JobState::succeeded;
    queue.failures_in_row = 0;
  } else if (job.is_cancel_requested) {
    end_without_success(state, job, JobState::canceled, now.wall);
  } else {
    note_failed(state, job, settings, now);
  }
  job.is_cancel_requested = false;
}

Result<void> cancel_job(SchedulerState& state, JobId id, WallTime now) {
  Job* const job = find_job(state, id);
  if (job == nullptr) {
    return no_such_job(id);
  }
  if (is_over(job->state)) {
    return failure(fmt::format("job {} is over: {}", id, name_of(job->state)));
  }
  if (job->state == JobState::running) {
    job->is_cancel_requested = true;
  } else {
    end_without_success(state, *job, JobState::canceled, now);
  }
  return {};
}

Result<void> retry_job(SchedulerState& state, JobId id) {
  Job* const job = find_job(state, id);
  if (job == nullptr) {
    return no_such_job(id);
  }
  if (job->state == JobState::running) {
    return failure(fmt::format("job {} runs: `wemol-queue cancel {}` ends it first", id, id));
  }
  if (job->spec.after) {
    const Job* const before = find_job(state, *job->spec.after);
    if (before != nullptr && is_over(before->state) && before->state != JobState::succeeded) {
      return failure(fmt::format("job {} comes after job {}, which is {}: retry that one first", id,
                                 before->id, name_of(before->state)));
    }
  }
  job->state = JobState::pending;
  job->retry_count = 0;
  job->ended_at.reset();
  QueueState& queue = state.queues[job->spec.queue];
  queue.backoff_until.reset();
  queue.no_start_before.reset();
  queue.failures_in_row = 0;
  queue.is_stopped = false;
  return {};
}

Result<void> skip_job(SchedulerState& state, JobId id, WallTime now) {
  Job* const job = find_job(state, id);
  if (job == nullptr) {
    return no_such_job(id);
  }
  if (job->state == JobState::running) {
    return failure(fmt::format("job {} runs: `wemol-queue cancel {}` ends it", id, id));
  }
  if (is_over(job->state)) {
    return failure(fmt::format("job {} is over: {}", id, name_of(job->state)));
  }
  state.queues[job->spec.queue].backoff_until.reset();
  end_without_success(state, *job, JobState::skipped, now);
  return {};
}

Result<void> hold_queue(SchedulerState& state, const std::string& queue) {
  const auto found = state.queues.find(queue);
  if (found == state.queues.end()) {
    return no_such_queue(queue);
  }
  found->second.is_held = true;
  return {};
}

Result<void> release_queue(SchedulerState& state, const std::string& queue) {
  const auto found = state.queues.find(queue);
  if (found == state.queues.end()) {
    return no_such_queue(queue);
  }
  found->second.is_held = false;
  found->second.is_stopped = false;
  found->second.backoff_until.reset();
  found->second.no_start_before.reset();
  found->second.failures_in_row = 0;
  found->second.waiting_since.reset();  // it waits from now, not since it was held
  return {};
}

void note_waiting(SchedulerState& state, SteadyTime now) {
  for (const auto& [id, job] : state.jobs) {
    if (job.state == JobState::pending) {
      QueueState& queue = state.queues[job.spec.queue];
      queue.waiting_since = queue.waiting_since.value_or(now);
    }
  }
}

bool all_over(const SchedulerState& state) {
  std::set<std::string_view> blocked_queues;
  std::set<JobId> blocked_jobs;
  // A job comes after one with a lower number only.
  for (const auto& [id, job] : state.jobs) {
    if (is_over(job.state)) {
      continue;
    }
    const bool is_blocked =
        job.state == JobState::pending &&
        (state.queues.at(job.spec.queue).is_stopped || blocked_queues.contains(job.spec.queue) ||
         (job.spec.after && blocked_jobs.contains(*job.spec.after)));
    if (!is_blocked) {
      return false;
    }
    blocked_queues.insert(job.spec.queue);
    blocked_jobs.insert(id);
  }
  return true;
}

bool any_failed(const SchedulerState& state) {
  return std::ranges::any_of(
      state.jobs, [&](const auto& entry) { return entry.second.state == JobState::failed; });
}

}  // namespace wemol::queue
