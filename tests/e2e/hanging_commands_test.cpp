#include <algorithm>

#include "recorder_fixture.h"

namespace wemol::e2e {
namespace {

/// One outside command hangs, with a child, and takes no notice of SIGTERM.
class HangingCommands : public RecorderTest {
 protected:
  void SetUp() override {
    RecorderTest::SetUp();
    if (!IsSkipped() && !HasFailure()) {
      engine().run("wemol_rc_task_gpu_132171_1_1");
    }
  }

  [[nodiscard]] std::filesystem::path pids() const { return folder().parent_path() / "pids"; }

  void put_docker_that_hangs_at(const std::string& command) const {
    tools().put_script("docker", "if [ \"$1\" != " + command +
                                     " ]; then exec \"$docker\" \"$@\"; fi\n" +
                                     hanging_script(pids()));
  }

  RecorderProcess& start_impatient_recorder() {
    // docker stats itself needs two seconds.
    return start_recorder({"--interval", "0.2", "--command-timeout", "4"});
  }

  [[nodiscard]] bool wait_for_a_hang() const {
    return eventually([&] { return pids_in(pids()).size() >= 2; });
  }

  /// Whether the first call that hung has been ended, with its child.
  [[nodiscard]] bool wait_for_its_end() const {
    const std::vector<pid_t> all = pids_in(pids());
    return eventually([&] { return !is_alive(all[0]) && !is_alive(all[1]); });
  }

  void expect_nothing_left_over() const {
    const std::vector<pid_t> all = pids_in(pids());
    EXPECT_TRUE(eventually([&] { return std::ranges::none_of(all, is_alive); }));
  }
};

TEST_F(HangingCommands, docker_ps_is_ended_with_its_children_and_recording_goes_on) {
  put_docker_that_hangs_at("ps");
  RecorderProcess& recorder = start_impatient_recorder();
  ASSERT_TRUE(wait_for_a_hang());
  ASSERT_TRUE(wait_for_its_end());
  ASSERT_TRUE(eventually([&] { return recorder.lines_with("- ERROR - docker ps ") == 1; }));
  tools().put_docker();
  EXPECT_TRUE(wait_for_rows(1, "132171"));
  EXPECT_EQ(recorder.stop(), 0);
  expect_nothing_left_over();
}

TEST_F(HangingCommands, docker_stats_is_ended_with_its_children_and_recording_goes_on) {
  put_docker_that_hangs_at("stats");
  RecorderProcess& recorder = start_impatient_recorder();
  ASSERT_TRUE(wait_for_a_hang());
  ASSERT_TRUE(wait_for_its_end());
  ASSERT_TRUE(eventually([&] { return recorder.lines_with("- ERROR - docker stats ") == 1; }));
  tools().put_docker();
  EXPECT_TRUE(wait_for_rows(1, "132171"));
  EXPECT_EQ(recorder.stop(), 0);
  expect_nothing_left_over();
}

TEST_F(HangingCommands, nvidia_smi_is_ended_with_its_children_and_the_rest_is_recorded) {
  tools().put_script("nvidia-smi", hanging_script(pids()));
  RecorderProcess& recorder = start_impatient_recorder();
  ASSERT_TRUE(wait_for_rows(2, "132171"));
  EXPECT_EQ(rows("132171")[0].at("gpu_count"), "N/A");
  EXPECT_TRUE(wait_for_its_end());
  tools().put_script("nvidia-smi", nvidia_smi_script({gpu(0, "GPU-a")}, {}));
  EXPECT_TRUE(eventually([&] { return rows("132171").back().at("gpu_count") == "0"; }));
  EXPECT_EQ(recorder.stop(), 0);
  EXPECT_EQ(recorder.lines_with("- WARNING - nvidia-smi "), 1U);
  expect_nothing_left_over();
}

TEST_F(HangingCommands, docker_top_is_ended_with_its_children_and_the_rest_is_recorded) {
  put_docker_that_hangs_at("top");
  tools().put_script("nvidia-smi", nvidia_smi_script({gpu(0, "GPU-a")}, {{4999999, "GPU-a"}}));
  RecorderProcess& recorder = start_impatient_recorder();
  ASSERT_TRUE(wait_for_rows(2, "132171"));
  EXPECT_TRUE(wait_for_its_end());
  EXPECT_EQ(recorder.lines_with("- WARNING - docker top "), 1U);
  EXPECT_EQ(recorder.stop(), 0);
  expect_nothing_left_over();
}

TEST_F(HangingCommands, a_command_that_floods_its_output_is_ended_and_recording_goes_on) {
  tools().put_script("nvidia-smi", "echo $$ >> " + pids().string() + "\necho $$ >> " +
                                       pids().string() + "\nexec yes '0, GPU-a'\n");
  RecorderProcess& recorder = start_impatient_recorder();
  ASSERT_TRUE(wait_for_rows(2, "132171"));
  EXPECT_EQ(rows("132171")[0].at("gpu_count"), "N/A");
  EXPECT_TRUE(wait_for_its_end());
  EXPECT_EQ(recorder.stop(), 0);
  expect_nothing_left_over();
}

}  // namespace
}  // namespace wemol::e2e
