#include "request.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace wemol::queue {
namespace {

using Action = Request::Action;

Request again(const Request& request) {
  const auto parsed = parse_request(to_json(request));
  EXPECT_TRUE(parsed) << parsed.error().message << ": " << to_json(request);
  return parsed.value_or(Request{});
}

TEST(QueueRequest, ComesBackAsItWas) {
  const JobSpec spec{.queue = "night",
                     .commands = {"echo \"a\"\n", "b"},
                     .memory_bytes = std::uint64_t{5} << 30U,
                     .gpus = 4,
                     .after = 17};
  EXPECT_EQ(again({.action = Action::add, .spec = spec}).spec, spec);
  for (const Action action : {Action::cancel, Action::retry, Action::skip}) {
    const Request request = again({.action = action, .jobs = {7}});
    EXPECT_EQ(request.action, action);
    EXPECT_EQ(request.jobs, std::vector<JobId>{7});
  }
  for (const Action action : {Action::hold, Action::release}) {
    const Request request = again({.action = action, .queue = "1"});
    EXPECT_EQ(request.action, action);
    EXPECT_EQ(request.queue, "1");
  }
  EXPECT_EQ(again({.action = Action::wait, .jobs = {1, 3}}).jobs, (std::vector<JobId>{1, 3}));
  EXPECT_EQ(again({.action = Action::wait}).action, Action::wait);
}

TEST(QueueRequest, StatusSaysWhichJobsItWants) {
  const JobsWanted some = again({.wanted = {.pending = 3, .ended = 0}}).wanted;
  EXPECT_EQ(some.pending, 3U);
  EXPECT_EQ(some.ended, 0U);
  EXPECT_FALSE(some.page_from);
  EXPECT_EQ(again({.wanted = {.page_from = 251}}).wanted.page_from, JobId{251});
}

TEST(QueueRequest, StatusIsBoundedWhateverAClientWants) {
  const auto wanted = [](std::string_view line) { return parse_request(line).value().wanted; };
  const JobsWanted of_old_client = wanted(R"({"action":"status"})");
  EXPECT_EQ(of_old_client.pending, JobsWanted::kUsual);
  EXPECT_EQ(of_old_client.ended, JobsWanted::kUsual);
  const JobsWanted greedy =
      wanted(R"({"action":"status","pending":18446744073709551615,"ended":1000000})");
  EXPECT_EQ(greedy.pending, JobsWanted::kMost);
  EXPECT_EQ(greedy.ended, JobsWanted::kMost);
  const JobsWanted of_wrong_kind =
      wanted(R"({"action":"status","pending":-1,"ended":"all","page_from":1.5})");
  EXPECT_EQ(of_wrong_kind.pending, JobsWanted::kUsual);
  EXPECT_EQ(of_wrong_kind.ended, JobsWanted::kUsual);
  EXPECT_FALSE(of_wrong_kind.page_from);
}

TEST(QueueRequest, TextsThatAreNoUtf8ArriveWithReplacements) {
  EXPECT_EQ(again({.action = Action::hold, .queue = "a\xff"}).queue, "a\xEF\xBF\xBD");
}

TEST(QueueRequest, WhatIsNoRequestIsRefusedWithAReason) {
  const std::string deep(100'000, '[');
  for (const std::string& line :
       {std::string(), std::string("status"), std::string("[]"), std::string("null"),
        std::string("{"), std::string(R"({"action":"status"}{})"), std::string(3, '\0'), deep,
        std::string(R"({})"), std::string(R"({"action":7})"), std::string(R"({"action":"keep"})"),
        std::string("{\"action\":\"\xff\"}")}) {
    const auto request = parse_request(line);
    EXPECT_FALSE(request) << line.substr(0, 40);
    EXPECT_FALSE(request || request.error().message.empty());
  }
}

TEST(QueueRequest, WhatLacksWhatItNeedsIsRefused) {
  for (const char* const line :
       {R"({"action":"cancel"})", R"({"action":"cancel","jobs":[]})",
        R"({"action":"cancel","jobs":[1,2]})", R"({"action":"cancel","jobs":[-1]})",
        R"({"action":"cancel","jobs":["1"]})", R"({"action":"cancel","jobs":[1.5]})",
        R"({"action":"cancel","jobs":7})", R"({"action":"wait","jobs":[null]})",
        R"({"action":"hold"})", R"({"action":"hold","queue":""})", R"({"action":"hold","queue":1})",
        R"({"action":"add"})", R"({"action":"add","spec":[]})"}) {
    EXPECT_FALSE(parse_request(line)) << line;
  }
}

TEST(QueueRequest, AnOrderThatIsIncompleteIsRefused) {
  const nlohmann::json good{
      {"queue", "1"}, {"memory_bytes", 1}, {"gpus", 1}, {"commands", {"true"}}};
  const auto add = [](const nlohmann::json& spec) {
    return parse_request(nlohmann::json{{"action", "add"}, {"spec", spec}}.dump()).has_value();
  };
  EXPECT_TRUE(add(good));
  for (const char* const key : {"queue", "memory_bytes", "gpus", "commands"}) {
    nlohmann::json spec = good;
    spec.erase(key);
    EXPECT_FALSE(add(spec)) << key;
    spec[key] = nullptr;
    EXPECT_FALSE(add(spec)) << key;
  }
  for (const auto& [key, value] : std::initializer_list<std::pair<const char*, nlohmann::json>>{
           {"gpus", 0},
           {"gpus", 1025},
           {"gpus", -1},
           {"memory_bytes", -1},
           {"memory_bytes", 1e99},
           {"commands", nlohmann::json::array()},
           {"commands", {"true", 1}}}) {
    nlohmann::json spec = good;
    spec[key] = value;
    EXPECT_FALSE(add(spec)) << spec;
  }
}

TEST(QueueRequest, ARefusalIsALineOfJson) {
  EXPECT_EQ(refusal_json("no \"such\" job\n\xff"), R"({"error":"no \"such\" job\n)"
                                                   "\xEF\xBF\xBD\"}");
}

}  // namespace
}  // namespace wemol::queue
