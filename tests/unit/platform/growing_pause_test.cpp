#include "growing_pause.h"

#include <gtest/gtest.h>

namespace wemol {
namespace {

using namespace std::chrono_literals;

TEST(GrowingPauses, DoubleWithEachFailureUpToTheLongest) {
  const SteadyTime now(1000s);
  GrowingPause pause(1s, 5s);
  EXPECT_TRUE(pause.over(now));
  for (const auto length : {1s, 2s, 4s, 5s, 5s}) {
    pause.failed(now);
    EXPECT_FALSE(pause.over(now + length - 1ms));
    EXPECT_TRUE(pause.over(now + length));
    EXPECT_EQ(pause.until(), now + length);
  }
}

TEST(GrowingPauses, BeginAnewAfterASuccess) {
  const SteadyTime now(1000s);
  GrowingPause pause(1s, 60s);
  pause.failed(now);
  pause.failed(now);
  pause.succeeded();
  EXPECT_TRUE(pause.over(now));
  pause.failed(now);
  EXPECT_TRUE(pause.over(now + 1s));
}

}  // namespace
}  // namespace wemol
