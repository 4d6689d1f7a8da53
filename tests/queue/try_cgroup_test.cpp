#include "try_cgroup.h"

#include <sys/wait.h>

#include <algorithm>
#include <csignal>

#include <fmt/format.h>

#include "kept_try.h"
#include "own_cgroup.h"

namespace wemol::queue {
namespace {

using namespace std::chrono_literals;

TEST(TryCgroupPlace, IsNotMadeWhereNothingIsDelegated) {
  const test::TempDir folder;
  EXPECT_FALSE(TryCgroup::make(folder.path(), "compete_1"));
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  auto root = own_cgroup();
  while (root && std::filesystem::exists(*root / "cgroup.events")) {
    root = root->parent_path();
  }
  if (root && std::filesystem::exists(*root / "cgroup.procs")) {
    EXPECT_FALSE(TryCgroup::make(*root, "compete_1")) << *root;
  }
}

/// Tries whose keepers may make groups.
class TryInCgroup : public KeptTry {
 protected:
  void SetUp() override {
    if (const std::string missing = own.what_is_missing(); !missing.empty()) {
      GTEST_SKIP() << missing;
    }
  }
  void TearDown() override {
    KeptTry::TearDown();
    EXPECT_TRUE(wait_for([&] { return !is_alive(keeper_); }));
    EXPECT_EQ(groups(), std::vector<std::string>()) << "a folder was left behind";
  }

  [[nodiscard]] std::vector<std::string> groups() const {
    return TryCgroup::tries_in(own.folder());
  }
  [[nodiscard]] std::optional<TryCgroup> group() const {
    return TryCgroup::find(own.folder(), uni_id_);
  }
  [[nodiscard]] bool holds(const std::string& name) const {
    const auto found = group();
    const auto processes = found ? found->processes() : std::vector<ProcessEntry>();
    return std::ranges::find(processes, name, &ProcessEntry::name) != processes.end();
  }
  void kill_keeper() {
    ASSERT_EQ(send_signal(keeper_, SIGKILL), 0);
    ASSERT_TRUE(wait_for([&] { return !is_alive(keeper_); }));
  }

  OwnCgroup own;
};

/// Two forks and a session of its own between, that it is nobody's child, and no heed to SIGTERM.
constexpr const char* kDaemon =
    "python3 -c 'import os,signal,time\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "if os.fork(): os._exit(0)\n"
    "os.setsid()\n"
    "if os.fork(): os._exit(0)\n"
    "open(\"daemon\",\"w\").write(str(os.getpid()))\n"
    "time.sleep(600)'";

TEST_F(TryInCgroup, ADaemonIsInItAndEndsWithIt) {
  start(order({kDaemon}));
  ASSERT_TRUE(wait_for_file("daemon"));
  EXPECT_TRUE(wait_for([&] { return group() && group()->processes().size() == 1; }));
  EXPECT_EQ(std::to_string(group()->processes().at(0).id.pid), text("daemon"));
  ASSERT_TRUE(end_try(keeper_));
  const TryResult result = finish();
  EXPECT_NE(result.text.find("had to be killed: python3"), std::string::npos) << result.text;
  EXPECT_FALSE(process_at(std::stoi(text("daemon"))));
}

TEST_F(TryInCgroup, TheKeeperStaysOutside) {
  start(order({"sleep 600"}));
  ASSERT_TRUE(wait_for([&] { return holds("sleep"); }));
  EXPECT_FALSE(holds("wemol-queue"));
  ASSERT_TRUE(end_try(keeper_));
  finish();
}

TEST_F(TryInCgroup, EachCommandIsInIt) {
  const TryResult result = run(order({"tail -n1 /proc/self/cgroup", "tail -n1 /proc/self/cgroup"}));
  EXPECT_TRUE(result.has_succeeded) << result.text;
  const std::string line = "/wemol-queue-" + uni_id_ + "\n";
  const std::string log = text("logs/17.log");
  const std::size_t first = log.find(line);
  ASSERT_NE(first, std::string::npos) << log;
  EXPECT_NE(log.find(line, first + 1), std::string::npos) << log;
}

/// Processes that fork and end, faster than their pids can be listed and signalled one by one.
constexpr const char* kStorm =
    "exec python3 -c 'import os,signal\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "for i in range(8):\n"
    "  if os.fork() == 0:\n"
    "    os.setsid()\n"
    "    while True:\n"
    "      if os.fork(): os._exit(0)\n"
    "open(\"begun\",\"w\").write(\"x\")'";

TEST_F(TryInCgroup, AStormOfForksEndsAtOnce) {
  TryOrder what = order({kStorm});
  what.ending_time = 50ms;
  start(what);
  ASSERT_TRUE(wait_for_file("begun"));
  ASSERT_TRUE(end_try(keeper_));
  EXPECT_NE(finish().text.find("had to be killed"), std::string::npos);
}

TEST_F(TryInCgroup, WhatAKilledKeeperLeavesIsFoundWithoutItsEnvironment) {
  start(order({"env -i setsid sh -c 'sleep 600; true' & echo begun > begun; sleep 601"}));
  ASSERT_TRUE(wait_for([&] { return group() && group()->processes().size() >= 4; }));
  kill_keeper();
  EXPECT_GE(end_leftovers(uni_id_).size(), 4U);
  EXPECT_EQ(groups(), std::vector<std::string>());
}

TEST_F(TryInCgroup, AStormThatAKilledKeeperLeavesEnds) {
  start(order({kStorm}));
  ASSERT_TRUE(wait_for_file("begun"));
  kill_keeper();
  (void)end_leftovers(uni_id_);
  EXPECT_EQ(groups(), std::vector<std::string>());
}

TEST_F(TryInCgroup, ASchedulerThatWasStartedElsewhereFindsItByAProcess) {
  start(order({"env -i setsid sleep 600 & sleep 601"}));
  ASSERT_TRUE(wait_for([&] { return group() && group()->processes().size() >= 3; }));
  kill_keeper();
  own.leave();
  EXPECT_GE(end_leftovers(uni_id_).size(), 3U);
  EXPECT_EQ(groups(), std::vector<std::string>());
}

TEST_F(TryInCgroup, GroupsThatAJobMakesGoWithIt) {
  start(order({"group=" + own.folder().string() +
               "/wemol-queue-$UNI_ID/inner; "
               "mkdir $group && echo 0 > $group/cgroup.procs && echo begun > begun; sleep 600"}));
  ASSERT_TRUE(wait_for_file("begun"));
  ASSERT_TRUE(wait_for([&] { return holds("sleep"); }));
  ASSERT_TRUE(end_try(keeper_));
  finish();
}

TEST_F(TryInCgroup, SomebodyElsesChildInItCountsToo) {
  TryOrder what = order({"while [ ! -e go ]; do sleep 0.02; done"});
  what.ending_time = 1min;  // it ends by SIGTERM
  start(what);
  ASSERT_TRUE(wait_for([&] { return group() && group()->is_populated(); }));
  const pid_t child = fork();
  if (child == 0) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);  // the loop blocks SIGTERM
    _exit(group()->enter() ? pause() : 1);
  }
  ASSERT_TRUE(wait_for([&] {
    return std::ranges::count(group()->processes(), child,
                              [](const auto& p) { return p.id.pid; }) == 1;
  }));
  test::write_text(folder / "go", "");
  loop.run_until([] { return false; }, loop.now() + 200ms);
  EXPECT_TRUE(is_alive(keeper_));
  ASSERT_TRUE(end_try(keeper_));
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM) << status;
  const TryResult result = finish();
  EXPECT_EQ(result.failure, Failure::signal);
  EXPECT_NE(result.text.find(fmt::format("({})", child)), std::string::npos) << result.text;
}

TEST_F(TryInCgroup, EmptyGroupsOfKeepersThatAreGoneAreRemoved) {
  start(order({"sleep 600"}));
  ASSERT_TRUE(wait_for([&] { return holds("sleep"); }));
  ASSERT_TRUE(TryCgroup::make(own.folder(), "compete_gone"));
  remove_stale_cgroups();
  EXPECT_EQ(groups(), std::vector{uni_id_});
  ASSERT_TRUE(end_try(keeper_));
  finish();
}

}  // namespace
}  // namespace wemol::queue
