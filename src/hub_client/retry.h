#pragma once

#include <algorithm>
#include <chrono>
#include <random>

#include "backoff.h"

namespace wemol::hub_client {

/// When what failed is tried again: after pauses that double, each cut by up to a half at random.
/// The agents of a hundred hosts do not come back in the same moment.
class Retry {
 public:
  struct Rules {
    std::chrono::milliseconds first{1000};
    std::chrono::milliseconds longest{60000};
  };

  Retry(Rules rules, std::uint32_t seed) : backoff_(rules.first, rules.longest), random_(seed) {}

  void succeeded() { backoff_.succeeded(); }
  /// The pause before the next try: at least as long as the hub has asked for.
  [[nodiscard]] SteadyTime::duration failed(SteadyTime now, SteadyTime::duration asked_for = {}) {
    backoff_.failed(now);
    const auto left = std::chrono::duration<double>(backoff_.left(now));
    std::uniform_real_distribution<double> share(0.5, 1.0);
    return std::max(std::chrono::duration_cast<SteadyTime::duration>(left * share(random_)),
                    asked_for);
  }

 private:
  Backoff backoff_;
  std::minstd_rand random_;
};

}  // namespace wemol::hub_client
