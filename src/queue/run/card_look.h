#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include <wemol/result.h>

#include "card.h"
#include "card_locks.h"
#include "card_mask.h"
#include "gpu_reader.h"
#include "job.h"

namespace wemol::queue {

/// A try of ours that runs.
struct OwnTry {
  ProcessId keeper;
  std::string uni_id;
  std::vector<std::string> cards;
};

/// What a look is to go by.
struct CardQuestion {
  CardChoice choice;
  std::vector<OwnTry> tries;
};

struct CardAnswer {
  CardLook look;
  std::vector<std::string> warnings;  ///< the same in each look as long as they hold
};

/// Its number where it has no name.
[[nodiscard]] std::string name_of_user(uid_t uid);

/// What the drivers' readings mean for us. Asks /proc for the processes' users, the locks, and the
/// users' names, which may take long: not for the event loop. The error says why there is no look.
[[nodiscard]] Result<CardAnswer> make_card_look(const GpuReadings& readings,
                                                const CardQuestion& question,
                                                const CardLocks& locks, SteadyTime now);

}  // namespace wemol::queue
