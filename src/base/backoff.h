#pragma once

#include <algorithm>
#include <chrono>

#include "clock.h"

namespace wemol {

/// The time to let pass before something that failed is tried again: it doubles with each failure.
class Backoff {
 public:
  Backoff(SteadyTime::duration first, SteadyTime::duration longest)
      : first_(first), longest_(longest), next_(first) {}

  /// It has failed (again) at `now`.
  void failed(SteadyTime now) {
    until_ = now + next_;
    next_ = std::min(next_ * 2, longest_);
  }
  void succeeded() {
    until_ = SteadyTime::min();
    next_ = first_;
  }
  [[nodiscard]] bool over(SteadyTime now) const { return now >= until_; }
  [[nodiscard]] SteadyTime::duration left(SteadyTime now) const {
    return over(now) ? SteadyTime::duration::zero() : until_ - now;
  }

 private:
  SteadyTime::duration first_;
  SteadyTime::duration longest_;
  SteadyTime::duration next_;
  SteadyTime until_ = SteadyTime::min();
};

}  // namespace wemol
