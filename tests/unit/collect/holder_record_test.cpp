#include "holder_record.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "kernel_locks.h"

namespace wemol {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::ordered_json;

Json whole() {
  return Json::parse(R"({"user": "lin", "uid": 1000, "queue": "night", "job": 17,
      "uni_id": "compete_803275", "keeper_pid": 4711, "since": "2026-01-15T10:30:00.250+08:00",
      "later": {"keys": [1, 2]}})");
}

TEST(CardHolder, IsRead) {
  const auto holder = parse_card_holder(whole().dump(), "GPU-5c1b");
  ASSERT_TRUE(holder) << holder.error().message;
  EXPECT_EQ(holder->card, "GPU-5c1b");
  EXPECT_EQ(holder->user, "lin");
  EXPECT_EQ(holder->user_id, 1000U);
  EXPECT_EQ(holder->queue, "night");
  EXPECT_EQ(holder->job, 17U);
  EXPECT_EQ(holder->uni_id, "compete_803275");
  EXPECT_EQ(holder->keeper_pid, 4711);
  EXPECT_EQ(holder->since,
            std::chrono::sys_days(std::chrono::year(2026) / 1 / 15) + 2h + 30min + 250ms);
}

TEST(CardHolder, EachMemberHasToBeThereAndRight) {
  for (const char* const key : {"user", "uid", "queue", "job", "uni_id", "keeper_pid"}) {
    Json json = whole();
    json.erase(key);
    const auto without = parse_card_holder(json.dump(), "GPU-1");
    ASSERT_FALSE(without) << key;
    EXPECT_TRUE(without.error().message.starts_with(std::string(key) + ": "))
        << without.error().message;
    for (const Json& wrong : {Json(), Json(-1), Json(1.5), Json(true), Json(""), Json::array(),
                              Json::object({{"a", 1}})}) {
      json[key] = wrong;
      EXPECT_FALSE(parse_card_holder(json.dump(), "GPU-1")) << key << " " << wrong;
    }
  }
  Json json = whole();
  json["since"] = "yesterday";
  EXPECT_FALSE(parse_card_holder(json.dump(), "GPU-1"));
  json = whole();
  json["uid"] = std::uint64_t{1} << 32U;
  EXPECT_FALSE(parse_card_holder(json.dump(), "GPU-1"));
  json = whole();
  json["keeper_pid"] = std::uint64_t{1} << 40U;
  EXPECT_FALSE(parse_card_holder(json.dump(), "GPU-1"));
}

TEST(CardHolder, SinceMayBeUnknown) {
  for (const Json& unknown : {Json(), Json("")}) {
    Json json = whole();
    json["since"] = unknown;
    const auto holder = parse_card_holder(json.dump(), "GPU-1");
    ASSERT_TRUE(holder) << holder.error().message;
    EXPECT_EQ(holder->since, std::nullopt);
  }
}

TEST(CardHolder, WhatIsNoObjectIsNone) {
  for (const std::string_view text :
       {"", "[]", "7", "null", "{", "{\"user\":\"lin\"", "\xff\xfe"}) {
    EXPECT_FALSE(parse_card_holder(text, "GPU-1")) << text;
  }
  EXPECT_FALSE(parse_card_holder(std::string(4096, '['), "GPU-1"));
}

TEST(CardHolder, TextsBecomePrintable) {
  Json json = whole();
  json["queue"] = "a\nb\x1b[31m" + std::string(1000, 'x');
  const auto holder = parse_card_holder(json.dump(), "GPU-1");
  ASSERT_TRUE(holder);
  EXPECT_TRUE(holder->queue.starts_with("a b [31mxxx")) << holder->queue;
  EXPECT_LE(holder->queue.size(), 310U);
}

TEST(HolderFileName, SaysCardAndUser) {
  const auto name = parse_holder_file_name("GPU-5c1b-aa.1000.json");
  ASSERT_TRUE(name);
  EXPECT_EQ(name->card, "GPU-5c1b-aa");
  EXPECT_EQ(name->user_id, 1000U);
  EXPECT_EQ(parse_holder_file_name("0000:03:00.0.0.json")->card, "0000:03:00.0");
  for (const std::string_view other :
       {"GPU-1.lock", ".1000.json", "GPU-1.json", "GPU-1.root.json", "GPU-1.-1.json", "GPU-1..json",
        "GPU-1.1000.json.new", "GPU-1.99999999999.json", ".json", ""}) {
    EXPECT_FALSE(parse_holder_file_name(other)) << other;
  }
}

TEST(KernelLocks, TheExclusiveOnesThatAreHeld) {
  const auto held = parse_exclusive_flocks(
      "1: FLOCK  ADVISORY  WRITE 4711 00:1a:1234 0 EOF\n"
      "1: -> FLOCK  ADVISORY  WRITE 4712 00:1a:9999 0 EOF\n"
      "2: FLOCK  ADVISORY  READ 4713 00:1a:1235 0 EOF\n"
      "3: POSIX  ADVISORY  WRITE 4714 fe:10:1236 0 EOF\n"
      "4: OFDLCK ADVISORY  WRITE -1 fe:10:1237 0 EOF\n"
      "5: FLOCK  ADVISORY  WRITE 12 fe:10:77 0 EOF\n"
      "6: FLOCK  ADVISORY  WRITE x fe:10:78 0 EOF\n"
      "7: FLOCK  ADVISORY  WRITE 1 fe:79 0 EOF\n"
      "8: FLOCK\n"
      "9: FLOCK  ADVISORY  WRITE 13 fe:10:80 0 EO");
  const std::map<LockedFile, pid_t> expected{{{0, 0x1a, 1234}, 4711}, {{0xfe, 0x10, 77}, 12}};
  EXPECT_EQ(held, expected);
}

}  // namespace
}  // namespace wemol
