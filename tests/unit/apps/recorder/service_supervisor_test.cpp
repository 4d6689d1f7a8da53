#include "service_supervisor.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <csignal>

#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include "files.h"
#include "log_capture.h"
#include "notify_socket.h"
#include "temp_dir.h"
#include "text_file.h"

namespace wemol {
namespace {

using namespace std::chrono_literals;
using test::read_text;
using Messages = std::vector<std::string>;

/// A program without a terminal, as a service is: SIGHUP asks for a reload.
EventLoop loop_without_terminal() {
  const UniqueFd terminal(open("/dev/tty", O_RDWR | O_CLOEXEC));
  if (terminal) {
    ioctl(terminal.get(), TIOCNOTTY);
  }
  return EventLoop();
}

class Supervision : public testing::Test {
 protected:
  Supervision() {
    options.log_file = dir / "log";
    options.config_file = "the.toml";
    options.interval = 5s;
    in_file = options;
  }

  /// With what is in the environment now.
  ServiceSupervisor supervise() {
    manager.emplace();
    return {loop, *manager, options, [this] { return in_file; },
            [this](const Options& changed) { applied.push_back(changed); }};
  }
  static void set_watchdog(const char* usec) {
    setenv("WATCHDOG_USEC", usec, 1);
    setenv("WATCHDOG_PID", std::to_string(getpid()).c_str(), 1);
  }
  void hang_up() {
    kill(getpid(), SIGHUP);
    ASSERT_TRUE(loop.wait_until(SteadyTime::max()));
  }
  [[nodiscard]] std::string log() const { return read_text(dir / "log"); }
  [[nodiscard]] bool log_has(const std::string& text) const {
    return log().find(text) != std::string::npos;
  }

  test::LogCapture puts_the_logger_back;
  test::TempDir dir;
  test::NotifySocket socket;
  EventLoop loop = loop_without_terminal();
  Options options;
  tl::expected<Options, EarlyExit> in_file;
  std::optional<ServiceManager> manager;
  std::vector<Options> applied;
};

Progress after(std::uint64_t rounds) {
  return {.rounds = rounds, .tasks = 3};
}

TEST_F(Supervision, ReadyIsSaid) {
  supervise().ready();
  EXPECT_EQ(socket.received(), (Messages{"READY=1\nSTATUS=ready, no round is done yet"}));
}

TEST_F(Supervision, StopIsSaid) {
  supervise().stopping();
  EXPECT_EQ(socket.received(), (Messages{"STOPPING=1\nSTATUS=stopping"}));
}

TEST_F(Supervision, WatchdogIsAskedForALongerTimeThanAnyGoodRoundTakes) {
  options.interval = 86400s;
  options.command_timeout = 100s;
  set_watchdog("60000000");
  supervise().ready();
  EXPECT_EQ(socket.received().at(0).find("READY=1\nWATCHDOG_USEC=87268000000\n"), 0U);
  EXPECT_EQ(longest_silence(options), 86400s + 8 * 101s + 60s);
}

TEST_F(Supervision, WatchdogsTimeIsNeverShorterThanTheUnitsOwn) {
  set_watchdog("3600000000");
  supervise().ready();
  EXPECT_EQ(socket.received().at(0).find("READY=1\nWATCHDOG_USEC=3600000000\n"), 0U);
}

TEST_F(Supervision, FinishedRoundFeedsTheWatchdogAndTellsHowItGoes) {
  auto supervisor = supervise();
  supervisor.round_done(after(1), loop.now());
  supervisor.round_done({.rounds = 12,
                         .tasks = 1,
                         .skipped = 2,
                         .last_overrun = Progress::Overrun{.round = 7, .took = 12s}},
                        loop.now() + 1s);
  EXPECT_EQ(socket.received(),
            (Messages{"WATCHDOG=1\nSTATUS=1 round done, 3 tasks; 0 skipped",
                      "WATCHDOG=1\nSTATUS=12 rounds done, 1 task; 2 skipped, the last overrun was "
                      "round 7, which took 12.000 s"}));
}

TEST_F(Supervision, TasksWithoutAValidReadingAreInTheStatus) {
  supervise().round_done({.rounds = 1, .tasks = 3, .silent_tasks = 2}, loop.now());
  EXPECT_EQ(socket.received(),
            (Messages{"WATCHDOG=1\nSTATUS=1 round done, 3 tasks (2 without a valid reading); 0 "
                      "skipped"}));
}

TEST_F(Supervision, ManagerHearsOfRoundsOnceASecondAtMost) {
  auto supervisor = supervise();
  const SteadyTime start = loop.now();
  for (int i = 0; i < 31; ++i) {
    supervisor.round_done(after(static_cast<std::uint64_t>(i) + 1), start + i * 100ms);
  }
  EXPECT_EQ(socket.received().size(), 4U);
}

TEST_F(Supervision, WithoutSighupNothingIsReadAgain) {
  auto supervisor = supervise();
  in_file->interval = 7s;
  EXPECT_EQ(supervisor.new_interval(), std::nullopt);
  EXPECT_TRUE(applied.empty());
  EXPECT_TRUE(socket.received().empty());
}

TEST_F(Supervision, SettingsThatChangeAreTakenOverAndNamed) {
  auto supervisor = supervise();
  in_file->interval = 7500ms;
  in_file->log_level = LogLevel::debug;
  in_file->command_timeout = 20s;
  in_file->container_prefix = "p";
  in_file->task_root = "/t";
  hang_up();
  EXPECT_EQ(supervisor.new_interval(), 7500ms);
  ASSERT_EQ(applied.size(), 1U);
  EXPECT_EQ(applied[0].command_timeout, 20s);
  EXPECT_EQ(applied[0].container_prefix, "p");
  EXPECT_EQ(applied[0].task_root, "/t");
  EXPECT_TRUE(spdlog::should_log(spdlog::level::debug));
  EXPECT_TRUE(
      log_has("INFO - SIGHUP: the log is opened anew; the.toml is read again: interval is "
              "now 7.5 s, was 5 s; log-level is now DEBUG, was INFO; task-root is now "
              "\"/t\", was \"/data/PRG/RCall\"; container-prefix is now \"p\", was "
              "\"wemol_rc_task\"; command-timeout is now 20 s, was 10 s\n"))
      << log();
  hang_up();
  EXPECT_EQ(supervisor.new_interval(), std::nullopt) << "not once more";
  EXPECT_TRUE(log_has("the.toml changes nothing")) << log();
}

TEST_F(Supervision, ReloadIsToldWithItsBeginAndItsEnd) {
  set_watchdog("1000000");
  auto supervisor = supervise();
  in_file->interval = 100s;
  hang_up();
  (void)supervisor.new_interval();
  const Messages messages = socket.received();
  ASSERT_EQ(messages.size(), 2U);
  EXPECT_EQ(messages[0].find("RELOADING=1\nMONOTONIC_USEC="), 0U) << messages[0];
  EXPECT_EQ(messages[1], "READY=1\nWATCHDOG_USEC=248000000");
}

TEST_F(Supervision, WhatNeedsARestartStaysAndIsAWarning) {
  auto supervisor = supervise();
  in_file->output_dir = "/elsewhere";
  in_file->source = SourceKind::native;
  in_file->rounds = 9;
  hang_up();
  EXPECT_EQ(supervisor.new_interval(), std::nullopt);
  EXPECT_EQ(applied.at(0).output_dir, "module_resource");
  EXPECT_EQ(applied.at(0).source, SourceKind::docker_cli);
  EXPECT_EQ(applied.at(0).rounds, 0U);
  EXPECT_TRUE(
      log_has("WARNING - the.toml: output-dir is \"/elsewhere\" there, and stays "
              "\"module_resource\" until the recorder is started again\n"))
      << log();
  EXPECT_TRUE(log_has("WARNING - the.toml: source is native there, and stays docker-cli"));
  EXPECT_TRUE(log_has("WARNING - the.toml: rounds is 9 there, and stays 0"));
}

TEST_F(Supervision, SourceThatIsStillAutoIsNoChange) {
  options.source = SourceKind::automatic;
  auto supervisor = supervise();
  in_file->source = SourceKind::automatic;
  hang_up();
  (void)supervisor.new_interval();
  EXPECT_TRUE(log_has("the.toml changes nothing")) << log();
  in_file->source = SourceKind::native;
  hang_up();
  (void)supervisor.new_interval();
  EXPECT_TRUE(log_has("WARNING - the.toml: source is native there, and stays auto")) << log();
}

TEST_F(Supervision, BadFileIsRefusedInOneLineAndAllStays) {
  auto supervisor = supervise();
  in_file = tl::make_unexpected(EarlyExit{2, "--interval: takes seconds, not \"x\""});
  hang_up();
  EXPECT_EQ(supervisor.new_interval(), std::nullopt);
  EXPECT_TRUE(applied.empty());
  EXPECT_TRUE(
      log_has("ERROR - SIGHUP: the settings of the.toml are refused, and all stay as they were: "
              "--interval: takes seconds, not \"x\"\n"))
      << log();
  EXPECT_EQ(socket.received().size(), 2U) << "the manager waits for the end of the reload";
}

TEST_F(Supervision, LogFileThatWasMovedAwayIsBegunAnew) {
  auto supervisor = supervise();
  hang_up();
  (void)supervisor.new_interval();
  std::filesystem::rename(dir / "log", dir / "log.old");
  hang_up();
  (void)supervisor.new_interval();
  spdlog::info("after");
  EXPECT_TRUE(log_has("after"));
  EXPECT_EQ(read_text(dir / "log.old").find("after"), std::string::npos);
}

TEST_F(Supervision, WithoutAFileOnlyTheLogIsOpenedAnew) {
  options.config_file.clear();
  in_file = tl::make_unexpected(EarlyExit{2, "must not be read"});
  auto supervisor = supervise();
  hang_up();
  EXPECT_EQ(supervisor.new_interval(), std::nullopt);
  EXPECT_TRUE(
      log_has("INFO - SIGHUP: the log is opened anew; there is no settings file (--config) "
              "to read again\n"))
      << log();
}

TEST_F(Supervision, ManagerThatCannotBeToldIsAWarningOnce) {
  setenv("NOTIFY_SOCKET", "/nonexistent/socket", 1);
  auto supervisor = supervise();
  supervisor.ready();
  supervisor.round_done(after(1), loop.now());
  EXPECT_EQ(puts_the_logger_back.count("warning the service manager cannot be told"), 1U);
}

}  // namespace
}  // namespace wemol
