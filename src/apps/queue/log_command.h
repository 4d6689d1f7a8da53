#pragma once

#include "queue_options.h"

namespace wemol::queue {

/// `wemol-queue log JOB [-f]`. Needs no scheduler; -f asks it whether the job is over.
[[nodiscard]] int show_log(const QueueOptions& options);

}  // namespace wemol::queue
