#include <csignal>

#include "keeper.h"
#include "kept_try.h"

namespace wemol::queue {
namespace {

using namespace std::chrono_literals;

class KeeperEnding : public KeptTry {
 protected:
  [[nodiscard]] bool is_anything_left() const { return !processes_of_try(uni_id_).empty(); }
};

TEST_F(KeeperEnding, ATryIsOverWhenItsBackgroundProcessesAre) {
  start(order({"setsid nohup sh -c 'while [ ! -e go ]; do sleep 0.02; done; echo late' &"}));
  ASSERT_TRUE(wait_for([&] { return is_anything_left(); }));
  loop.run_until([] { return false; }, loop.now() + 200ms);
  EXPECT_TRUE(is_alive(keeper_));
  test::write_text(folder / "go", "");
  const TryResult result = finish();
  EXPECT_TRUE(result.has_succeeded) << result.text;
  EXPECT_EQ(text("logs/17.log"), "late\n");
}

TEST_F(KeeperEnding, ADaemonCountsToo) {
  start(
      order({"python3 -c 'import os,time\n"
             "if os.fork(): os._exit(0)\n"
             "os.setsid()\n"
             "if os.fork(): os._exit(0)\n"
             "for fd in range(3): os.close(fd)\n"
             "open(\"daemon\",\"w\").write(\"x\")\n"
             "while not os.path.exists(\"go\"): time.sleep(0.02)\n"
             "open(\"end\",\"w\").write(\"x\")'"}));
  ASSERT_TRUE(wait_for_file("daemon"));
  EXPECT_TRUE(is_alive(keeper_));
  test::write_text(folder / "go", "");
  EXPECT_TRUE(finish().has_succeeded);
  EXPECT_EQ(text("end"), "x");
}

TEST_F(KeeperEnding, AFailureInTheBackgroundIsToldOf) {
  const TryResult result = run(order({"sh -c 'sleep 0.1; exit 5' & true"}));
  EXPECT_TRUE(result.has_succeeded);
  EXPECT_NE(result.text.find("1 process that it had started in the background did not succeed"),
            std::string::npos)
      << result.text;
}

TEST_F(KeeperEnding, ATimeoutEndsTheCommandWithItsChildren) {
  TryOrder what = order({"sleep 600 & sleep 601; true", "echo never"});
  what.command_timeout = 300ms;
  const TryResult result = run(what);
  EXPECT_EQ(result.failure, Failure::timeout);
  EXPECT_NE(result.text.find("command 1 of 2 took longer than command_timeout, 0.3 s"),
            std::string::npos)
      << result.text;
  EXPECT_FALSE(is_anything_left());
  EXPECT_EQ(text("logs/17.log").find("never"), std::string::npos);
}

TEST_F(KeeperEnding, ATimeoutIsOfEachCommand) {
  TryOrder what = order({"sleep 0.4", "sleep 0.4", "sleep 0.4"});
  what.command_timeout = 1s;
  EXPECT_TRUE(run(what).has_succeeded);
}

TEST_F(KeeperEnding, ATimeoutBoundsWhatTheLastCommandHasStarted) {
  TryOrder what = order({"sleep 600 &"});
  what.command_timeout = 300ms;
  EXPECT_EQ(run(what).failure, Failure::timeout);
  EXPECT_FALSE(is_anything_left());
}

TEST_F(KeeperEnding, ARequestEndsAllOfIt) {
  start(order({"setsid sleep 600 & echo begun > begun; sleep 601", "echo never"}));
  ASSERT_TRUE(wait_for_file("begun"));
  ASSERT_TRUE(end_try(keeper_));
  const TryResult result = finish();
  EXPECT_FALSE(result.has_succeeded);
  EXPECT_EQ(result.failure, Failure::signal);
  EXPECT_EQ(result.code, SIGTERM);
  EXPECT_NE(result.text.find("sleep"), std::string::npos) << result.text;
  EXPECT_FALSE(is_anything_left());
}

TEST_F(KeeperEnding, WhatIgnoresTheRequestIsKilled) {
  start(order({"trap '' TERM; echo begun > begun; while true; do sleep 0.02; done"}));
  ASSERT_TRUE(wait_for_file("begun"));
  ASSERT_TRUE(end_try(keeper_));
  const TryResult result = finish();
  EXPECT_NE(result.text.find("had to be killed"), std::string::npos) << result.text;
  EXPECT_FALSE(is_anything_left());
}

TEST_F(KeeperEnding, ASecondRequestKillsAtOnce) {
  TryOrder what = order({"trap '' TERM; echo begun > begun; while true; do sleep 0.02; done"});
  what.ending_time = 10min;
  start(what);
  ASSERT_TRUE(wait_for_file("begun"));
  ASSERT_TRUE(end_try(keeper_));
  loop.run_until([] { return false; }, loop.now() + 100ms);
  EXPECT_TRUE(is_alive(keeper_));
  ASSERT_TRUE(end_try(keeper_));
  EXPECT_FALSE(finish().has_succeeded);
}

TEST_F(KeeperEnding, WhatIsStoppedEndsToo) {
  TryOrder what = order({"echo begun > begun; kill -STOP $$"});
  what.ending_time = 10min;  // it ends by SIGTERM, once it goes on
  start(what);
  ASSERT_TRUE(wait_for_file("begun"));
  ASSERT_TRUE(end_try(keeper_));
  EXPECT_FALSE(finish().has_succeeded);
}

TEST_F(KeeperEnding, WhatForksMeanwhileEndsToo) {
  // Each process hands over to a new one and ignores the request.
  start(
      order({"trap '' TERM; echo 'trap \"\" TERM; sleep 0.01; setsid sh again & ' > again;"
             "setsid sh again & setsid sh again & setsid sh again & echo begun > begun; wait"}));
  ASSERT_TRUE(wait_for_file("begun"));
  ASSERT_TRUE(end_try(keeper_));
  EXPECT_FALSE(finish().has_succeeded);
  EXPECT_FALSE(is_anything_left());
}

TEST_F(KeeperEnding, AFailedTryLeavesNothingBesideTheNextOne) {
  const TryResult result = run(order({"setsid sleep 600 & exit 4"}));
  EXPECT_EQ(result.code, 4);
  EXPECT_NE(result.text.find("; ended: "), std::string::npos) << result.text;
  EXPECT_FALSE(is_anything_left());
}

TEST_F(KeeperEnding, WhatAKilledKeeperLeavesIsFoundAndEnded) {
  start(order({"echo begun > begun; sleep 600"}));
  ASSERT_TRUE(wait_for_file("begun"));
  ASSERT_EQ(send_signal(keeper_, SIGKILL), 0);
  ASSERT_TRUE(wait_for([&] { return !is_alive(keeper_); }));
  const auto result = read_result(folder / "state", uni_id_);
  ASSERT_TRUE(result);
  EXPECT_FALSE(*result) << "a reserved file is none";
  EXPECT_FALSE(end_leftovers(uni_id_).empty());
  EXPECT_TRUE(wait_for([&] { return !is_anything_left(); }));
}

}  // namespace
}  // namespace wemol::queue
