#include <algorithm>

#include "recorder_fixture.h"

namespace wemol::e2e {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

class Stopping : public RecorderTest {
 protected:
  /// Sends the signal and expects a clean end within a second.
  static void expect_clean_end(RecorderProcess& recorder, int signal) {
    const auto sent = Clock::now();
    recorder.send(signal);
    EXPECT_EQ(recorder.wait(), 0);
    EXPECT_LT(Clock::now() - sent, scaled(1s));
    EXPECT_EQ(recorder.lines_with("- INFO - stopped after "), 1U);
  }
};

TEST_F(Stopping, sigterm_in_mid_round_ends_it_within_a_second_with_its_children) {
  engine().run("wemol_rc_task_132171_1_1");
  RecorderProcess& recorder = start_recorder({"--interval", "0.1", "--command-timeout", "1000"});
  ASSERT_TRUE(wait_for_rows(1, "132171"));
  const auto pids = folder().parent_path() / "pids";
  tools().put_script("nvidia-smi", hanging_script(pids));
  tools().put_script("docker", "if [ \"$1\" != stats ]; then exec \"$docker\" \"$@\"; fi\n" +
                                   hanging_script(pids));
  ASSERT_TRUE(eventually([&] { return pids_in(pids).size() == 4; }));
  const std::size_t finished = rows("132171").size();
  expect_clean_end(recorder, SIGTERM);
  EXPECT_EQ(rows("132171").size(), finished);
  for (const pid_t pid : pids_in(pids)) {
    EXPECT_TRUE(eventually([&] { return !is_alive(pid); })) << pid;
  }
}

TEST_F(Stopping, sigterm_while_real_readings_are_taken_leaves_whole_rows) {
  for (int i = 0; i < 5; ++i) {
    engine().run("wemol_rc_task_" + std::to_string(132171 + i) + "_1_1");
  }
  const auto asked = folder().parent_path() / "asked";
  tools().put_script("docker", "case \"$1\" in stats) echo >> " + asked.string() +
                                   " ;; esac\nexec \"$docker\" \"$@\"\n");
  RecorderProcess& recorder = start_recorder({"--interval", "0.1"});
  ASSERT_TRUE(eventually([&] { return read_text(asked).size() >= 2; }));
  expect_clean_end(recorder, SIGTERM);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(rows(std::to_string(132171 + i)).size(), 1U);
  }
}

TEST_F(Stopping, sigint_between_two_rounds_ends_it_at_once) {
  engine().run("wemol_rc_task_132171_1_1");
  RecorderProcess& recorder = start_recorder({"--interval", "1000", "--log-level", "debug"});
  ASSERT_TRUE(eventually([&] { return recorder.lines_with("- DEBUG - round 1:") == 1; }));
  expect_clean_end(recorder, SIGINT);
  EXPECT_EQ(rows("132171").size(), 1U);
}

TEST_F(Stopping, it_stops_by_itself_after_the_rounds_it_was_told) {
  engine().run("wemol_rc_task_132171_1_1");
  RecorderProcess& recorder = record_rounds(2);
  EXPECT_EQ(rows("132171").size(), 2U);
  EXPECT_EQ(recorder.lines_with("- INFO - stopped after 2 rounds with 2 rows"), 1U);
}

TEST_F(Stopping, a_second_recorder_of_the_same_folder_names_the_first_and_leaves_it_alone) {
  engine().run("wemol_rc_task_132171_1_1");
  RecorderProcess& first = start_recorder({"--interval", "0.1"});
  ASSERT_TRUE(wait_for_rows(1, "132171"));
  RecorderProcess& second = start_recorder({"--interval", "0.1"});
  EXPECT_EQ(second.wait(), 1);
  EXPECT_NE(second.log().find("pid " + std::to_string(first.pid()) + ")"), std::string::npos);
  EXPECT_TRUE(wait_for_more_rows(1, "132171"));
  RecorderProcess& elsewhere = record_rounds(1, {"--output-dir", "other"});
  EXPECT_EQ(elsewhere.lines_with("another recorder"), 0U);
  EXPECT_EQ(first.stop(), 0);
  record_rounds(1);  // the folder is free again
}

TEST_F(Stopping, a_recorder_that_was_killed_leaves_no_command_and_no_lock) {
  engine().run("wemol_rc_task_132171_1_1");
  const auto pids = folder().parent_path() / "pids";
  tools().put_script("nvidia-smi", "echo $$ >> " + pids.string() + "\nexec sleep 100000\n");
  RecorderProcess& recorder = start_recorder({"--command-timeout", "1000"});
  ASSERT_TRUE(eventually([&] { return pids_in(pids).size() == 1; }));
  recorder.send(SIGKILL);
  EXPECT_EQ(recorder.wait(), -SIGKILL);
  EXPECT_TRUE(eventually([&] { return !is_alive(pids_in(pids)[0]); }));
  tools().remove("nvidia-smi");
  record_rounds(1);
  EXPECT_EQ(rows("132171").size(), 1U);
}

}  // namespace
}  // namespace wemol::e2e
