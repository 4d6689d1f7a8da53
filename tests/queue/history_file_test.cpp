#include "history_file.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "temp_dir.h"
#include "text_file.h"
#include "time_text.h"
#include "written_bytes_limit.h"

namespace wemol::queue {
namespace {

class QueueHistory : public testing::Test {
 protected:
  QueueHistory() {
    running_.id = 17;
    running_.spec.queue = "1";
    running_.tries = 2;
    running_.uni_id = "compete_803275";
    running_.cards = {"GPU-1"};
    running_.memory_bytes = 5;
    running_.started_at = WallTime(std::chrono::seconds(1749030268));
  }

  [[nodiscard]] EndedTry ended(const TryResult& result, bool is_canceled = false) const {
    EndedTry ended =
        ended_try(running_, result, is_canceled, WallTime(std::chrono::seconds(1749030300)));
    ended.user = "alice";
    ended.host = "gpu7";
    return ended;
  }

  [[nodiscard]] std::vector<nlohmann::json> lines() const {
    std::vector<nlohmann::json> lines;
    std::istringstream text(test::read_text(file_));
    for (std::string line; std::getline(text, line);) {
      lines.push_back(nlohmann::json::parse(line, nullptr, false));
    }
    return lines;
  }

  test::TempDir dir_;
  std::filesystem::path file_ = dir_ / "history.jsonl";
  HistoryFile history_{dir_.path()};
  Job running_;
};

TEST_F(QueueHistory, EachTryIsALine) {
  ASSERT_TRUE(history_.append(ended({.failure = Failure::out_of_memory, .code = 137})));
  ASSERT_TRUE(history_.append(ended({.has_succeeded = true})));
  ASSERT_TRUE(history_.append(ended({.failure = Failure::signal, .code = 15}, true)));
  const auto all = lines();
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0],
            (nlohmann::json{{"job", 17},
                            {"queue", "1"},
                            {"try", 2},
                            {"uni_id", "compete_803275"},
                            {"user", "alice"},
                            {"host", "gpu7"},
                            {"cards", {"GPU-1"}},
                            {"memory_bytes", 5},
                            {"started", iso_time_text(*running_.started_at)},
                            {"ended", iso_time_text(WallTime(std::chrono::seconds(1749030300)))},
                            {"result", "failed"},
                            {"error_type", "oom"},
                            {"code", 137}}));
  EXPECT_EQ(all[1]["result"], "succeeded");
  EXPECT_FALSE(all[1].contains("error_type"));
  EXPECT_EQ(all[2]["result"], "canceled");
  EXPECT_FALSE(all[2].contains("code"));
}

TEST_F(QueueHistory, ATryThatDidNotStartHasNoStart) {
  running_.started_at.reset();
  ASSERT_TRUE(history_.append(ended({.failure = Failure::not_started, .code = ENOENT})));
  EXPECT_FALSE(lines()[0].contains("started"));
}

TEST_F(QueueHistory, HalfALineSpoilsOnlyItself) {
  test::write_text(file_, R"({"job":1,"qu)");
  ASSERT_TRUE(history_.append(ended({.has_succeeded = true})));
  const auto all = lines();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_TRUE(all[0].is_discarded());
  EXPECT_EQ(all[1]["job"], 17);
}

TEST_F(QueueHistory, AFileThatHasGrownIsPutAsideAndTheOldestGoes) {
  const HistoryFile history(dir_.path(), 600);
  std::vector<std::string> uni_ids;
  for (int number = 1; number <= 9; ++number) {
    running_.uni_id = "compete_" + std::to_string(number);
    ASSERT_TRUE(history.append(ended({.has_succeeded = true})));
    uni_ids.push_back(running_.uni_id);
  }
  const auto bytes = [&](const char* name) {
    return std::filesystem::exists(dir_ / name) ? std::filesystem::file_size(dir_ / name) : 0;
  };
  const auto line_bytes = test::read_text(file_).find('\n') + 1;
  const auto lines_a_file = (600 + line_bytes - 1) / line_bytes;
  ASSERT_EQ(lines_a_file, 3U) << "the test counts on it";
  EXPECT_EQ(bytes("history.jsonl"), 3 * line_bytes);
  EXPECT_EQ(bytes("history.1.jsonl"), 3 * line_bytes);
  EXPECT_EQ(bytes("history.2.jsonl"), 3 * line_bytes);
  EXPECT_EQ(history.uni_ids(), (std::vector<std::string>(uni_ids.begin() + 3, uni_ids.end())));
  running_.uni_id = "compete_10";
  ASSERT_TRUE(history.append(ended({.has_succeeded = true})));
  EXPECT_EQ(bytes("history.jsonl"), line_bytes + 1);
  EXPECT_NE(test::read_text(dir_ / "history.2.jsonl").find("compete_4"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(dir_ / "history.3.jsonl"));
}

TEST_F(QueueHistory, WithoutAFileThereAreNoUniIds) {
  EXPECT_TRUE(history_.uni_ids().empty());
  test::write_text(file_, "{\"job\":1,\"uni_id\":\"compete_1");  // torn
  EXPECT_LE(history_.uni_ids().size(), 1U);
}

TEST_F(QueueHistory, AFullDiskIsAnErrorAndTheNextLineIsWhole) {
  ASSERT_TRUE(history_.append(ended({.has_succeeded = true})));
  {
    const test::WrittenBytesLimit limit(std::filesystem::file_size(file_) + 20);
    EXPECT_FALSE(history_.append(ended({.has_succeeded = true})));
  }
  ASSERT_TRUE(history_.append(ended({.has_succeeded = true})));
  const auto all = lines();
  ASSERT_EQ(all.size(), 3U);
  EXPECT_TRUE(all[1].is_discarded());
  EXPECT_EQ(all[2]["result"], "succeeded");
}

}  // namespace
}  // namespace wemol::queue
