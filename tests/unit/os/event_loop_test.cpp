#include "event_loop.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <functional>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "files.h"

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

TEST(EventLoop, CallsOnceAtTheTime) {
  EventLoop loop;
  int calls = 0;
  const EventSource timer = loop.call_at(loop.now() + 5ms, [&] { ++calls; });
  EXPECT_TRUE(loop.wait_until(loop.now() + 30ms));
  EXPECT_EQ(calls, 1);
}

TEST(EventLoop, ATimerThatIsLetGoDoesNotCall) {
  EventLoop loop;
  bool is_called = false;
  EventSource timer = loop.call_at(loop.now() + 5ms, [&] { is_called = true; });
  timer.reset();
  EXPECT_TRUE(loop.wait_until(loop.now() + 20ms));
  EXPECT_FALSE(is_called);
}

TEST(EventLoop, WhatIsCalledMaySetItselfAgain) {
  EventLoop loop;
  EventSource timer;
  std::string left = "abc";  // on the heap of no one else: a freed action would be seen
  std::string seen;
  std::function<void()> step = [&, mark = std::string(100, 'x')] {
    seen += left.back();
    left.pop_back();
    if (!left.empty()) {
      timer = loop.call_at(loop.now(), step);
    } else {
      timer.reset();
    }
    seen += mark.substr(0, 1);
  };
  timer = loop.call_at(loop.now(), step);
  loop.run_until([&] { return left.empty(); }, loop.now() + 10s);
  EXPECT_EQ(seen, "cxbxax");
}

TEST(EventLoop, WhatIsDueLastComesLast) {
  EventLoop loop;
  std::string order;
  const SteadyTime due = loop.now();
  const EventSource last = loop.call_last_at(due - 1ms, [&] { order += "last"; });
  const EventSource first = loop.call_at(due, [&] { order += "first "; });
  EXPECT_TRUE(loop.wait_until(due + 20ms));
  EXPECT_EQ(order, "first last");
}

TEST(EventLoop, TellsOfADescriptorAsOftenAsItIsReady) {
  EventLoop loop;
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  const UniqueFd out(ends[0]);
  const UniqueFd in(ends[1]);
  std::string text;
  auto watch = loop.watch_fd(out.get(), EPOLLIN, [&](std::uint32_t events) {
    char c = 0;
    if ((events & EPOLLIN) != 0 && read(out.get(), &c, 1) == 1) {
      text += c;
    }
  });
  ASSERT_TRUE(watch);
  ASSERT_EQ(write(in.get(), "ab", 2), 2);
  loop.run_until([&] { return text.size() == 2; }, loop.now() + 10s);
  EXPECT_EQ(text, "ab");
}

TEST(EventLoop, ARegularFileCannotBeWatched) {
  EventLoop loop;
  const UniqueFd file(open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  const auto watch = loop.watch_fd(file.get(), EPOLLIN, [](auto) {});
  ASSERT_FALSE(watch);
  EXPECT_EQ(watch.error().code, EPERM);
}

TEST(EventLoop, ReapsAChildThatHasEnded) {
  EventLoop loop;
  const pid_t child = fork();
  if (child == 0) {
    _exit(7);
  }
  std::optional<int> status;
  auto watch = loop.watch_child(child, [&](const siginfo_t& info) { status = info.si_status; });
  ASSERT_TRUE(watch);
  loop.run_until([&] { return status.has_value(); }, loop.now() + 10s);
  EXPECT_EQ(status, 7);
  EXPECT_EQ(waitpid(child, nullptr, WNOHANG), -1);
}

/// SIGCHLD is ignored while it lives: the kernel reaps each child at once.
class ChildrenReapedByTheKernel {
 public:
  ChildrenReapedByTheKernel() { std::signal(SIGCHLD, SIG_IGN); }
  ChildrenReapedByTheKernel(const ChildrenReapedByTheKernel&) = delete;
  ChildrenReapedByTheKernel& operator=(const ChildrenReapedByTheKernel&) = delete;
  ~ChildrenReapedByTheKernel() { std::signal(SIGCHLD, SIG_DFL); }
};

TEST(EventLoop, AChildThatSomebodyElseHasReapedHasEnded) {
  EventLoop loop;
  const ChildrenReapedByTheKernel reaped;
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  const pid_t child = fork();
  if (child == 0) {
    close(ends[1]);
    char c = 0;
    _exit(read(ends[0], &c, 1) == 0 ? 7 : 8);
  }
  close(ends[0]);
  std::optional<siginfo_t> ended;
  auto watch = loop.watch_child(child, [&](const siginfo_t& info) { ended = info; });
  ASSERT_TRUE(watch);
  close(ends[1]);
  loop.run_until([&] { return ended.has_value(); }, loop.now() + 30s);
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->si_pid, 0) << "how it ended is unknown";
}

TEST(EventLoop, AChildThatWasReapedBeforeItCouldBeWatchedHasEnded) {
  EventLoop loop;
  const pid_t child = fork();
  if (child == 0) {
    _exit(7);
  }
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  int calls = 0;
  siginfo_t ended{};
  ended.si_pid = child;
  auto watch = loop.watch_child(child, [&](const siginfo_t& info) {
    ended = info;
    ++calls;
  });
  ASSERT_TRUE(watch) << watch.error().message;
  EXPECT_EQ(calls, 0) << "not before the caller has its watch";
  loop.run_until([&] { return calls > 0; }, loop.now() + 30s);
  loop.run_until([] { return false; }, loop.now() + 20ms);
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(ended.si_pid, 0) << "how it ended is unknown";
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
