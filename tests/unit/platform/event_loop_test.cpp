#include "event_loop.h"

#include <csignal>

#include <gtest/gtest.h>

namespace wemol {
namespace {

using namespace std::chrono_literals;

TEST(EventLoop, WaitsUntilTheTimeHasCome) {
  EventLoop loop;
  const SteadyTime due = loop.now() + 30ms;
  EXPECT_TRUE(loop.wait_until(due));
  EXPECT_GE(loop.now(), due);
}

TEST(EventLoop, DoesNotWaitForWhatIsPast) {
  EventLoop loop;
  EXPECT_TRUE(loop.wait_until(loop.now() - 1s));
}

class StopSignal : public testing::TestWithParam<int> {};

TEST_P(StopSignal, EndsAWaitAtOnce) {
  EventLoop loop;
  kill(getpid(), GetParam());
  EXPECT_FALSE(loop.wait_until(SteadyTime::max()));
  EXPECT_TRUE(loop.stop_requested());
  EXPECT_FALSE(loop.wait_until(SteadyTime::max())) << "and every later one";
}

INSTANTIATE_TEST_SUITE_P(Signals, StopSignal, testing::Values(SIGINT, SIGTERM));

}  // namespace
}  // namespace wemol
