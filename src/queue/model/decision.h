#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "card.h"
#include "queue_settings.h"
#include "scheduler_state.h"

namespace wemol::queue {

struct Start {
  JobId job = 0;
  std::vector<std::string> cards;  ///< UUIDs, as many as the job wants
};

/// Why a queue's next job does not start.
struct Wait {
  enum class Kind { held, stopped, backoff, not_started, after, cards, reserved, start_delay };

  std::string queue;
  JobId job = 0;  ///< the first pending one
  Kind kind = Kind::cards;
  /// The same sentence for as long as the reason is the same: figures that change with each look
  /// are left out.
  std::string reason;
  std::optional<SteadyTime> until;  ///< of a backoff or delay
  bool is_hopeless = false;         ///< with these cards and settings it can never start
};

struct Decision {
  std::vector<Start> starts;
  std::vector<Wait> waits;
  /// When to decide again though nothing else has changed: a backoff or delay ends, a job may
  /// reserve cards.
  std::optional<SteadyTime> next_due;
  /// With these settings and cards nothing can ever start, and why.
  std::optional<std::string> nothing_can_start;
};

struct SchedulerTimes {
  SteadyTime now;
  std::optional<SteadyTime> last_start;
};

/// What to start now. Queues are asked in the order in which they have waited; each gives its first
/// pending job. A job gets cards or waits, and one that wants several cards keeps others off them
/// once it has waited for `reserve_after`.
[[nodiscard]] Decision decide(const SchedulerState& state, const QueueSettings& settings,
                              const CardLook& look, const SchedulerTimes& times);

}  // namespace wemol::queue
