#pragma once

#include <map>
#include <string>
#include <vector>

#include "job.h"

namespace wemol::queue {

/// One queue's own state; its jobs are those that name it.
struct QueueState {
  bool is_held = false;     ///< by `hold`
  bool is_stopped = false;  ///< by on_failure: stop
  std::optional<SteadyTime> backoff_until;
  unsigned failures_in_row = 0;  ///< tries that failed since the last backoff or success
  /// After a start that has failed for the scheduler's own reasons. A restart forgets both.
  std::optional<SteadyTime> no_start_before;
  std::string why_not_started;
  /// Since when it could have started a job: the longest waiting queue comes first.
  std::optional<SteadyTime> waiting_since;
};

/// All that the scheduler knows of its jobs and queues.
struct SchedulerState {
  std::map<JobId, Job> jobs;
  std::map<std::string, QueueState> queues;
  JobId last_id = 0;
};

}  // namespace wemol::queue
