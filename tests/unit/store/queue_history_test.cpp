#include "queue_history.h"

#include <cerrno>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "line_reader.h"
#include "temp_dir.h"
#include "text_file.h"

namespace wemol::reading {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::ordered_json;

Json whole() {
  return Json::parse(R"({"job": 17, "queue": "1", "try": 2, "uni_id": "compete_803275",
      "user": "alice", "host": "gpu7", "cards": ["GPU-1", "GPU-2"], "memory_bytes": 20000000000,
      "started": "2026-01-15T10:00:00+08:00", "ended": "2026-01-15T10:30:00.500+08:00",
      "result": "failed", "error_type": "oom", "code": 137, "later": {"a": [1]}})");
}

TEST(EndedTry, IsRead) {
  const auto ended_try = parse_ended_try(whole().dump());
  ASSERT_TRUE(ended_try) << ended_try.error().message;
  EXPECT_EQ(ended_try->job, 17U);
  EXPECT_EQ(ended_try->queue, "1");
  EXPECT_EQ(ended_try->number, 2U);
  EXPECT_EQ(ended_try->uni_id, "compete_803275");
  EXPECT_EQ(ended_try->user, "alice");
  EXPECT_EQ(ended_try->host, "gpu7");
  EXPECT_EQ(ended_try->cards, (std::vector<std::string>{"GPU-1", "GPU-2"}));
  EXPECT_EQ(ended_try->memory_bytes, 20'000'000'000U);
  EXPECT_EQ(ended_try->seconds(), 1800.5);
  EXPECT_EQ(ended_try->outcome, TryOutcome::failed);
  EXPECT_EQ(ended_try->error_type, "oom");
  EXPECT_EQ(ended_try->code, 137);
}

TEST(EndedTry, MayLackWhatIsUnknown) {
  const auto ended_try = parse_ended_try(
      R"({"job": 1, "queue": "a", "try": 1, "ended": "2026-01-15T10:00:00Z",
          "result": "succeeded", "error_type": null, "code": null, "started": null})");
  ASSERT_TRUE(ended_try) << ended_try.error().message;
  EXPECT_EQ(ended_try->outcome, TryOutcome::succeeded);
  EXPECT_EQ(ended_try->seconds(), std::nullopt);
  EXPECT_EQ(ended_try->code, std::nullopt);
  EXPECT_TRUE(ended_try->cards.empty());
}

TEST(EndedTry, OfAClockThatWasSetBackHasNoTime) {
  Json json = whole();
  json["started"] = "2026-01-15T10:30:01+08:00";
  EXPECT_EQ(parse_ended_try(json.dump())->seconds(), std::nullopt);
}

TEST(EndedTry, NamesWhatIsWrong) {
  for (const char* const key : {"job", "queue", "try", "ended", "result"}) {
    Json json = whole();
    json.erase(key);
    const auto without = parse_ended_try(json.dump());
    ASSERT_FALSE(without) << key;
    EXPECT_TRUE(without.error().message.starts_with(std::string(key) + ": "))
        << without.error().message;
  }
  const Json base = whole();
  for (const auto& [key, value] : base.items()) {
    Json json = whole();
    json[key] = key == "later" ? value : Json::object({{"a", 1}});
    EXPECT_EQ(parse_ended_try(json.dump()).has_value(), key == "later") << key;
  }
  Json json = whole();
  json["result"] = "exploded";
  EXPECT_EQ(parse_ended_try(json.dump()).error().message,
            "result: succeeded, failed or canceled is expected");
  json = whole();
  json["cards"] = Json::array({1});
  EXPECT_EQ(parse_ended_try(json.dump()).error().message, "cards: a list of texts is expected");
  json = whole();
  json["code"] = -9;
  EXPECT_EQ(parse_ended_try(json.dump())->code, -9);
  EXPECT_EQ(parse_ended_try("x").error().message, "it is no JSON");
  EXPECT_EQ(parse_ended_try("[1]").error().message, "it is no JSON object");
  EXPECT_FALSE(parse_ended_try(std::string(10'000, '[')));
}

TEST(QueueHistory, IsReadLineByLine) {
  const test::TempDir dir;
  const auto file = dir / "history.jsonl";
  test::write_text(file, whole().dump() + "\n\nbad\n" +
                             std::string(LineReader::kBlockSize + 10, 'x') + "\n" + whole().dump() +
                             "\n" + R"({"job": 18, "que)");
  std::vector<std::uint64_t> jobs;
  const auto reading = read_queue_history(
      file, [&](const EndedTry& it) { jobs.push_back(it.job); }, [](auto, auto) {});
  ASSERT_TRUE(reading);
  EXPECT_EQ(jobs, (std::vector<std::uint64_t>{17, 17}));
  EXPECT_EQ(reading->tries, 2U);
  EXPECT_TRUE(reading->has_torn_end);
  EXPECT_EQ(reading->report.bad_lines, 2U);
  EXPECT_EQ(reading->report.first_bad_lines.front().line, 3U);
  const auto none = read_queue_history(
      dir / "none", [](const EndedTry&) {}, [](auto, auto) {});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ENOENT);
}

}  // namespace
}  // namespace wemol::reading
