#include "status_document.h"

#include <gtest/gtest.h>

namespace wemol::queue {
namespace {

using nlohmann::ordered_json;

const WallTime kNow(std::chrono::seconds(1'768'000'000));

std::string text_of(const ordered_json& status) {
  return report::document_text(status_document(status, kNow), {});
}

ordered_json job(int number, const char* state) {
  return {{"job", number},
          {"queue", "1"},
          {"state", state},
          {"memory_bytes", std::uint64_t{20} << 30U},
          {"cards", ordered_json::array()},
          {"tries", 1},
          {"commands", {"true"}}};
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST(QueueStatusDocument, SaysHowManyJobsAreLeftOut) {
  const ordered_json status{{"jobs", {job(1, "pending")}},
                            {"jobs_left_out", {{"pending", 9'900}, {"ended", 1}}}};
  const std::string text = text_of(status);
  EXPECT_TRUE(has(text, "9900 jobs more pending: --all shows them")) << text;
  EXPECT_TRUE(has(text, "1 job that ended earlier: --all shows them")) << text;
  EXPECT_FALSE(has(text_of({{"jobs", {job(1, "pending")}}}), "--all"));
  EXPECT_FALSE(has(text_of({{"jobs_left_out", {{"pending", 0}, {"ended", -1}}}}), "--all"));
}

TEST(QueueStatusDocument, TellsWhyAJobWaitsAndHowItFailed) {
  ordered_json waiting = job(1, "pending");
  waiting["reason"] = "no card is free with 20 GB";
  ordered_json failed = job(2, "failed");
  failed["last_result"] = {{"succeeded", false}, {"text", "exited with status 3"}};
  const std::string text = text_of({{"jobs", {waiting, failed}}});
  EXPECT_TRUE(has(text, "no card is free with 20 GB")) << text;
  EXPECT_TRUE(has(text, "exited with status 3")) << text;
}

TEST(QueueStatusDocument, TellsWhoHoldsACard) {
  const ordered_json status{{"cards",
                             {{{"index", 0}, {"jobs", {7, 8}}},
                              {{"index", 1}, {"is_held_by_other_scheduler", true}},
                              {{"index", 2}, {"own_other_processes", 2}, {"other_users", {"bob"}}},
                              {{"index", 3}}}}};
  const std::string text = text_of(status);
  for (const char* const part :
       {"job 7, job 8", "another scheduler", "2 other of your processes, bob", "free"}) {
    EXPECT_TRUE(has(text, part)) << part << " in\n" << text;
  }
}

TEST(QueueStatusDocument, ALongCommandIsCutInTimeAndBetweenCharacters) {
  ordered_json long_one = job(1, "pending");
  std::string command;
  for (int i = 0; i < 300'000; ++i) {
    command += "é";
  }
  long_one["commands"] = {command, "second"};
  const std::string text = text_of({{"jobs", {long_one}}});
  EXPECT_TRUE(has(text, "éé… (+1)")) << text.substr(0, 2'000);
  EXPECT_LT(text.size(), 2'000U);
}

TEST(QueueStatusDocument, WhatIsNotThereOrOfAnotherKindIsNoReasonToFail) {
  const ordered_json hostile{{"queues", {7, nullptr, {{"queue", 1}, {"pending", "x"}}}},
                             {"jobs", {nullptr, "x", {{"job", -1}, {"commands", {1}}}}},
                             {"cards", {{{"jobs", 7}, {"other_users", {1}}}}},
                             {"jobs_left_out", 7},
                             {"nothing_can_start", "why\x1b[2J"}};
  const std::string text = text_of(hostile);
  EXPECT_FALSE(has(text, "\x1b")) << text;
  EXPECT_TRUE(has(text_of(ordered_json::object()), "Jobs"));
}

}  // namespace
}  // namespace wemol::queue
