#include "history.h"

#include <string>

#include <gtest/gtest.h>

namespace wemol::hub {
namespace {

using namespace std::chrono_literals;

constexpr WallTime kNow{1'795'830'000s};

HistoryQuery good_query() {
  return {.host = "gpu7", .metrics = {"gpu.*.temp"}, .from = kNow - 1h, .to = kNow, .step = 10s};
}

std::string trouble_of(const HistoryQuery& query) {
  const auto fine = check(query);
  return fine ? "" : fine.error().message;
}

TEST(HubHistory, AQueryIsChecked) {
  EXPECT_EQ(trouble_of(good_query()), "");
  HistoryQuery query = good_query();
  query.host = "../etc";
  EXPECT_EQ(trouble_of(query).substr(0, 5), "host:");
  query = good_query();
  query.metrics = {};
  EXPECT_EQ(trouble_of(query).substr(0, 7), "metric:");
  query.metrics = {"a\nb"};
  EXPECT_EQ(trouble_of(query).substr(0, 7), "metric:");
  query.metrics.assign(65, "gpu.0.temp");
  EXPECT_EQ(trouble_of(query).substr(0, 7), "metric:");
  query = good_query();
  query.to = query.from;
  EXPECT_EQ(trouble_of(query).substr(0, 5), "from,");
  query = good_query();
  query.step = 0s;
  EXPECT_EQ(trouble_of(query).substr(0, 5), "step:");
  query.step = 10s;
  query.from = kNow - 110'010s;
  EXPECT_EQ(trouble_of(query),
            "step: more than 11000 points from 1795719990 to 1795830000: take a longer one");
  query.from = kNow - 110'000s;
  EXPECT_EQ(trouble_of(query), "");
}

TEST(HubHistory, TimesAtTheEndsOfTheClockAreNoTrouble) {
  HistoryQuery query = good_query();
  query.from = WallTime::min();
  query.to = WallTime::max();
  EXPECT_EQ(trouble_of(query).substr(0, 5), "step:");
}

TEST(HubHistory, AStarIsAnyPartOfAName) {
  EXPECT_TRUE(matches_metric("gpu.*.temp", "gpu.0.temp"));
  EXPECT_TRUE(matches_metric("gpu.0.temp", "gpu.0.temp"));
  EXPECT_TRUE(matches_metric("container.*.gpu.*.x", "container.a.gpu.1.x"));
  EXPECT_TRUE(matches_metric("*", "a"));
  EXPECT_FALSE(matches_metric("*", "a.b"));
  EXPECT_FALSE(matches_metric("gpu.*.temp", "gpu.0.gpu"));
  EXPECT_FALSE(matches_metric("gpu.*.temp", "gpu.0"));
  EXPECT_FALSE(matches_metric("gpu.*", "gpu.0.temp"));
  EXPECT_FALSE(matches_metric("gpu.*.temp", "gpu.temp"));
  EXPECT_FALSE(matches_metric("", "gpu"));
}

TEST(HubHistory, AnAnswerIsJson) {
  HistoryAnswer answer{.step = 60s};
  answer.series.push_back(
      {"gpu.0.temp", {{WallTime(60s), 1, 2.5, 4}, {WallTime(120s), -1, 0, 1e9}}});
  answer.series.push_back({"a\"b", {}});
  EXPECT_EQ(
      history_json(answer),
      R"({"step":60,"series":[{"metric":"gpu.0.temp","points":[[60,1,2.5,4],[120,-1,0,1000000000]]},)"
      R"({"metric":"a\"b","points":[]}]})");
}

}  // namespace
}  // namespace wemol::hub
