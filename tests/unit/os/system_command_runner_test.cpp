#include "system_command_runner.h"

#include <fcntl.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <thread>

#include <gtest/gtest.h>

#include "files.h"
#include "freezer.h"
#include "temp_dir.h"
#include "text_file.h"

namespace wemol {
namespace {

using namespace std::chrono_literals;
using Status = CommandOutcome::Status;
using test::Freezer;
using test::read_text;
using test::TempDir;

Command shell(const std::string& script, const std::string& kind = "sh") {
  return {.kind = kind, .argv = {"sh", "-c", script}};
}

bool is_alive(const std::string& pid) {
  return kill(std::stoi(pid), 0) == 0;
}

class Commands : public testing::Test {
 protected:
  EventLoop loop;
  SystemCommandRunner runner{loop, 10s};
  TempDir dir;
};

TEST_F(Commands, BothOutputsAndTheStatusAreKeptApart) {
  const auto outcome = runner.run(shell("echo out; echo err >&2; exit 3"));
  EXPECT_EQ(outcome.status, Status::exited);
  EXPECT_EQ(outcome.code, 3);
  EXPECT_EQ(outcome.standard_output, "out\n");
  EXPECT_EQ(outcome.standard_error, "err\n");
  EXPECT_FALSE(outcome.succeeded());
  EXPECT_EQ(outcome.describe(), "exited with status 3");
}

TEST_F(Commands, CommandsStartBesideMoreOpenFilesThanTheyMayHaveThemselves) {
  constexpr int kMoreThanTheLimitOfChildren = 1100;
  std::vector<UniqueFd> open_files;
  for (int i = 0; i < kMoreThanTheLimitOfChildren; ++i) {
    open_files.emplace_back(open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (!open_files.back()) {
      rlimit limit{};
      ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
      limit.rlim_cur = limit.rlim_max;
      ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
      open_files.back().reset(open("/dev/null", O_RDONLY | O_CLOEXEC));
    }
    if (!open_files.back()) {
      GTEST_SKIP() << "this process may not have so many open files";
    }
  }
  EXPECT_EQ(runner.run(shell("ulimit -n")).standard_output, "1024\n");
}

TEST_F(Commands, ArgumentsAreNotReadByAShell) {
  EXPECT_EQ(runner.run({.kind = "echo", .argv = {"echo", "$HOME; *", "a  b"}}).standard_output,
            "$HOME; * a  b\n");
}

TEST_F(Commands, ManyBytesArriveWhole) {
  const auto outcome = runner.run(shell("head -c 1000000 /dev/zero; head -c 60000 /dev/zero >&2"));
  EXPECT_TRUE(outcome.succeeded());
  EXPECT_EQ(outcome.standard_output.size(), 1000000U);
  EXPECT_EQ(outcome.standard_error.size(), 60000U);
}

TEST_F(Commands, StandardInputIsEmpty) {
  EXPECT_EQ(runner.run(shell("cat; echo end")).standard_output, "end\n");
}

TEST_F(Commands, MissingProgramIsToldApart) {
  const auto outcome = runner.run({.kind = "none", .argv = {"wemol-no-such-program"}});
  EXPECT_EQ(outcome.status, Status::not_found);
}

TEST_F(Commands, ProgramThatCannotBeStartedIsToldApart) {
  test::write_text(dir / "plain", "no program");
  const auto outcome = runner.run({.kind = "plain", .argv = {(dir / "plain").string()}});
  EXPECT_EQ(outcome.status, Status::not_started);
  EXPECT_EQ(outcome.code, EACCES);
}

TEST_F(Commands, SignalIsToldApart) {
  const auto outcome = runner.run(shell("kill -SEGV $$"));
  EXPECT_EQ(outcome.status, Status::signaled);
  EXPECT_EQ(outcome.code, SIGSEGV);
}

TEST_F(Commands, SeveralRunAtOnce) {
  // Each waits for what the other does.
  const auto make_and_await = [&](const std::string& own, const std::string& other) {
    return shell("touch " + (dir / own).string() + "; until [ -e " + (dir / other).string() +
                 " ]; do sleep 0.01; done; echo " + own);
  };
  const auto first = runner.start(make_and_await("a", "b"));
  const auto second = runner.start(make_and_await("b", "a"));
  EXPECT_EQ(runner.finish(first).standard_output, "a\n");
  EXPECT_EQ(runner.finish(second).standard_output, "b\n");
}

TEST_F(Commands, GrandchildThatKeepsThePipeOpenIsNotWaitedForAndDoesNotStay) {
  const auto outcome = runner.run(shell("sleep 1000 & echo $!"));
  EXPECT_TRUE(outcome.succeeded());
  std::string pid = outcome.standard_output;
  for (int i = 0; i < 500 && is_alive(pid); ++i) {
    (void)loop.wait_until(loop.now() + 10ms);
  }
  EXPECT_FALSE(is_alive(pid));
}

TEST_F(Commands, SignalsAreAtTheirDefaultsInTheChild) {
  // SigBlk and SigIgn of the child's own process
  const auto outcome = runner.run(
      {.kind = "grep",
       .argv = {"grep", "-E", "^Sig(Blk|Ign):\t0000000000000000$", "/proc/self/status"}});
  EXPECT_EQ(std::count(outcome.standard_output.begin(), outcome.standard_output.end(), '\n'), 2);
}

TEST_F(Commands, ACommandThatSomebodyElseReapsHasEndedWell) {
  std::signal(SIGCHLD, SIG_IGN);
  const auto outcome = runner.run(shell("echo said; sh -c true; echo $?"));
  std::signal(SIGCHLD, SIG_DFL);
  EXPECT_EQ(outcome.status, Status::exited);
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.standard_output, "said\n0\n");
}

TEST_F(Commands, ChildHasAModestLimitOfOpenFiles) {
  EXPECT_LE(std::stoul(runner.run(shell("ulimit -n")).standard_output), 1024U);
}

TEST_F(Commands, ChildInheritsNoDescriptor) {
  EXPECT_EQ(runner.run(shell("ls /proc/self/fd | wc -l")).standard_output, "4\n")
      << "three and the folder that ls reads";
}

class ShortDeadline : public testing::Test {
 protected:
  EventLoop loop;
  SystemCommandRunner runner{loop, 200ms};
  TempDir dir;
};

TEST_F(ShortDeadline, HangingCommandIsEndedWithItsProcessGroup) {
  runner.set_timeout(2s);  // the shell has to have said the number before it is killed
  const auto outcome = runner.run(shell("sleep 1000 & echo $!; wait"));
  EXPECT_EQ(outcome.status, Status::timed_out);
  EXPECT_GE(outcome.took, 2s);
  std::string pid = outcome.standard_output;
  for (int i = 0; i < 500 && is_alive(pid); ++i) {
    (void)loop.wait_until(loop.now() + 10ms);
  }
  EXPECT_FALSE(is_alive(pid));
}

TEST_F(ShortDeadline, CommandThatIgnoresSigtermIsKilled) {
  const auto outcome = runner.run(shell("trap '' TERM; while :; do sleep 0.05; done"));
  EXPECT_EQ(outcome.status, Status::timed_out);
}

TEST(Deadline, MayBeChanged) {
  EventLoop loop;
  SystemCommandRunner runner(loop, 1000s);
  runner.set_timeout(100ms);
  EXPECT_EQ(runner.run(shell("sleep 1000")).status, Status::timed_out);
}

TEST_F(ShortDeadline, StoppedCommandIsKilled) {
  EXPECT_EQ(runner.run(shell("kill -STOP $$")).status, Status::timed_out);
}

TEST_F(ShortDeadline, CommandThatEndedInTimeHasEndedWellHoweverLateWeLook) {
  const auto ticket = runner.start(shell("echo in time"));
  std::this_thread::sleep_for(500ms);  // as when this process is stopped for a while
  EXPECT_EQ(runner.finish(ticket).standard_output, "in time\n");
}

TEST_F(ShortDeadline, OneHangingCommandDoesNotHoldUpAnother) {
  const auto hanging = runner.start(shell("sleep 1000"));
  EXPECT_EQ(runner.run(shell("echo quick")).standard_output, "quick\n");
  EXPECT_EQ(runner.finish(hanging).status, Status::timed_out);
}

TEST_F(ShortDeadline, StuckCommandIsLeftBehindAndNoneOfItsKindIsStartedWhileItLives) {
  const Freezer freezer;
  if (!freezer.available()) {
    GTEST_SKIP() << "needs root and the freezer of control groups v1";
  }
  CommandRunner::Ticket ticket = 0;
  freezer.hold_children_of([&] { ticket = runner.start(shell("exec sleep 1000", "driver")); });
  freezer.freeze();
  EXPECT_EQ(runner.finish(ticket).status, Status::stuck);
  EXPECT_EQ(runner.run(shell("echo again", "driver")).status, Status::blocked);
  EXPECT_EQ(runner.run(shell("echo other", "other")).standard_output, "other\n");
  freezer.thaw();
  CommandOutcome outcome;
  for (int i = 0; i < 500 && !outcome.succeeded(); ++i) {
    ASSERT_TRUE(loop.wait_until(loop.now() + 10ms));
    outcome = runner.run(shell("echo again", "driver"));
  }
  EXPECT_EQ(outcome.standard_output, "again\n");
}

TEST_F(Commands, ACommandThatIsNotReadyInTimeRunsOnAndAnswersLater) {
  const auto ticket = runner.start(
      shell("while [ ! -e " + (dir / "go").string() + " ]; do sleep 0.01; done; echo done"));
  EXPECT_FALSE(runner.finish_by(ticket, loop.now() + 20ms));
  test::write_text(dir / "go", "");
  const auto outcome = runner.finish_by(ticket, loop.now() + 10s);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->standard_output, "done\n");
  EXPECT_GE(outcome->took, 20ms);
}

TEST_F(ShortDeadline, AnAbandonedCommandIsEndedAtItsDeadlineAndKeepsOthersOfItsKindAway) {
  const auto ticket = runner.start(shell("echo $$ > " + (dir / "pid").string() + "; sleep 1000"));
  runner.abandon(ticket);
  EXPECT_EQ(runner.run(shell("echo again")).status, Status::blocked);
  EXPECT_EQ(runner.run(shell("echo other", "other")).standard_output, "other\n");
  CommandOutcome outcome;
  for (int i = 0; i < 500 && !outcome.succeeded(); ++i) {
    ASSERT_TRUE(loop.wait_until(loop.now() + 10ms));
    outcome = runner.run(shell("echo again"));
  }
  EXPECT_EQ(outcome.standard_output, "again\n");
  EXPECT_FALSE(is_alive(read_text(dir / "pid")));
}

TEST_F(Commands, EndlessOutputIsCapped) {
  const auto outcome = runner.run(shell("yes"));
  EXPECT_EQ(outcome.status, Status::output_too_large);
  EXPECT_EQ(outcome.standard_output.size(), std::size_t{4} << 20);
}

TEST_F(Commands, ErrorOutputIsCutButNoFailure) {
  const auto outcome = runner.run(shell("head -c 300000 /dev/zero >&2; echo fine"));
  EXPECT_TRUE(outcome.succeeded());
  EXPECT_EQ(outcome.standard_output, "fine\n");
  EXPECT_EQ(outcome.standard_error.size(), std::size_t{64} << 10);
}

TEST(CommandsAtStop, AStopEndsTheWaitAtOnceAndTheRunnerEndsItsChildren) {
  TempDir dir;
  EventLoop loop;
  std::string pid;
  {
    SystemCommandRunner runner(loop, 1000s);
    const auto ticket = runner.start(shell("echo $$ > " + (dir / "pid").string() +
                                           "; trap '' TERM; kill -TERM $PPID; while :; do sleep "
                                           "0.05; done"));
    EXPECT_EQ(runner.finish(ticket).status, Status::canceled);
    EXPECT_TRUE(loop.stop_requested());
    pid = read_text(dir / "pid");
    EXPECT_TRUE(is_alive(pid));
    EXPECT_EQ(runner.run(shell("echo too late")).status, Status::canceled);
  }
  EXPECT_FALSE(is_alive(pid));
}

TEST(CommandOutcomeText, TellsEveryEndApart) {
  const auto text = [](Status status, int code) {
    return CommandOutcome{.status = status, .code = code, .took = 10s}.describe();
  };
  EXPECT_EQ(text(Status::signaled, SIGKILL), "was killed by signal 9 (Killed)");
  EXPECT_EQ(text(Status::not_found, 0), "was not found on PATH");
  EXPECT_EQ(text(Status::not_started, EACCES), "could not be started: Permission denied");
  EXPECT_EQ(text(Status::timed_out, 0), "gave no answer and was ended after 10.0 s");
  EXPECT_EQ(text(Status::stuck, 0), "gave no answer for 10.0 s and cannot be ended");
}

}  // namespace
}  // namespace wemol
