// Users of GPUs by the task CSVs of a recorder: a tree that the recorder's own writer has written.

#include <gtest/gtest.h>

#include "device_samples.h"
#include "recorder_source.h"
#include "task_csv_sink.h"
#include "task_holds.h"
#include "temp_dir.h"
#include "text_file.h"
#include "time_zone.h"

namespace wemol::report::daily {
namespace {

using test::header;
using test::kMidnight;
using test::row;

using Names = std::vector<std::string>;

class TaskUsersTest : public testing::Test {
 protected:
  test::TimeZone zone_{"UTC0"};
  test::TempDir dir_;
  RecorderRules rules_{.piece_seconds = 600, .now_epoch = kMidnight + 30 * 86'400};
  Day day_{.date = "2026-03-10", .begin_epoch = kMidnight, .end_epoch = kMidnight + 86'400};
  TaskCsvSink sink_{dir_ / "tasks"};

  /// Rows each `step` seconds, the first and the last one included.
  void record(const std::string& task, const std::string& module, std::vector<unsigned> gpus,
              std::int64_t first, std::int64_t last, std::int64_t step = 5) {
    for (std::int64_t time = first; time <= last; time += step) {
      Snapshot snapshot;
      TaskSample& sample = snapshot.samples.emplace_back();
      sample.task = {"gpu", task, "1"};
      sample.module_name = module;
      sample.container_name = "wemol_rc_task_gpu_" + task + "_1_1";
      sample.stats.read_at = test::at(time);
      auto& uses = sample.gpus.emplace();
      for (const unsigned gpu : gpus) {
        uses.push_back({.uuid = fmt::format("AMD-{}", gpu), .device = test::gpu(gpu, 50)});
      }
      ASSERT_TRUE(sink_.write(snapshot).empty());
    }
  }
  void write_devices(const std::string& rows) {
    test::write_text(dir_ / "devices/2026-03-10.csv", header() + rows);
  }
  NodeDay fetch(const std::filesystem::path& tasks) {
    NodeSettings settings{.name = "n", .url = dir_.path().string(), .tasks = tasks};
    settings.source = SourceKind::recorder;
    return fetch_recorder_days({settings}, {day_}, rules_).at(0).at(0);
  }
};

TEST_F(TaskUsersTest, TasksAreTheUsersWhereNoOwnersAreKnown) {
  record("132178", "MD (GMX2024)", {0, 1}, kMidnight + 3600, kMidnight + 3660);
  record("132180", "AF2", {0}, kMidnight + 1200, kMidnight + 1260);
  write_devices(row(kMidnight + 60, 0, "10", "") + row(kMidnight + 60, 1, "20", "") +
                row(kMidnight + 60, 2, "30", ""));
  const NodeDay day = fetch(dir_ / "tasks");
  ASSERT_EQ(day.cards.size(), 3U);
  EXPECT_FALSE(day.users_failure);
  EXPECT_EQ(day.cards[0].users, (Names{"task 132180", "task 132178"})) << "in order of time";
  ASSERT_EQ(day.cards[0].holds.size(), 2U);
  EXPECT_EQ(day.cards[0].holds[1].begin_epoch, kMidnight + 3600);
  EXPECT_EQ(day.cards[0].holds[1].end_epoch, kMidnight + 3660);
  EXPECT_EQ(day.cards[1].users, Names{"task 132178"});
  EXPECT_FALSE(day.cards[1].are_users_unknown);
  EXPECT_TRUE(day.cards[2].are_users_unknown) << "no task is not nobody";
}

TEST_F(TaskUsersTest, TasksAndOwnersAreJoinedInOrderOfTime) {
  record("7", "m", {0}, kMidnight + 600, kMidnight + 660);
  write_devices(row(kMidnight + 60, 0, "10", "alice") + row(kMidnight + 120, 0, "10", "-") +
                row(kMidnight + 1200, 0, "10", "bob"));
  EXPECT_EQ(fetch(dir_ / "tasks").cards.at(0).users, (Names{"alice", "task 7", "bob"}));
}

TEST_F(TaskUsersTest, WhatTheRecordersOwnHistoryTellsIsTheSameUser) {
  record("7", "m", {0}, kMidnight + 30, kMidnight + 90);
  write_devices(row(kMidnight + 60, 0, "10", "task 7") + row(kMidnight + 120, 0, "10", "task 7"));
  EXPECT_EQ(fetch(dir_ / "tasks").cards.at(0).users, Names{"task 7"});
}

TEST_F(TaskUsersTest, AHoldIsCutAtMidnightAndThoseOfOtherDaysAreNone) {
  record("7", "m", {0}, kMidnight - 600, kMidnight + 60);
  record("8", "m", {0}, kMidnight - 600, kMidnight - 300);
  record("9", "m", {0}, kMidnight + 86'400, kMidnight + 86'500);
  write_devices(row(kMidnight + 60, 0, "10", ""));
  const NodeDay day = fetch(dir_ / "tasks");
  ASSERT_EQ(day.cards.at(0).holds.size(), 1U);
  EXPECT_EQ(day.cards[0].holds[0].user, "task 7");
  EXPECT_EQ(day.cards[0].holds[0].begin_epoch, kMidnight);
}

TEST_F(TaskUsersTest, AFolderThatIsNotThereIsSaidAndCostsOnlyTheTasks) {
  write_devices(row(kMidnight + 60, 0, "10", "alice"));
  const NodeDay day = fetch(dir_ / "nothing");
  EXPECT_FALSE(day.failure);
  EXPECT_EQ(day.cards.at(0).users, Names{"alice"});
  ASSERT_TRUE(day.users_failure);
  EXPECT_NE(day.users_failure->find("nothing"), std::string::npos);
}

TEST_F(TaskUsersTest, AHoldEndsWhereTheRowsBreakOff) {
  record("7", "m", {0}, kMidnight + 60, kMidnight + 120);
  record("7", "m", {0}, kMidnight + 180, kMidnight + 200);  // a round was late
  record("7", "m", {0}, kMidnight + 3600, kMidnight + 3605);
  record("8", "m", {1}, kMidnight + 300, kMidnight + 1500, 300);  // its interval is long
  const auto holds = reading::read_task_holds(dir_ / "tasks", kMidnight, kMidnight + 86'400);
  ASSERT_TRUE(holds);
  ASSERT_EQ(holds->size(), 3U);
  EXPECT_EQ(holds->at(0).begin_epoch, kMidnight + 60);
  EXPECT_EQ(holds->at(0).end_epoch, kMidnight + 200);
  EXPECT_EQ(holds->at(1).task_id, "8");
  EXPECT_EQ(holds->at(1).end_epoch, kMidnight + 1500);
  EXPECT_EQ(holds->at(2).begin_epoch, kMidnight + 3600);
}

TEST_F(TaskUsersTest, BadLinesAndGpusWithoutAnIndexHoldNothing) {
  record("7", "m", {0}, kMidnight + 60, kMidnight + 60);
  test::write_text(dir_ / "tasks/m/8.csv", test::read_text(dir_ / "tasks/m/7.csv") + "half a li");
  test::write_text(dir_ / "tasks/m/9.csv", "another,header\r\n1,2\r\n");
  const auto holds = reading::read_task_holds(dir_ / "tasks", kMidnight, kMidnight + 86'400);
  ASSERT_TRUE(holds);
  EXPECT_EQ(holds->size(), 2U) << "that of each file with a good row";
}

}  // namespace
}  // namespace wemol::report::daily
