#pragma once

#include <chrono>
#include <map>
#include <string>

#include <wemol/condition.h>

#include "clock.h"

namespace wemol {

/// Turns the conditions that hold in each round into log lines: one when a condition begins, one
/// when it ends, and a reminder every ten minutes in between. What needs no follow-up is not said
/// again either when it comes back within an hour: the name of a container is not news after each
/// round in which docker could not be asked.
class ConditionLog {
 public:
  static constexpr std::chrono::minutes kReminderEvery{10};
  static constexpr std::chrono::hours kRemembered{1};

  /// `conditions` are all that hold in the round that ended at `now`.
  void report(const Conditions& conditions, SteadyTime now);

 private:
  struct Lasting {
    std::string message;
    SteadyTime since;
    SteadyTime last_said;
    SteadyTime last_seen;
    std::uint64_t rounds = 0;
    std::uint64_t last_seen_in = 0;
    bool follow_up = true;
  };

  std::map<std::string, Lasting> lasting_;  ///< by key
  std::uint64_t round_ = 0;
};

}  // namespace wemol
