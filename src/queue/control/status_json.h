#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "card.h"
#include "clock.h"
#include "job.h"
#include "request.h"
#include "scheduler_state.h"

namespace wemol::queue {

/// What the scheduler knows at a moment.
struct Status {
  const SchedulerState& state;
  const std::optional<CardLook>& look;
  std::optional<std::string> cards_problem;  ///< why there is no newer look
  std::optional<std::string> nothing_can_start;
  const std::map<JobId, std::string>& job_reasons;  ///< why a job does not start
  const std::map<std::string, std::string>& queue_reasons;
  std::filesystem::path state_dir;
  bool keeps_running = false;
};

/// Where a job's output lies; that of an earlier try beside it, "17.1.log".
[[nodiscard]] std::filesystem::path job_log_path(const std::filesystem::path& state_dir, JobId job);

/// The document of `status --format json` in one line, see docs/queue.md, or a page of its jobs:
/// "jobs" and "next_job", which is null at the end. Times are ISO 8601.
[[nodiscard]] std::string status_json(const Status& status, const JobsWanted& wanted,
                                      const Moment& now);

/// "BUSY", "IDLE", "BACKOFF", "HELD", "STOPPED".
[[nodiscard]] std::string_view state_word(const QueueState& queue, bool has_running,
                                          SteadyTime now);

}  // namespace wemol::queue
