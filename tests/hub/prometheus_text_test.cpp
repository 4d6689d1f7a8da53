#include "prometheus_text.h"

#include <string>

#include <gtest/gtest.h>

#include "host_schema.h"
#include "prometheus_history.h"

namespace wemol::hub {
namespace {

using namespace std::chrono_literals;

PromSelection selection(const std::string& figure, const std::string& host = "gpu7") {
  const auto made = prom_selection(host, figure, 60s);
  EXPECT_TRUE(made) << made.error().message;
  return made.value_or(PromSelection());
}

TEST(HubPrometheusText, FiguresAreTheMetricsOfTheSchema) {
  EXPECT_EQ(selection("system.cpu.usage_percent").expression,
            R"(host_cpu_usage_percent{host="gpu7"})");
  EXPECT_EQ(selection("gpu.3.temp").expression, R"(gpu_temperature_celsius{host="gpu7",gpu="3"})");
  EXPECT_EQ(selection("gpu.3.temp").name, "gpu.3.temp");
  EXPECT_EQ(selection("gpu.*.temp").expression,
            R"(gpu_temperature_celsius{host="gpu7",gpu=~".+"})");
  EXPECT_EQ(selection("gpu.*.temp").name, "gpu.{gpu}.temp");
  EXPECT_EQ(selection("gpu.0.smClock").factor, 1e-6);
  EXPECT_EQ(selection("container.job1.cpu_percent").expression,
            R"(container_cpu_usage_percent{host="gpu7",container="job1"})");
  EXPECT_EQ(selection("container.*.gpu.*.task_memory_used_bytes").expression,
            R"(container_gpu_memory_used_bytes{host="gpu7",container=~".+",gpu=~".+"})");
  EXPECT_EQ(selection("container.*.gpu.*.task_memory_used_bytes").name,
            "container.{container}.gpu.{gpu}.task_memory_used_bytes");
  EXPECT_EQ(selection("system.network.rx_bytes_per_sec").expression,
            R"(sum(rate(host_network_receive_bytes_total{host="gpu7"}[60s])))");
  EXPECT_FALSE(selection("system.network.rx_bytes_per_sec").is_selector);
  EXPECT_EQ(prom_selection("gpu7", "system.nothing", 60s).error().message,
            "system.nothing: Prometheus has no such figure");
}

TEST(HubPrometheusText, EachFigureOfTheHistoryHasAnExpression) {
  const auto check_all = [](const auto& fields) {
    for (const auto& field : fields) {
      std::string name(field.flat_key);
      if (name.empty() || name.find("core{}") != std::string::npos) {
        continue;
      }
      if (const std::size_t at = name.find("{}"); at != std::string::npos) {
        name.replace(at, 2, "0");
      }
      EXPECT_TRUE(prom_selection("gpu7", name, 60s)) << name;
    }
  };
  check_all(host_fields());
  check_all(gpu_fields());
}

TEST(HubPrometheusText, NothingBreaksOutOfAQuery) {
  EXPECT_EQ(selection(R"(container.a"b\c.cpu_percent)").expression,
            R"(container_cpu_usage_percent{host="gpu7",container="a\"b\\c"})");
  EXPECT_EQ(selection("container.my_job(1).cpu_percent").expression,
            R"x(container_cpu_usage_percent{host="gpu7",container=~"my[_. *]job\\(1\\)"})x");
}

TEST(HubPrometheusText, AQueryHasAllStatistics) {
  EXPECT_EQ(
      prom_query(selection("gpu.3.temp"), 60s),
      R"(label_replace(min_over_time(gpu_temperature_celsius{host="gpu7",gpu="3"}[60s]), "stat", "min", "", "") or )"
      R"(label_replace(avg_over_time(gpu_temperature_celsius{host="gpu7",gpu="3"}[60s]), "stat", "mean", "", "") or )"
      R"(label_replace(max_over_time(gpu_temperature_celsius{host="gpu7",gpu="3"}[60s]), "stat", "max", "", ""))");
  EXPECT_NE(prom_query(selection("gpu.3.powerPercent"), 60s).find("[60s:]"), std::string::npos);
}

TEST(HubPrometheusText, TimesAreThoseAtWhichStepsEnd) {
  const HistoryQuery query{"gpu7", {"a"}, WallTime(1'000s), WallTime(1'300s), 60s};
  EXPECT_EQ(prom_range_form("a{b=\"c d\"}+1", query, 60s),
            "query=a%7Bb%3D%22c%20d%22%7D%2B1&start=1020&end=1320&step=60");
}

TEST(HubPrometheusText, AnAnswerIsSeries) {
  const std::string body = R"({"status":"success","data":{"resultType":"matrix","result":[
{"metric":{"stat":"min","gpu":"0"},"values":[[1060,"1"],[1120,"NaN"]]},
{"metric":{"stat":"mean","gpu":"0"},"values":[[1060,"2.5"],[1120,"3"]]},
{"metric":{"stat":"max","gpu":"0"},"values":[[1060,"4"],[1120,"3"]]},
{"metric":{"stat":"max","gpu":"0","uuid":"other"},"values":[[1060,"9"]]},
{"metric":{"stat":"min","gpu":"1"},"values":[[1060,"-1e3"]]},
{"metric":{"stat":"mean","gpu":"1"},"values":[[1060,"0"]]},
{"metric":{"stat":"max","gpu":"1"},"values":[[1060,"0"]]}]}})";
  const auto series = read_prom_answer(body, selection("gpu.*.temp"), 60s);
  ASSERT_TRUE(series) << series.error().message;
  ASSERT_EQ(series->size(), 2U);
  EXPECT_EQ(series->at(0).metric, "gpu.0.temp");
  ASSERT_EQ(series->at(0).points.size(), 1U);
  EXPECT_EQ(series->at(0).points[0].time, WallTime(1'000s));
  EXPECT_EQ(series->at(0).points[0].min, 1.0);
  EXPECT_EQ(series->at(0).points[0].mean, 2.5);
  EXPECT_EQ(series->at(0).points[0].max, 4.0);
  EXPECT_EQ(series->at(1).points.at(0).min, -1000.0);
}

TEST(HubPrometheusText, WhatIsNoAnswerIsAnError) {
  const PromSelection any = selection("gpu.0.temp");
  EXPECT_EQ(read_prom_answer(R"({"status":"error","error":"bad \u0007 query"})", any, 60s)
                .error()
                .message,
            "Prometheus says: bad   query");
  for (const char* const body : {"", "[]", "{}", "<html>", R"({"status":"success"})",
                                 R"({"status":"success","data":{"result":7}})"}) {
    EXPECT_EQ(read_prom_answer(body, any, 60s).error().message,
              "the answer is not one of Prometheus")
        << body;
  }
  for (const char* const result :
       {"7", "{}", R"({"metric":7})", R"({"metric":{"stat":"min"}})",
        R"({"metric":{"stat":"min"},"values":[7,[],[1,2],["1","2"],[1e300,"2"],[-1,"2"]]})"}) {
    const std::string body =
        std::string(R"({"status":"success","data":{"result":[)") + result + "]}}";
    const auto read = read_prom_answer(body, any, 60s);
    ASSERT_TRUE(read) << body;
    for (const HistorySeries& series : *read) {
      EXPECT_TRUE(series.points.empty()) << body;
    }
  }
}

TEST(HubPrometheusHistory, GathersTheAnswersToAllQuestions) {
  std::vector<std::function<void(Result<PromAnswer>)>> waiting;
  std::vector<std::string> forms;
  PrometheusHistory history(
      [&](PromQuestion question, auto done) {
        EXPECT_EQ(question.path, "/api/v1/query_range");
        forms.push_back(question.form);
        waiting.push_back(std::move(done));
      },
      15s);
  std::optional<Result<HistoryAnswer>> answer;
  const HistoryQuery query{
      "gpu7", {"gpu.*.temp", "system.cpu.usage_percent"}, WallTime(1'000s), WallTime(2'000s), 5s};
  history.query(query, [&](Result<HistoryAnswer> it) { answer = std::move(it); });
  ASSERT_EQ(waiting.size(), 2U);
  EXPECT_NE(forms[0].find("&step=15"), std::string::npos);
  const auto reply = [](const std::string& labels) {
    std::string results;
    for (const char* const stat : {"min", "mean", "max"}) {
      results += (results.empty() ? "" : ",") + std::string(R"({"metric":{"stat":")") + stat +
                 "\"" + labels + R"(},"values":[[1015,"7"]]})";
    }
    return PromAnswer{200, R"({"status":"success","data":{"result":[)" + results + "]}}"};
  };
  waiting[1](reply(""));
  EXPECT_FALSE(answer);
  waiting[0](reply(R"(,"gpu":"1")"));
  ASSERT_TRUE(answer && *answer);
  EXPECT_EQ((*answer)->step, 15s);
  ASSERT_EQ((*answer)->series.size(), 2U);
  EXPECT_EQ((*answer)->series[0].metric, "gpu.1.temp");
  EXPECT_EQ((*answer)->series[1].metric, "system.cpu.usage_percent");

  history.query(query, [&](Result<HistoryAnswer> it) { answer = std::move(it); });
  waiting[2](failure("connection refused"));
  waiting[3](PromAnswer{503, "<html>"});
  EXPECT_EQ(answer->error().message, "connection refused");
  // A figure that is none has no past, and keeps no other from having one.
  history.query({"gpu7", {"nothing"}, WallTime(1'000s), WallTime(2'000s), 5s},
                [&](Result<HistoryAnswer> it) { answer = std::move(it); });
  ASSERT_TRUE(answer && *answer);
  EXPECT_TRUE((*answer)->series.empty());
  history.query({"gpu7", {"nothing", "gpu.*.temp"}, WallTime(1'000s), WallTime(2'000s), 5s},
                [&](Result<HistoryAnswer> it) { answer = std::move(it); });
  ASSERT_EQ(waiting.size(), 5U);
  waiting[4](reply(R"(,"gpu":"1")"));
  ASSERT_TRUE(answer && *answer);
  EXPECT_EQ((*answer)->series.size(), 1U);
}

}  // namespace
}  // namespace wemol::hub
