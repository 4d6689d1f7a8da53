#include <future>
#include <map>

#include "recorder_fixture.h"

namespace wemol::e2e {
namespace {

/// How tasks come and go under the native source.
class NativeLives : public RecorderTest {
 protected:
  void TearDown() override {
    RecorderTest::TearDown();
    if (!IsSkipped() && engine().docker({"version"}).status != 0) {
      EXPECT_EQ(engine().start(), "");
    }
  }
  static std::string name_of(int task) { return "wemol_rc_task_" + std::to_string(task) + "_1_1"; }
};

TEST_F(NativeLives, every_one_of_50_short_tasks_has_its_row_and_its_end_in_the_ledger) {
  // A busy machine tells of the start of a task of 0.1 s when it is over.
  constexpr int kMissedAtMost = 5;
  constexpr int kFirst = 1000;
  constexpr int kTasks = 50;
  constexpr int kAtOnce = 4;
  RecorderProcess& recorder = start_recorder({"--source", "native", "--interval", "5"});
  ASSERT_TRUE(eventually([&] { return recorder.lines_with("no task container is running") == 1; }));
  std::vector<std::future<void>> starters;
  for (int starter = 0; starter < kAtOnce; ++starter) {
    starters.push_back(std::async(std::launch::async, [&, starter] {
      for (int task = starter; task < kTasks; task += kAtOnce) {
        // From 0.1 to 2 s, the short ones and the long ones mixed.
        const int tenths = 1 + (task * 7) % 20;
        engine().must_docker({"run", "--rm", "--detach", "--network", "none", "--name",
                              name_of(kFirst + task), DockerEngine::image(), "sleep",
                              std::to_string(tenths / 10) + "." + std::to_string(tenths % 10)});
      }
    }));
  }
  for (auto& starter : starters) {
    starter.get();
  }
  EXPECT_TRUE(eventually([&] { return engine().must_docker({"ps", "--quiet"}).empty(); }));
  EXPECT_EQ(recorder.stop(), 0);
  int missed = 0;
  for (int task = kFirst; task < kFirst + kTasks; ++task) {
    if (rows(std::to_string(task)).empty()) {
      ++missed;
      EXPECT_EQ(recorder.lines_with(name_of(task) + " had ended before it could be looked at"), 1U);
    }
  }
  EXPECT_LE(missed, kMissedAtMost);
  EXPECT_EQ(
      recorder.lines_with("; " + std::to_string(missed) + " tasks had ended before they were"), 1U);
  std::map<std::string, int> ends;
  for (const Row& row : read_csv(csv("Unknown_Module", "summary"), kLedgerHeader)) {
    ++ends[row.at("container")];
    EXPECT_EQ(row.at("exit_code"), "0") << row.at("container");
  }
  for (int task = kFirst; task < kFirst + kTasks; ++task) {
    EXPECT_EQ(ends[name_of(task)], 1) << name_of(task);
  }
}

TEST_F(NativeLives, last_row_holds_the_whole_use_of_a_task_between_two_rounds) {
  RecorderProcess& recorder = start_recorder({"--source", "native", "--interval", "60"});
  ASSERT_TRUE(eventually([&] { return recorder.lines_with("no task container is running") == 1; }));
  engine().must_docker(
      {"run", "--rm", "--network", "none", "--tmpfs", "/tmp:size=64m", "--name", name_of(132171),
       DockerEngine::image(), "sh", "-c",
       "dd if=/dev/zero of=/tmp/held bs=1M count=30; i=0; while [ $i -lt 300000 ]; do i=$((i+1)); "
       "done; sleep 1"});
  EXPECT_EQ(recorder.stop(), 0);
  ASSERT_EQ(rows("132171").size(), 1U);
  const Row row = rows("132171").front();
  EXPECT_GT(std::stod(row.at("cpu_percent")), 3.0);
  EXPECT_TRUE(row.at("mem_usage").starts_with("3")) << row.at("mem_usage");
  EXPECT_NE(row.at("mem_usage").find("MiB / "), std::string::npos) << "not what the end has left";
  EXPECT_EQ(row.at("gpu_count"), "N/A") << "nobody could look";
  EXPECT_EQ(recorder.lines_with("ends of tasks: 1 read in time, 0 too late") +
                recorder.lines_with("ends of tasks: 0 read in time, 1 too late"),
            1U);
}

TEST_F(NativeLives, a_restarted_container_goes_on_in_its_file_with_a_new_span) {
  engine().run(name_of(132171), {"sh", "-c",
                                 "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; "
                                 "sleep 100000"});
  RecorderProcess& recorder = start_recorder({"--source", "native", "--interval", "0.2"});
  ASSERT_TRUE(wait_for_rows(3, "132171"));
  engine().must_docker({"restart", "--time", "0", name_of(132171)});
  ASSERT_TRUE(wait_for_more_rows(5, "132171"));
  EXPECT_EQ(recorder.stop(), 0);
  for (const Row& row : rows("132171")) {
    EXPECT_GE(std::stod(row.at("cpu_percent")), 0) << row.at("timestamp");
  }
  // On a busy machine the kernel may be quicker, which is counted.
  EXPECT_EQ(recorder.lines_with("ends of tasks: 1 read in time, 0 too late") +
                recorder.lines_with("ends of tasks: 0 read in time, 1 too late"),
            1U);
}

TEST_F(NativeLives, a_renamed_container_is_recorded_under_its_new_name) {
  engine().run("not_a_task");
  RecorderProcess& recorder = start_recorder({"--source", "native", "--interval", "0.2"});
  ASSERT_TRUE(eventually([&] { return recorder.lines_with("no task container is running") == 1; }));
  engine().must_docker({"rename", "not_a_task", name_of(132171)});
  ASSERT_TRUE(wait_for_rows(1, "132171"));
  engine().must_docker({"rename", name_of(132171), name_of(132172)});
  EXPECT_TRUE(wait_for_rows(1, "132172"));
  EXPECT_EQ(recorder.stop(), 0);
}

TEST_F(NativeLives, running_tasks_are_recorded_while_the_engine_is_away_and_new_ones_after) {
  const std::string id = engine().run(name_of(132171));
  RecorderProcess& recorder = start_recorder({"--source", "native", "--interval", "0.1"});
  ASSERT_TRUE(wait_for_rows(1, "132171"));
  engine().crash();
  ASSERT_TRUE(eventually([&] { return recorder.lines_with("- ERROR - the docker engine") == 1; }));
  EXPECT_TRUE(wait_for_more_rows(5, "132171")) << "its processes live on";
  ASSERT_EQ(engine().start(), "");
  engine().run(name_of(132172));
  EXPECT_TRUE(wait_for_rows(2, "132172"));
  engine().must_docker({"start", id});
  EXPECT_TRUE(wait_for_more_rows(2, "132171"));
  EXPECT_EQ(recorder.stop(), 0);
  EXPECT_EQ(recorder.lines_with("- ERROR - the docker engine"), 1U);
  EXPECT_EQ(recorder.lines_with("rounds: the docker engine"), 1U) << "nor when it has come back";
}

TEST_F(NativeLives, an_engine_that_is_away_at_the_start_is_an_error_and_its_tasks_come_later) {
  engine().stop();
  RecorderProcess& recorder = start_recorder({"--source", "native", "--interval", "0.1"});
  ASSERT_TRUE(eventually([&] { return recorder.lines_with("- ERROR - the docker engine") == 1; }));
  ASSERT_EQ(engine().start(), "");
  engine().run(name_of(132171));
  EXPECT_TRUE(wait_for_rows(2, "132171"));
  EXPECT_EQ(recorder.stop(), 0);
}

TEST_F(NativeLives, the_log_tells_of_a_task_that_has_used_up_its_memory) {
  RecorderProcess& recorder = start_recorder({"--source", "native", "--interval", "0.2"});
  ASSERT_TRUE(eventually([&] { return recorder.lines_with("no task container is running") == 1; }));
  engine().docker({"run", "--network", "none", "--memory", "16m", "--name", name_of(132171),
                   DockerEngine::image(), "sh", "-c",
                   "sleep 1; dd if=/dev/zero of=/dev/null bs=64M count=1; sleep 1"});
  EXPECT_TRUE(eventually([&] {
    return recorder.lines_with(name_of(132171) + " has used up its memory") == 1;
  })) << recorder.log();
  EXPECT_EQ(recorder.stop(), 0);
}

}  // namespace
}  // namespace wemol::e2e
