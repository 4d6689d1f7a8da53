#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "time_points.h"

namespace wemol {

/// The absolute schedule of the rounds: tick k is due at start + k x interval, whatever happened
/// before it. Ticks that have passed are skipped, never made up for.
class Ticker {
 public:
  Ticker(SteadyTime start, std::chrono::nanoseconds interval)
      : start_(start), interval_(interval) {}

  /// When the current tick is due; at first, at once.
  [[nodiscard]] SteadyTime due() const { return start_ + tick_ * interval_; }

  /// Until when a round that begins at `now` may read, so that the tick after it finds it over.
  [[nodiscard]] SteadyTime end_of_round(SteadyTime now) const {
    constexpr std::chrono::nanoseconds kLongestRest = std::chrono::milliseconds(100);
    constexpr int kPartsOfInterval = 10;
    return start_ + (passed(now) + 1) * interval_ -
           std::min(interval_ / kPartsOfInterval, kLongestRest);
  }

  /// A fresh schedule: its first tick is one interval after `last`, or at once when that has
  /// passed.
  void start_again(SteadyTime last, std::chrono::nanoseconds interval, SteadyTime now) {
    *this = Ticker(std::max(last + interval, now), interval);
  }

  /// Goes on to the first tick that is due after `now`. Returns how many ticks were skipped.
  std::int64_t advance(SteadyTime now) {
    const std::int64_t next = std::max(tick_, passed(now)) + 1;
    const std::int64_t skipped = next - tick_ - 1;
    tick_ = next;
    return skipped;
  }

 private:
  [[nodiscard]] std::int64_t passed(SteadyTime now) const { return (now - start_) / interval_; }

  SteadyTime start_;
  std::chrono::nanoseconds interval_;
  std::int64_t tick_ = 0;
};

}  // namespace wemol
