#pragma once

#include <chrono>

namespace wemol {

using SteadyTime = std::chrono::steady_clock::time_point;
using WallTime = std::chrono::system_clock::time_point;

/// One moment on both clocks.
struct Moment {
  SteadyTime steady;
  WallTime wall;
};

/// The border to time. Distances are measured on the monotonic clock, which no step of the wall
/// clock touches; the wall clock only dates readings.
class Clock {
 public:
  Clock() = default;
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;
  virtual ~Clock() = default;

  [[nodiscard]] virtual SteadyTime now() const = 0;
  [[nodiscard]] virtual WallTime wall_now() const = 0;
  [[nodiscard]] Moment moment() const { return {now(), wall_now()}; }
  /// Waits until `due`, or until whoever waits is wanted for something else. Returns false, at
  /// once, when a stop is requested.
  [[nodiscard]] virtual bool wait_until(SteadyTime due) = 0;
};

}  // namespace wemol
