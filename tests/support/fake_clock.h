#pragma once

#include <algorithm>
#include <vector>

#include "clock.h"

namespace wemol::test {

/// Time that passes only when the test says so, or when somebody waits.
class FakeClock : public Clock {
 public:
  SteadyTime steady{std::chrono::seconds(1000)};
  WallTime wall{std::chrono::seconds(1749030268)};
  /// Waits that are still granted; then a stop is requested.
  int waits_left = 1000;
  std::chrono::nanoseconds late_by{};  ///< how much longer than asked for waits take
  std::vector<SteadyTime> waited_for;

  [[nodiscard]] SteadyTime now() const override { return steady; }
  [[nodiscard]] WallTime wall_now() const override { return wall; }
  [[nodiscard]] bool wait_until(SteadyTime due) override {
    waited_for.push_back(due);
    if (waits_left-- <= 0) {
      return false;
    }
    steady = std::max(steady, due + late_by);
    return true;
  }

  void pass(std::chrono::nanoseconds time) { steady += time; }
};

}  // namespace wemol::test
