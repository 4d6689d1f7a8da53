#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "time_points.h"

namespace wemol::serve {

/// How often each key may do something: `burst` times at once, and `per_second` in the long run.
/// The keys it knows are bounded: those that have their whole burst again are forgotten, and beyond
/// `most_keys` all others share one.
class RateLimiter {
 public:
  struct Rules {
    double per_second = 20;
    double burst = 100;
    std::size_t most_keys = 10'000;
  };

  explicit RateLimiter(Rules rules) : rules_(rules) {}

  /// Takes one off the key's. False: it has none left.
  [[nodiscard]] bool take(std::string_view key, SteadyTime now) {
    if (!has(key, now)) {
      return false;
    }
    bucket(key, now).tokens -= 1;
    return true;
  }
  /// Whether take() would be true.
  [[nodiscard]] bool has(std::string_view key, SteadyTime now) {
    return bucket(key, now).tokens >= 1;
  }

 private:
  struct Bucket {
    double tokens = 0;
    SteadyTime at;
  };

  Bucket& bucket(std::string_view key, SteadyTime now) {
    auto found = buckets_.find(key);
    if (found == buckets_.end()) {
      if (buckets_.size() >= rules_.most_keys) {
        forget_full(now);
      }
      const bool has_place = buckets_.size() < rules_.most_keys;
      found =
          buckets_.try_emplace(std::string(has_place ? key : kOthers), Bucket{rules_.burst, now})
              .first;
    }
    fill(found->second, now);
    return found->second;
  }
  void fill(Bucket& bucket, SteadyTime now) const {
    const double seconds = std::chrono::duration<double>(now - bucket.at).count();
    bucket.tokens = std::min(rules_.burst, bucket.tokens + (seconds * rules_.per_second));
    bucket.at = now;
  }
  void forget_full(SteadyTime now) {
    if (now - forgot_at_ <
        std::chrono::seconds(1)) {  // a flood of keys would look at all each time
      return;
    }
    forgot_at_ = now;
    std::erase_if(buckets_, [&](const auto& entry) {
      Bucket bucket = entry.second;
      fill(bucket, now);
      return bucket.tokens >= rules_.burst;
    });
  }

  static constexpr std::string_view kOthers = "\n";

  Rules rules_;
  SteadyTime forgot_at_{};
  std::map<std::string, Bucket, std::less<>> buckets_;
};

}  // namespace wemol::serve
