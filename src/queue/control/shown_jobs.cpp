#include "shown_jobs.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace wemol::queue {
namespace {

using Jobs = std::vector<const Job*>;

/// The last ones of these.
Jobs last_ended(Jobs ended, std::size_t wanted) {
  if (wanted >= ended.size()) {
    return ended;
  }
  const auto rest = ended.begin() + static_cast<std::ptrdiff_t>(wanted);
  std::ranges::nth_element(ended, rest, [](const Job* a, const Job* b) {
    return std::pair(a->ended_at, a->id) > std::pair(b->ended_at, b->id);
  });
  ended.erase(rest, ended.end());
  return ended;
}

void append(Jobs& jobs, const Jobs& more, std::size_t wanted) {
  std::copy_n(more.begin(), std::min(more.size(), wanted), std::back_inserter(jobs));
}

}  // namespace

ShownJobs shown_jobs(const SchedulerState& state, const std::map<JobId, std::string>& reasons,
                     const JobsWanted& wanted) {
  ShownJobs shown;
  Jobs next_in_queue;
  Jobs behind;
  Jobs ended;
  for (const auto& [id, job] : state.jobs) {
    if (job.state == JobState::running) {
      shown.jobs.push_back(&job);
    } else if (is_over(job.state)) {
      ended.push_back(&job);
    } else {
      (reasons.contains(id) ? next_in_queue : behind).push_back(&job);
    }
  }
  const std::size_t first = std::min(next_in_queue.size(), wanted.pending);
  append(shown.jobs, next_in_queue, first);
  append(shown.jobs, behind, wanted.pending - first);
  const std::size_t pending = next_in_queue.size() + behind.size();
  shown.pending_left_out = pending - std::min(pending, wanted.pending);
  shown.ended_left_out = ended.size() - std::min(ended.size(), wanted.ended);
  append(shown.jobs, last_ended(std::move(ended), wanted.ended), wanted.ended);
  std::ranges::sort(shown.jobs, {}, &Job::id);
  return shown;
}

JobsPage page_of(const SchedulerState& state, JobId from) {
  JobsPage page;
  auto job = state.jobs.lower_bound(from);
  for (; job != state.jobs.end() && page.jobs.size() < JobsWanted::kMost; ++job) {
    page.jobs.push_back(&job->second);
  }
  if (job != state.jobs.end()) {
    page.next = job->first;
  }
  return page;
}

}  // namespace wemol::queue
