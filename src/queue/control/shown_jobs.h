#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "request.h"
#include "scheduler_state.h"

namespace wemol::queue {

/// Pointers into the state, in the order of the jobs' numbers.
struct ShownJobs {
  std::vector<const Job*> jobs;
  std::size_t pending_left_out = 0;
  std::size_t ended_left_out = 0;
};

struct JobsPage {
  std::vector<const Job*> jobs;
  std::optional<JobId> next;  ///< with which the next page begins; absent: there is none
};

/// All jobs that run, and so many others as are wanted. A job is next in its queue when there is a
/// reason why it waits.
[[nodiscard]] ShownJobs shown_jobs(const SchedulerState& state,
                                   const std::map<JobId, std::string>& reasons,
                                   const JobsWanted& wanted);

/// JobsWanted::kMost jobs at most, from that number on.
[[nodiscard]] JobsPage page_of(const SchedulerState& state, JobId from);

}  // namespace wemol::queue
