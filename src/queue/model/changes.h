#pragma once

#include <random>
#include <string>
#include <vector>

#include <wemol/result.h>

#include "clock.h"
#include "queue_settings.h"
#include "scheduler_state.h"

namespace wemol::queue {

/// The only functions that change a SchedulerState. Each leaves it consistent: one job of a queue
/// runs at most, and what is over stays over until retry_job().

JobId add_job(SchedulerState& state, JobSpec spec, WallTime now);
/// Of a block that is gone from its file; jobs after it are skipped. The error: it is no longer
/// pending.
[[nodiscard]] Result<void> remove_pending_job(SchedulerState& state, JobId id, WallTime now);

/// "compete_" and six digits, that of no job here.
[[nodiscard]] std::string new_uni_id(const SchedulerState& state, std::mt19937_64& random);

void note_started(SchedulerState& state, JobId id, std::vector<std::string> cards,
                  std::string uni_id, ProcessId keeper, const Moment& now);
/// The end of the try that runs. Depending on the settings the job is over, or pending again with
/// its queue in backoff after each max_retry_before_backoff-th failure in a row. A try that the
/// host had no room for uses up none, and the queue pauses. Jobs that wait for one that is over
/// without success can never start, and are skipped.
void note_ended(SchedulerState& state, JobId id, TryResult result, const QueueSettings& settings,
                const Moment& now);

/// Nothing of the queue starts before `until`: a start has failed, but not for the job's reasons.
void postpone_start(SchedulerState& state, const std::string& queue, std::string why,
                    SteadyTime until);

/// A pending job is over at once; one that runs when its try ends. The errors of what follows say
/// what to do instead.
[[nodiscard]] Result<void> cancel_job(SchedulerState& state, JobId id, WallTime now);
/// Pending again with its tries counted anew, and no backoff in its way.
[[nodiscard]] Result<void> retry_job(SchedulerState& state, JobId id);
[[nodiscard]] Result<void> skip_job(SchedulerState& state, JobId id, WallTime now);
[[nodiscard]] Result<void> hold_queue(SchedulerState& state, const std::string& queue);
/// Also ends a backoff, and the stop after on_failure: stop.
[[nodiscard]] Result<void> release_queue(SchedulerState& state, const std::string& queue);

/// To be called before each decide(): from when on queues that could start a job have waited.
void note_waiting(SchedulerState& state, SteadyTime now);

/// Nothing runs, and what is pending is in queues that are stopped, or behind what is there.
[[nodiscard]] bool all_over(const SchedulerState& state);
/// Some job has used up its tries; not those that somebody has canceled or skipped.
[[nodiscard]] bool any_failed(const SchedulerState& state);

}  // namespace wemol::queue
