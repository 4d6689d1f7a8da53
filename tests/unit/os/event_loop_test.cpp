#include "event_loop.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include <gtest/gtest.h>

namespace wemol {
namespace {

using namespace std::chrono_literals;

/// Runs it in a child process in a session of its own, and expects that it returns true.
void without_terminal(bool (*body)()) {
  const pid_t child = fork();
  if (child == 0) {
    setsid();
    _exit(body() ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

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

TEST(EventLoop, SighupAsksForAReloadWhereThereIsNoTerminal) {
  without_terminal([] {
    EventLoop loop;
    kill(getpid(), SIGHUP);
    kill(getpid(), SIGHUP);
    const bool waits_no_longer = loop.wait_until(SteadyTime::max());
    const bool is_asked = loop.take_reload_request();
    const bool is_asked_twice = loop.take_reload_request();
    return waits_no_longer && is_asked && !is_asked_twice && !loop.stop_requested();
  });
}

TEST(EventLoop, SighupThatIsIgnoredFromTheStartStaysIgnored) {
  without_terminal([] {
    std::signal(SIGHUP, SIG_IGN);
    EventLoop loop;
    kill(getpid(), SIGHUP);
    return loop.wait_until(loop.now() + 20ms) && !loop.take_reload_request();
  });
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
