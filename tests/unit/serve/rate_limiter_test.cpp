#include "rate_limiter.h"

#include <gtest/gtest.h>

namespace wemol::serve {
namespace {

using namespace std::chrono_literals;

TEST(RateLimiter, GivesABurstAndThenSoManyPerSecond) {
  RateLimiter limiter({.per_second = 2, .burst = 3});
  const SteadyTime begin{1h};
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(limiter.take("a", begin));
  }
  EXPECT_FALSE(limiter.take("a", begin));
  EXPECT_FALSE(limiter.take("a", begin + 400ms));
  EXPECT_TRUE(limiter.take("a", begin + 500ms));
  EXPECT_FALSE(limiter.take("a", begin + 900ms));
  for (int i = 0; i < 3; ++i) {  // no more than the burst is saved up
    EXPECT_TRUE(limiter.take("a", begin + 1h));
  }
  EXPECT_FALSE(limiter.take("a", begin + 1h));
}

TEST(RateLimiter, KeysDoNotTakeFromEachOther) {
  RateLimiter limiter({.per_second = 1, .burst = 1});
  const SteadyTime now{1h};
  EXPECT_TRUE(limiter.take("a", now));
  EXPECT_FALSE(limiter.has("a", now));
  EXPECT_TRUE(limiter.has("b", now));
  EXPECT_TRUE(limiter.take("b", now));
}

TEST(RateLimiter, BeyondItsKeysAllShareOne) {
  RateLimiter limiter({.per_second = 1, .burst = 1, .most_keys = 2});
  const SteadyTime now{1h};
  EXPECT_TRUE(limiter.take("a", now));
  EXPECT_TRUE(limiter.take("b", now));
  EXPECT_TRUE(limiter.take("c", now));
  EXPECT_FALSE(limiter.take("d", now));
  // Those that have their burst again make room.
  EXPECT_TRUE(limiter.take("e", now + 10s));
  EXPECT_TRUE(limiter.take("f", now + 10s));
}

}  // namespace
}  // namespace wemol::serve
