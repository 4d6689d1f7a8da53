#pragma once

#include <string>
#include <vector>

#include "card.h"
#include "clock.h"
#include "decision.h"
#include "job.h"
#include "queue_settings.h"
#include "scheduler_state.h"

namespace wemol::queue {

/// Why a job has started there: "job 3 (queue 1) starts on GPU 0 (NVIDIA A100, 39.5 GB free): …".
[[nodiscard]] std::string start_text(const Job& job, const std::vector<Card>& cards,
                                     const QueueSettings& settings);

/// Why it waits, and until when.
[[nodiscard]] std::string wait_text(const Wait& wait, const Moment& now);

/// Logs how a try has ended and what becomes of the job.
void log_end(const Job& before, const Job& after, const TryResult& result,
             const SchedulerState& state, const Moment& now);

}  // namespace wemol::queue
