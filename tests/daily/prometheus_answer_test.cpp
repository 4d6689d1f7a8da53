#include "prometheus_answer.h"

#include <gtest/gtest.h>

namespace wemol::report::daily {
namespace {

TEST(PrometheusQueries, NameTheNodeByHostOrInstanceAndQuoteIt) {
  const auto queries = prometheus_queries({.name = "n\"1"}, 600, 86'400);
  EXPECT_EQ(queries.utilization,
            "(avg_over_time(gpu_utilization_percent{host=\"n\\\"1\"}[599999ms]) or "
            "avg_over_time(gpu_utilization_percent{instance=\"n\\\"1\"}[599999ms]))");
  EXPECT_NE(prometheus_queries({.name = "a", .instance = "b:9"}, 600, 1).models.find("\"b:9\""),
            std::string::npos);
}

TEST(PrometheusSeries, AreReadByCard) {
  const auto cards = parse_series(R"({"status":"success","data":{"resultType":"matrix","result":[
      {"metric":{"gpu":"1","uuid":"AMD-1","host":"n"},"values":[[600,"12"],[1200,"12.5"],[1800,"NaN"],[2400,7]]},
      {"metric":{"host":"n"},"values":[[600,"1"]]}]}})");
  ASSERT_TRUE(cards);
  ASSERT_EQ(cards->size(), 1U);
  EXPECT_EQ(cards->at(1).uuid, "AMD-1");
  EXPECT_EQ(cards->at(1).values, (std::map<std::int64_t, Number>{{600, Number(std::int64_t{12})},
                                                                 {1200, Number(12.5)}}));
}

TEST(PrometheusSeries, AnErrorIsTold) {
  const auto error = parse_series(R"({"status":"error","error":"bad query"})");
  ASSERT_FALSE(error);
  EXPECT_EQ(error.error().message, "Prometheus says: bad query");
  EXPECT_FALSE(parse_series("<html>"));
  EXPECT_FALSE(parse_series(R"({"status":"success","data":{}})"));
}

}  // namespace
}  // namespace wemol::report::daily
