#pragma once

#include <chrono>
#include <cstdint>

namespace wemol::report::daily {

/// What a source may take, and what "now" is.
struct FetchLimits {
  std::chrono::milliseconds timeout{30'000};  ///< for one answer
  unsigned points = 144;                      ///< of a day of 24 hours
  std::int64_t now_epoch = 0;
};

/// How long a bucket is: 600 s for 144 points.
[[nodiscard]] constexpr std::int64_t bucket_seconds(unsigned points) {
  constexpr std::int64_t kDay = 86'400;
  return points == 0 || points > kDay ? 1 : kDay / points;
}

}  // namespace wemol::report::daily
