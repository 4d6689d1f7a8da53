#include "hub_message.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace wemol::hub_client {
namespace {

using Json = nlohmann::json;

TEST(HubMessage, ARegistrationIsAnswered) {
  const auto yes = parse_hub_message(R"({"type":"register_response","status":"success"})");
  ASSERT_TRUE(yes);
  EXPECT_TRUE(std::get<RegisterAnswer>(*yes).is_accepted);
  const auto no =
      parse_hub_message(R"({"type":"register_response","status":"error","message":"a\nb"})");
  EXPECT_FALSE(std::get<RegisterAnswer>(*no).is_accepted);
  EXPECT_EQ(std::get<RegisterAnswer>(*no).message, "a b");
}

TEST(HubMessage, AKillNamesPids) {
  const auto message = parse_hub_message(
      R"({"type":"kill_processes","pids":[4711,12,4711],"id":"k1","requested_by":"admin",
          "create_times":{"4711":1749030268.25,"x":1,"12":"no"}})");
  ASSERT_TRUE(message);
  const auto& kill = std::get<KillRequest>(*message);
  EXPECT_EQ(kill.pids, (std::vector<std::uint64_t>{4711, 12}));
  EXPECT_EQ(kill.create_times, (std::map<std::uint64_t, double>{{4711, 1749030268.25}}));
  EXPECT_EQ(kill.requested_by, "admin");
  EXPECT_EQ(kill.id, "\"k1\"");
}

TEST(HubMessage, WhatIsNoKillIsRefused) {
  for (const char* const text :
       {R"({"type":"kill_processes"})", R"({"type":"kill_processes","pids":7})",
        R"({"type":"kill_processes","pids":["1"]})", R"({"type":"kill_processes","pids":[-1]})",
        R"({"type":"kill_processes","pids":[1.5]})", "[]", "", "{", "nonsense"}) {
    EXPECT_FALSE(parse_hub_message(text)) << text;
  }
  Json many{{"type", "kill_processes"}, {"pids", Json::array()}};
  for (std::size_t pid = 0; pid <= kMostPids; ++pid) {
    many["pids"].push_back(pid);
  }
  EXPECT_FALSE(parse_hub_message(many.dump()));
  EXPECT_TRUE(std::holds_alternative<OtherMessage>(*parse_hub_message(R"({"type":"news"})")));
  EXPECT_TRUE(std::holds_alternative<OtherMessage>(*parse_hub_message("{}")));
}

TEST(HubMessage, ResultsHaveTheTextsOfTheContract) {
  const KillRequest request{.pids = {1, 2, 3}, .create_times = {}, .id = "7", .requested_by = ""};
  const Json json = Json::parse(kill_result_message(
      request, {{1, KillOutcome::killed}, {2, KillOutcome::gone}, {3, KillOutcome::denied}}));
  EXPECT_EQ(json, Json::parse(R"({"type":"kill_process_result","status":"error","id":7,
      "message":"成功终止 1/3 个进程","results":[
        {"pid":1,"status":"success","message":"进程 1 已终止"},
        {"pid":2,"status":"error","message":"进程 2 不存在"},
        {"pid":3,"status":"error","message":"没有权限终止进程 3"}]})"));
  EXPECT_EQ(Json::parse(kill_result_message({}, {{1, KillOutcome::killed}}))["status"], "success");
}

TEST(HubMessage, TheTokenIsLeftOutWhereThereIsNone) {
  EXPECT_EQ(Json::parse(register_message("gpu7", "secret")),
            Json::parse(R"({"type":"register","hostname":"gpu7","token":"secret"})"));
  EXPECT_FALSE(Json::parse(register_message("gpu7", "")).contains("token"));
}

}  // namespace
}  // namespace wemol::hub_client
