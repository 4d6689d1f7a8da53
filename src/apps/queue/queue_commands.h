#pragma once

#include "queue_options.h"

namespace wemol::queue {

/// Does what one of the commands asks for. The program's exit status: 0, 1 when something was
/// refused or has failed, 2 for a wrong file or option.
[[nodiscard]] int run_queue_command(const QueueOptions& options);

}  // namespace wemol::queue
