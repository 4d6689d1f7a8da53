#include "backoff.h"

#include <gtest/gtest.h>

namespace wemol {
namespace {

using namespace std::chrono_literals;

TEST(Backoffs, DoubleWithEachFailureUpToTheLongest) {
  const SteadyTime now(1000s);
  Backoff pause(1s, 5s);
  EXPECT_TRUE(pause.over(now));
  EXPECT_EQ(pause.left(now), 0s);
  for (const auto length : {1s, 2s, 4s, 5s, 5s}) {
    pause.failed(now);
    EXPECT_FALSE(pause.over(now + length - 1ms));
    EXPECT_TRUE(pause.over(now + length));
    EXPECT_EQ(pause.left(now), length);
    EXPECT_EQ(pause.left(now + 2 * length), 0s);
  }
}

TEST(Backoffs, BeginAnewAfterASuccess) {
  const SteadyTime now(1000s);
  Backoff pause(1s, 60s);
  pause.failed(now);
  pause.failed(now);
  pause.succeeded();
  EXPECT_TRUE(pause.over(now));
  pause.failed(now);
  EXPECT_TRUE(pause.over(now + 1s));
}

}  // namespace
}  // namespace wemol
