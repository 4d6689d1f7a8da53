#pragma once

#include "queue_options.h"

namespace wemol::queue {

/// `wemol-queue run`. The exit status: 0 all jobs have succeeded, 1 one has not, 2 a file is wrong
/// or another scheduler runs, 3 stopped before all were over.
[[nodiscard]] int run_scheduler(const QueueOptions& options);

}  // namespace wemol::queue
