#include "snapshot_reader.h"

#include <gtest/gtest.h>

#include "snapshot_json.h"

namespace wemol {
namespace {

TEST(SnapshotReader, ReadsWhatTheRecorderWrites) {
  Snapshot snapshot;
  snapshot.samples.emplace_back();
  snapshot.samples.back().task.task_id = "132178";
  const auto message = read_snapshot_line(snapshot_json_line(snapshot, WallTime{}));
  ASSERT_TRUE(message) << message.error().message;
  const auto& tasks = std::get<PublishedTasks>(*message);
  EXPECT_EQ(tasks.tasks.find(R"([{"task_id":"132178",)"), 0U) << tasks.tasks;
  EXPECT_EQ(tasks.taken_at.substr(0, 4), "1970");
}

TEST(SnapshotReader, ReadsHowManyRoundsAreLost) {
  const auto message = read_snapshot_line(lost_json_line(7));
  ASSERT_TRUE(message) << message.error().message;
  EXPECT_EQ(std::get<LostRounds>(*message).rounds, 7U);
}

TEST(SnapshotReader, ALineThatIsDeepUsesUpNoStack) {
  const std::string deep(1000000, '[');
  const auto message = read_snapshot_line(
      R"({"version":1,"type":"snapshot","taken_at":"x","tasks":[{"task_id":"1","a":)" + deep +
      std::string(deep.size(), ']') + "}]}");
  ASSERT_TRUE(message) << message.error().message;
  EXPECT_EQ(std::get<PublishedTasks>(*message).tasks.find(R"([{"task_id":"1")"), 0U);
}

TEST(SnapshotReader, SaysWhichVersionIsTheWrongOne) {
  const auto message = read_snapshot_line(R"({"version":9,"type":"snapshot"})");
  ASSERT_FALSE(message);
  EXPECT_NE(message.error().message.find("version 9"), std::string::npos);
}

TEST(SnapshotReader, RefusesWhatIsNoSnapshot) {
  for (const char* const line :
       {"", "x", "[]", "{}", R"({"version":1})", R"({"version":"1","type":"lost","rounds":1})",
        R"({"version":1,"type":"lost","rounds":-1})", R"({"version":1,"type":"snapshot"})",
        R"({"version":1,"type":"snapshot","taken_at":"x","tasks":{}})",
        R"({"version":1,"type":"snapshot","taken_at":"x","tasks":[1]})",
        R"({"version":1,"type":"snapshot","taken_at":1,"tasks":[]})",
        R"({"version":1,"type":7,"taken_at":"x","tasks":[]})"}) {
    EXPECT_FALSE(read_snapshot_line(line)) << line;
  }
}

}  // namespace
}  // namespace wemol
