#include "report.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "host_report.h"

namespace wemol::hub {
namespace {

using Json = nlohmann::ordered_json;
using namespace std::chrono_literals;

std::string trouble_of(const std::string& body, const ReportLimits& limits = {}) {
  const auto report = parse_report(body, limits);
  return report ? "" : report.error().message;
}

TEST(HubReport, OfTheOldCollectorIsKeptWhole) {
  const Json sent = test::old_report();
  const auto report = parse_report(sent.dump(2));
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->hostname, "gpu7");
  EXPECT_EQ(report->gpu_count, 2U);
  EXPECT_EQ(report->interval, std::nullopt);
  EXPECT_EQ(report->metrics_port, std::nullopt);
  EXPECT_EQ(report->tasks, "[]");
  EXPECT_EQ(Json::parse(report->json), sent);
  EXPECT_EQ(report->json.find('\n'), std::string::npos);
  EXPECT_NE(report->json.find(R"("create_time":1795830893.62,)"), std::string::npos);
}

TEST(HubReport, OfTheAgentHasItsTimesAndTasks) {
  const auto report = parse_report(test::agent_report().dump());
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->interval, 5s);
  EXPECT_EQ(report->age, 250ms);
  EXPECT_EQ(report->metrics_port, 8080);
  const Json tasks = Json::parse(report->tasks);
  ASSERT_EQ(tasks.size(), 1U);
  EXPECT_EQ(tasks[0]["module_name"], "AlphaFold");
}

/// The places of all values in a document, but its root.
std::vector<Json::json_pointer> places_of(const Json& json,
                                          const Json::json_pointer& at = Json::json_pointer()) {
  std::vector<Json::json_pointer> places;
  if (!json.is_structured()) {
    return places;
  }
  std::size_t index = 0;
  for (const auto& [key, value] : json.items()) {
    const auto place = json.is_array() ? at / index++ : at / key;
    places.push_back(place);
    for (auto& inner : places_of(value, place)) {
      places.push_back(std::move(inner));
    }
  }
  return places;
}

/// "/gpu_data/0/name" as "gpu_data[0].name".
std::string path_text(const Json::json_pointer& place) {
  std::string text;
  std::string rest = place.to_string();
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('/', 1), rest.size());
    const std::string part = rest.substr(1, end - 1);
    rest.erase(0, end);
    if (part.find_first_not_of("0123456789") == std::string::npos) {
      text += "[" + part + "]";
    } else {
      text += (text.empty() ? "" : ".") + part;
    }
  }
  return text;
}

TEST(HubReport, MayLackAnyFieldButTheName) {
  const Json whole = test::agent_report();
  for (const auto& place : places_of(whole)) {
    Json without = whole;
    auto& parent = without[place.parent_pointer()];
    if (parent.is_object()) {
      parent.erase(place.back());
    } else {
      parent.erase(std::stoul(place.back()));
    }
    Json with_null = whole;
    with_null[place] = nullptr;
    const bool is_name = place.to_string() == "/hostname";
    EXPECT_EQ(parse_report(without.dump()).has_value(), !is_name) << place;
    // Nothing but an object stands in a list.
    const bool is_checked_element = parent.is_array() && whole[place].is_object();
    EXPECT_EQ(parse_report(with_null.dump()).has_value(), !is_name && !is_checked_element)
        << place << ": " << trouble_of(with_null.dump());
  }
  EXPECT_EQ(trouble_of(R"({"gpu_data":[]})"), "hostname: it is missing");
}

TEST(HubReport, NamesTheFieldOfAnotherType) {
  const Json whole = test::agent_report();
  const std::vector<Json> others{Json(true), Json("text"), Json(-1), Json::array({1}),
                                 Json::object({{"key", 1}})};
  std::size_t refused = 0;
  for (const auto& place : places_of(whole)) {
    for (const Json& other : others) {
      Json wrong = whole;
      wrong[place] = other;
      const std::string trouble = trouble_of(wrong.dump());
      if (trouble.empty()) {
        continue;
      }
      ++refused;
      // A list that is not one of objects is named by its first element.
      EXPECT_TRUE(trouble.starts_with(path_text(place) + ":") ||
                  trouble.starts_with(path_text(place) + "[0]:"))
          << trouble;
    }
  }
  // Of each field at least three of five are wrong, except of those that are not looked at.
  EXPECT_GT(refused, 3 * (places_of(whole).size() - 12));
}

TEST(HubReport, KeepsWhoHoldsACard) {
  const auto report = parse_report(test::agent_report().dump());
  ASSERT_TRUE(report);
  const Json kept = Json::parse(report->json);
  EXPECT_EQ(kept["gpu_data"][0]["queue_job"],
            Json::parse(R"({"user": "lin", "queue": "night", "job": 17,
                            "since": "2026-11-28T10:30:00.000+08:00"})"));
  EXPECT_FALSE(kept["gpu_data"][1].contains("queue_job")) << "nothing is made up";
  EXPECT_EQ(kept["record"]["accelerators"][0]["queueJob"]["job"], 17);
}

TEST(HubReport, SaysWhatIsExpected) {
  Json json = test::old_report();
  json["gpu_data"][1]["memory_used"] = "12 MiB";
  EXPECT_EQ(trouble_of(json.dump()),
            "gpu_data[1].memory_used: a number of 0 or more is expected, not a text");
  json = test::agent_report();
  json["gpu_data"][0]["queue_job"]["job"] = "17";
  EXPECT_EQ(trouble_of(json.dump()),
            "gpu_data[0].queue_job.job: a whole number of 0 or more is expected, not a text");
  json = test::old_report();
  json["gpu_data"][0]["processes"][0]["pid"] = 1.5;
  EXPECT_EQ(trouble_of(json.dump()),
            "gpu_data[0].processes[0].pid: a whole number of 0 or more is expected, not 1.5");
  json = test::old_report();
  json["system_info"]["screen_sessions"] = Json::array({"train"});
  EXPECT_EQ(trouble_of(json.dump()),
            "system_info.screen_sessions[0]: an object is expected, not a text");
  json = test::agent_report();
  json["record"]["memory"]["swap"]["used"] = "none";
  EXPECT_EQ(trouble_of(json.dump()), "record.memory.swap.used: a number is expected, not a text");
  EXPECT_EQ(trouble_of("[]"), "the report: an object is expected, not a list");
}

TEST(HubReport, SaysWhereItIsNoJson) {
  EXPECT_EQ(trouble_of(R"({"hostname":"a",})").substr(0, 31), "the report is no JSON at byte 1");
  EXPECT_NE(trouble_of(""), "");
  EXPECT_EQ(trouble_of(R"({"hostname":"a"} x)"),
            "the report is no JSON at byte 17: something follows its end");
  EXPECT_EQ(trouble_of("\r\n {\"hostname\":\"a\"} \r\n\t"), "");
  EXPECT_NE(trouble_of(R"({"hostname":"a")"), "");
  EXPECT_NE(trouble_of(R"({"hostname":"a","age":NaN})"), "");
  EXPECT_NE(trouble_of("{\"hostname\":\"a\",\"x\":\"\xff\"}"), "");
  EXPECT_EQ(trouble_of(R"({"hostname":"a","age":1e999})"),
            "age: a number of 0 or more is expected, not a number that is too large");
}

TEST(HubReport, IsBounded) {
  const std::string deep =
      R"({"hostname":"a","x":)" + std::string(16, '[') + std::string(16, ']') + "}";
  EXPECT_NE(trouble_of(deep).find("more than 16 deep"), std::string::npos) << trouble_of(deep);
  const std::string endless = R"({"hostname":"a","x":)" + std::string(1'000'000, '[');
  EXPECT_NE(trouble_of(endless), "");
  EXPECT_EQ(trouble_of(R"({"hostname":"a","x":[1,2,3,4,5]})", {.values = 6}),
            "the report has more than 6 values");
  EXPECT_EQ(trouble_of(R"({"hostname":"a"})", {.body_bytes = 10}),
            "the report has more than 10 bytes");
  EXPECT_EQ(
      trouble_of(R"({"hostname":"a","system_info":{"ip_address":"12345"}})", {.text_bytes = 4}),
      "system_info.ip_address: longer than 4 bytes");
  EXPECT_EQ(trouble_of(test::old_report().dump(), {.processes = 1}),
            "system_info.processes: more than 1 processes in the report");
  Json many = test::old_report();
  many["gpu_data"] = Json::array();
  for (int i = 0; i < 257; ++i) {
    many["gpu_data"].push_back(Json::object());
  }
  EXPECT_EQ(trouble_of(many.dump()), "gpu_data: more than 256 elements");
}

TEST(HubReport, RefusesNamesThatAreNone) {
  for (const std::string name : {"gpu7", "a", "node-1.example.org", "_x", "7"}) {
    EXPECT_TRUE(is_host_name(name)) << name;
  }
  for (const std::string& name :
       {std::string(), std::string("<b>"), std::string("a b"), std::string("../x"),
        std::string("-a"), std::string("a/b"), std::string("主机"), std::string("a\0b", 3),
        std::string(254, 'a')}) {
    EXPECT_FALSE(is_host_name(name)) << name;
    EXPECT_TRUE(trouble_of(Json{{"hostname", name}}.dump()).starts_with("hostname: ")) << name;
  }
}

TEST(HubReport, DoesNotSayItselfWhetherItIsOnline) {
  const auto report =
      parse_report(R"({"hostname":"a","is_online":true,"x":[{"is_online":1}],"is_\u006fnline":2})");
  ASSERT_TRUE(report);
  EXPECT_EQ(report->json, R"({"hostname":"a","x":[{"is_online":1}]})");
}

// Python writes a command line that is no UTF-8 so.
TEST(HubReport, TakesHalvesOfSurrogatePairs) {
  const auto report = parse_report(
      R"({"hostname":"a","x":"\udcff|\ud83d\ude00|\ud83d|\\udcff|\ud83d\u0041","y":"\"\u00e9"})");
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(
      report->json,
      "{\"hostname\":\"a\",\"x\":\"\uFFFD|\U0001F600|\uFFFD|\\\\udcff|\uFFFDA\",\"y\":\"\\\"é\"}");
}

TEST(HubReport, KeepsNumbersAsTheyAre) {
  const std::string text =
      R"({"hostname":"a","n":[0,-1,9223372036854775807,18446744073709551615,0.1,1e+30,12.5,true,null,{},[]]})";
  const auto report = parse_report(text);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->json, text);
}

}  // namespace
}  // namespace wemol::hub
