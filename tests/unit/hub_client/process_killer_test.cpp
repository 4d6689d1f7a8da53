// On real processes.

#include "process_killer.h"

#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <csignal>

#include <gtest/gtest.h>

namespace wemol::hub_client {
namespace {

using namespace std::chrono_literals;

/// A child in a group of its own.
class Child {
 public:
  enum class Kind { plain, deaf_to_sigterm, of_another_user, in_our_group };

  explicit Child(Kind kind = Kind::plain) {
    std::array<int, 2> ready{};
    if (pipe(ready.data()) != 0) {
      throw std::runtime_error("no pipe");
    }
    pid_ = fork();
    if (pid_ == 0) {
      if (kind != Kind::in_our_group) {
        setpgid(0, 0);
      }
      std::signal(SIGTERM, kind == Kind::deaf_to_sigterm ? SIG_IGN : SIG_DFL);
      if (kind == Kind::of_another_user && setresuid(12345, 12345, 12345) != 0) {
        _exit(1);
      }
      [[maybe_unused]] const ssize_t count = write(ready[1], "r", 1);
      for (;;) {
        pause();
      }
    }
    char byte = 0;
    [[maybe_unused]] const ssize_t count = read(ready[0], &byte, 1);
    close(ready[0]);
    close(ready[1]);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() { end(); }

  void end() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
      pid_ = 0;
    }
  }
  [[nodiscard]] bool is_running() const {
    siginfo_t info{};
    return waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == 0;
  }
  [[nodiscard]] KillTarget target() const {
    const auto pid = static_cast<std::uint64_t>(pid_);
    const auto live = read_live_process(pid);
    return {pid, live->start_ticks, live->user_id.value_or(0), "child", "lin"};
  }

 private:
  pid_t pid_ = 0;
};

class ProcessKillerTest : public testing::Test {
 protected:
  /// The agent is another process than this one, whose children would be its own.
  [[nodiscard]] static Self somebody() { return {.pid = 999'999'999, .group = 999'999'999}; }

  KillOutcome kill(const KillTarget& target, const Self& self = somebody()) {
    boost::asio::io_context context(1);
    ProcessKiller killer(context, {.term_to_kill = 300ms, .kill_to_giving_up = 20s}, self);
    std::vector<KillResult> results;
    killer.kill({target}, "a test", [&](std::vector<KillResult> given) { results = given; });
    context.run();
    EXPECT_EQ(results.size(), 1U);
    EXPECT_EQ(results.at(0).pid, target.pid);
    return results.at(0).outcome;
  }
};

TEST_F(ProcessKillerTest, EndsTheProcess) {
  const Child child;
  EXPECT_EQ(kill(child.target()), KillOutcome::killed);
  EXPECT_FALSE(child.is_running());
}

TEST_F(ProcessKillerTest, KillsWhatIsDeafToSigterm) {
  const Child child(Child::Kind::deaf_to_sigterm);
  EXPECT_EQ(kill(child.target()), KillOutcome::killed);
  EXPECT_FALSE(child.is_running());
}

TEST_F(ProcessKillerTest, AnotherProcessUnderThatPidIsLeftAlone) {
  const Child child;
  KillTarget target = child.target();
  --target.start_ticks;
  EXPECT_EQ(kill(target), KillOutcome::gone);
  EXPECT_TRUE(child.is_running());
}

TEST_F(ProcessKillerTest, OneThatIsGoneIsSaidToBe) {
  Child child;
  const KillTarget target = child.target();
  child.end();
  EXPECT_EQ(kill(target), KillOutcome::gone);
}

TEST_F(ProcessKillerTest, TheProcessOfAnotherUserIsLeftAlone) {
  if (getuid() != 0) {
    GTEST_SKIP() << "makes a process of another user, which takes root";
  }
  const Child child(Child::Kind::of_another_user);
  KillTarget target = child.target();
  EXPECT_EQ(target.user_id, 12345U);
  target.user_id = 1000;
  EXPECT_EQ(kill(target), KillOutcome::denied);
  EXPECT_TRUE(child.is_running());
}

TEST_F(ProcessKillerTest, ItsOwnAreLeftAlone) {
  const Child in_group(Child::Kind::in_our_group);
  EXPECT_EQ(kill(in_group.target(), {.pid = 999'999'999, .group = getpgrp()}), KillOutcome::denied);
  EXPECT_TRUE(in_group.is_running());
  const Child child;
  EXPECT_EQ(kill(child.target(), {.pid = getpid(), .group = 999'999'999}), KillOutcome::denied);
  EXPECT_TRUE(child.is_running());
}

TEST_F(ProcessKillerTest, NeverProcess1OrNone) {
  for (const std::uint64_t pid : {0U, 1U}) {
    KillTarget target{.pid = pid};
    if (const auto live = read_live_process(pid)) {
      target.start_ticks = live->start_ticks;
      target.user_id = live->user_id.value_or(0);
    }
    EXPECT_EQ(kill(target), KillOutcome::denied);
  }
}

TEST_F(ProcessKillerTest, ItsEndCallsNobody) {
  boost::asio::io_context context(1);
  const Child child(Child::Kind::deaf_to_sigterm);
  bool is_called = false;
  {
    ProcessKiller killer(context, {}, somebody());
    killer.kill({child.target()}, "a test", [&](const auto&) { is_called = true; });
    context.poll();
  }
  context.run();
  EXPECT_FALSE(is_called);
  EXPECT_TRUE(child.is_running());
}

}  // namespace
}  // namespace wemol::hub_client
