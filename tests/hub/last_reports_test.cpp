// What the hub knows of its hosts outlives it.

#include "last_reports.h"

#include <gtest/gtest.h>

#include "host_report.h"

namespace wemol::hub {
namespace {

using namespace std::chrono_literals;

constexpr Moment kThen{SteadyTime(1000s), WallTime(1'795'830'000s)};

HostTable table_of(std::initializer_list<const char*> names) {
  HostTable table;
  for (const char* const name : names) {
    auto report = parse_report(test::agent_report(name).dump());
    EXPECT_TRUE(report);
    EXPECT_TRUE(table.take(std::move(*report),
                           {.moment = kThen, .address = "192.0.2.7", .has_token = false}));
  }
  return table;
}

TEST(LastReports, ARestartedHubKnowsTheHostsAsOffline) {
  const HostTable before = table_of({"gpu7", "gpu8"});
  HostTable after;
  const Moment later{SteadyTime(50000s), kThen.wall + 2h};
  EXPECT_EQ(restore_reports(last_reports(before).joined(), later, after), 2U);
  const Host* const host = after.find("gpu8");
  ASSERT_NE(host, nullptr);
  EXPECT_FALSE(host->is_online);
  EXPECT_FALSE(host->has_token);
  EXPECT_EQ(host->address, "192.0.2.7");
  EXPECT_EQ(host->report->json, before.find("gpu8")->report->json);
  EXPECT_EQ(host->received_wall, kThen.wall);
}

TEST(LastReports, TheTextsAreThoseOfTheTable) {
  HostTable table = table_of({"gpu7"});
  const std::string& json = table.find("gpu7")->report->json;
  const SharedText reports = last_reports(table);
  EXPECT_EQ(reports.parts().at(1).data(), json.data()) << "a copy, as large as all reports";
  EXPECT_TRUE(table.remove("gpu7"));
  EXPECT_NE(reports.joined().find("gpu7"), std::string::npos) << "and outlive it there";
}

TEST(LastReports, WhatIsNoLineOfThemIsLeftOut) {
  const HostTable before = table_of({"gpu7"});
  HostTable after;
  const std::string text =
      "no line\n{\"address\":1}\tx\n" + last_reports(before).joined() + "{\"address\":\"half";
  EXPECT_EQ(restore_reports(text, kThen, after), 1U);
}

}  // namespace
}  // namespace wemol::hub
