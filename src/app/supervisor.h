#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "clock.h"

namespace wemol {

/// How the recording went so far.
struct Progress {
  struct Overrun {
    std::uint64_t round = 0;
    std::chrono::nanoseconds took{};
  };
  std::uint64_t rounds = 0;
  std::size_t tasks = 0;         ///< in the last round
  std::size_t silent_tasks = 0;  ///< of these, without a valid reading for some rounds
  std::int64_t skipped = 0;
  std::optional<Overrun> last_overrun;
};

/// Whoever runs the recorder: hears how it goes, and may change its interval between two rounds.
class Supervisor {
 public:
  Supervisor() = default;
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;
  virtual ~Supervisor() = default;

  virtual void round_done(const Progress& progress, SteadyTime ended) = 0;
  /// Asked after each round and whenever a wait has ended. Nothing: the interval stays.
  [[nodiscard]] virtual std::optional<std::chrono::nanoseconds> new_interval() = 0;
  /// There is no further round.
  virtual void stopping() = 0;
};

}  // namespace wemol
