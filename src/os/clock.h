#pragma once

#include <chrono>
#include <cstdint>

#include "time_points.h"

namespace wemol {

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

/// The time since the boot in the ticks and on the clock in which /proc/<pid>/stat gives the start
/// of a process: what has started before now has a start time of this or less.
[[nodiscard]] std::uint64_t boot_ticks_now();

/// Microseconds of CLOCK_MONOTONIC, as systemd counts them; 0 for what is before the boot.
[[nodiscard]] std::uint64_t to_monotonic_usec(SteadyTime time);

}  // namespace wemol
