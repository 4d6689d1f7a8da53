#pragma once

#include <cstdint>

#include "fetch_limits.h"
#include "node_day.h"

namespace wemol::report::daily {

/// What of a day is asked for, as Netdata takes it.
struct DayWindow {
  std::int64_t after_epoch = 0;
  std::int64_t before_epoch = 0;  ///< never after now: Netdata would move the window back
  std::int64_t points = 0;        ///< 0: the day has not begun
  std::int64_t bucket_seconds = 0;
  std::int64_t expected_buckets = 0;  ///< those stamped inside the day
};

/// A whole number of buckets, so that Netdata makes them of that length, with borders at multiples
/// of it: it counts in multiples itself. While the day goes on its last bucket is the one that goes
/// on, and bears the time of its end to come.
[[nodiscard]] DayWindow day_window(const Day& day, const FetchLimits& limits);

}  // namespace wemol::report::daily
