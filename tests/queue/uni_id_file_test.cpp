#include "uni_id_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "files.h"
#include "temp_dir.h"
#include "text_file.h"

namespace wemol::queue {
namespace {

const WallTime kNow(std::chrono::seconds(1749030000));

class QueueUniIdFile : public testing::Test {
 protected:
  [[nodiscard]] std::size_t files_with(std::string_view part) const {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(dir_.path())) {
      count += entry.path().filename().string().find(part) == std::string::npos ? 0 : 1;
    }
    return count;
  }

  test::TempDir dir_;
  std::filesystem::path path_ = dir_ / "uni_id.json";
  UniIdFile file_{path_, std::chrono::milliseconds(30)};
};

TEST_F(QueueUniIdFile, TheFileIsAsTheScriptWroteIt) {
  ASSERT_TRUE(file_.update(
      "compete_803275", {.pid = 1701827, .state = "running", .retry_count = 0, .error_type = "oom"},
      kNow));
  EXPECT_EQ(test::read_text(path_),
            "{\n  \"compete_803275\": {\n    \"pid\": 1701827,\n    \"state\": \"running\",\n"
            "    \"retry_count\": 0,\n    \"error_type\": \"oom\"\n  }\n}\n");
  EXPECT_EQ(
      file_.read("compete_803275").value(),
      (UniIdRecord{.pid = 1701827, .state = "running", .retry_count = 0, .error_type = "oom"}));
  EXPECT_EQ(file_.read("compete_1").value(), std::nullopt);
}

TEST_F(QueueUniIdFile, AMissingFileHasNoEntries) {
  const auto record = file_.read("compete_1");
  ASSERT_TRUE(record);
  EXPECT_FALSE(*record);
}

TEST_F(QueueUniIdFile, WhatItDoesNotKnowStays) {
  test::write_text(path_,
                   R"({"z": 1, "compete_1": {"mine": [1, {"a": null}], "pid": 5, "state": "running",
    "error_type": "oom"}, "a": "é"})");
  ASSERT_TRUE(file_.update("compete_1", {.state = "normal_exit"}, kNow));
  ASSERT_TRUE(file_.update("compete_2", {.state = "running"}, kNow));
  const auto json = nlohmann::ordered_json::parse(test::read_text(path_));
  EXPECT_EQ(json.dump(),
            R"({"z":1,"compete_1":{"mine":[1,{"a":null}],"pid":5,"state":"normal_exit"},)"
            R"("a":"é","compete_2":{"state":"running"}})");
}

TEST_F(QueueUniIdFile, AnEntryOfAJobIsUnderstood) {
  test::write_text(path_, R"({"a": {"state": "abnormal_exit", "pid": "12", "retry_count": -1},
                              "b": 7, "c": {"pid": -1}, "d": {"pid": 18446744073709551615}})");
  EXPECT_EQ(file_.read("a").value(), (UniIdRecord{.state = "abnormal_exit"}));
  EXPECT_EQ(file_.read("b").value(), std::nullopt);
  EXPECT_EQ(file_.read("c").value(), UniIdRecord{});
  EXPECT_EQ(file_.read("d").value(), UniIdRecord{});
}

TEST_F(QueueUniIdFile, TornContentIsKeptAsideAndNeverTakenForNothing) {
  for (const std::string torn : {R"({"compete_1": {"pid": 17)", "[1]", "null", "\xFF", "{}{}"}) {
    test::write_text(path_, torn);
    EXPECT_FALSE(file_.read("compete_1")) << torn;
    EXPECT_EQ(test::read_text(path_), torn);  // a reader leaves it alone
    const auto change = file_.update("compete_2", {.state = "running"}, kNow);
    ASSERT_TRUE(change);
    ASSERT_TRUE(change->warning) << torn;
    EXPECT_NE(change->warning->find("uni_id.json.bad-20250604-094000"), std::string::npos);
    EXPECT_EQ(file_.read("compete_2").value(), UniIdRecord{.state = "running"});
  }
  EXPECT_EQ(test::read_text(dir_ / "uni_id.json.bad-20250604-094000"),
            R"({"compete_1": {"pid": 17)");
  EXPECT_EQ(files_with(".bad-"), 5U);  // none has taken the name of another
}

TEST_F(QueueUniIdFile, AnEmptyFileHoldsNothingThatCouldBeLost) {
  test::write_text(path_, "\n");
  const auto change = file_.update("compete_1", {.state = "running"}, kNow);
  ASSERT_TRUE(change);
  EXPECT_FALSE(change->warning);
  EXPECT_EQ(files_with(".bad-"), 0U);
}

TEST_F(QueueUniIdFile, AFileThatIsBeingWrittenIsWaitedFor) {
  test::write_text(path_, R"({"compete_1": {)");
  std::thread writer([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    test::write_text(path_, R"({"compete_1": {"state": "abnormal_exit"}})");
  });
  const auto record = UniIdFile(path_, std::chrono::seconds(10)).read("compete_1");
  writer.join();
  ASSERT_TRUE(record) << record.error().message;
  EXPECT_EQ(*record, UniIdRecord{.state = "abnormal_exit"});
}

TEST_F(QueueUniIdFile, ALockThatSomebodyHoldsIsAnErrorAndNoWaitForEver) {
  const UniqueFd lock(open((path_.string() + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  ASSERT_EQ(flock(lock.get(), LOCK_EX), 0);
  const auto change = file_.update("compete_1", {.state = "running"}, kNow);
  ASSERT_FALSE(change);
  EXPECT_EQ(change.error().code, EWOULDBLOCK);
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(QueueUniIdFile, TwoWritersLoseNothing) {
  constexpr int kEach = 50;
  const auto write = [&](const std::string& name) {
    const UniIdFile file(path_, std::chrono::seconds(60));
    for (int i = 0; i < kEach; ++i) {
      ASSERT_TRUE(file.update(name + std::to_string(i), {.state = "running"}, kNow));
    }
  };
  std::thread other([&] { write("a"); });
  write("b");
  other.join();
  EXPECT_EQ(nlohmann::json::parse(test::read_text(path_)).size(), 2U * kEach);
}

TEST_F(QueueUniIdFile, RunningEntriesWithNobodyThereAreEnded) {
  const std::string text =
      R"({"a": {"pid": 1, "state": "running"}, "b": {"pid": 2, "state": "running"},
    "c": {"pid": 1, "state": "normal_exit"}, "d": 4, "e": {"state": "running"}})";
  test::write_text(path_, text);
  const auto all_live = file_.end_orphans([](auto, const auto&) { return true; }, kNow);
  ASSERT_TRUE(all_live);
  EXPECT_TRUE(all_live->ended.empty());
  EXPECT_EQ(test::read_text(path_), text);  // not even written
  const auto change = file_.end_orphans(
      [](std::string_view, const UniIdRecord& record) { return record.pid == 2; }, kNow);
  ASSERT_TRUE(change);
  EXPECT_EQ(change->ended, (std::vector<std::string>{"a", "e"}));
  EXPECT_EQ(file_.read("a").value(),
            (UniIdRecord{.pid = 1, .state = "abnormal_exit", .error_type = "unknown"}));
  EXPECT_EQ(file_.read("b").value(), (UniIdRecord{.pid = 2, .state = "running"}));
  EXPECT_EQ(file_.read("c").value(), (UniIdRecord{.pid = 1, .state = "normal_exit"}));
}

TEST_F(QueueUniIdFile, OldEntriesOfOurOwnGoAndNothingElse) {
  const std::string text =
      R"({"others": {"state": "normal_exit"}, "old": {"pid": 1, "state": "normal_exit"},
    "runs": {"pid": 1, "state": "running"}, "old 2": {"state": "abnormal_exit", "error_type": "x"},
    "with more": {"state": "normal_exit", "loss": 0.1}, "number": 7})";
  test::write_text(path_, text);
  ASSERT_TRUE(file_.remove_ended({"nobody"}, kNow));
  EXPECT_EQ(test::read_text(path_), text);  // not even written
  ASSERT_TRUE(file_.remove_ended({"old", "runs", "old 2", "with more", "number"}, kNow));
  EXPECT_EQ(nlohmann::ordered_json::parse(test::read_text(path_)).dump(),
            R"({"others":{"state":"normal_exit"},"runs":{"pid":1,"state":"running"},)"
            R"("with more":{"state":"normal_exit","loss":0.1},"number":7})");
  ASSERT_TRUE(file_.update("with more", {.state = "running"}, kNow));
  EXPECT_EQ(file_.read("with more").value()->state, "running");
}

TEST_F(QueueUniIdFile, AnyJsonStaysAsItIs) {
  const std::string text =
      R"({"":{},"a":[],"b":[[],{},[1,-2,3.5,true,false,null,"x\n"]],"c":{"d":{"e":{"f":[{}]}}},)"
      R"("g\"\n":18446744073709551615})";
  test::write_text(path_, text);
  ASSERT_TRUE(file_.update("z", {.state = "running"}, kNow));
  const std::string written = test::read_text(path_);
  auto json = nlohmann::ordered_json::parse(written);
  EXPECT_EQ(written, json.dump(2, ' ', true) + "\n");
  json.erase("z");
  EXPECT_EQ(json.dump(), text);
}

TEST_F(QueueUniIdFile, OfAKeyThatStandsThereTwiceTheLastValueCounts) {
  test::write_text(path_, R"({"a": {"state": "running"}, "b": 1, "a": {"state": "normal_exit"}})");
  EXPECT_EQ(file_.read("a").value()->state, "normal_exit");
  ASSERT_TRUE(file_.update("b", {.state = "running"}, kNow));
  EXPECT_EQ(nlohmann::ordered_json::parse(test::read_text(path_)).size(), 2U);
}

TEST_F(QueueUniIdFile, WhatNestsTooDeepIsLeftOut) {
  constexpr std::size_t kDeep = 100'000;
  test::write_text(path_, R"({"a": 1, "b": )" + std::string(kDeep, '[') + std::string(kDeep, ']') +
                              R"(, "c": {"state": "running"}})");
  EXPECT_EQ(file_.read("c").value()->state, "running");
  ASSERT_TRUE(file_.update("a", {.state = "running"}, kNow));
  EXPECT_LT(std::filesystem::file_size(path_), 20'000U);
}

TEST_F(QueueUniIdFile, TheModeOfTheFileStays) {
  test::write_text(path_, "{}");
  std::filesystem::permissions(path_, std::filesystem::perms(0600));
  ASSERT_TRUE(file_.update("a", {.state = "running"}, kNow));
  EXPECT_EQ(std::filesystem::status(path_).permissions(), std::filesystem::perms(0600));
}

}  // namespace
}  // namespace wemol::queue
