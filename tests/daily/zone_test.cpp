// Where a day of a zone begins and ends, and how its times are written.

#include "zone.h"

#include <gtest/gtest.h>

#include "time_zone.h"

namespace wemol::report::daily {
namespace {

constexpr std::int64_t kHour = 3600;

Zone zone_of(const std::string& name) {
  auto zone = Zone::of(name);
  EXPECT_TRUE(zone) << (zone ? "" : zone.error().message);
  return zone.value_or(Zone());
}

std::int64_t hours_of(const std::string& zone, const std::string& date) {
  const auto day = zone_of(zone).day(date);
  EXPECT_TRUE(day) << zone << " " << date;
  return day ? (day->end_epoch - day->begin_epoch) / kHour : 0;
}

TEST(Zone, ADayHas24HoursFromMidnightToMidnight) {
  const auto day = zone_of("Asia/Taipei").day("2025-08-01");
  ASSERT_TRUE(day);
  EXPECT_EQ(day->begin_epoch, 1753977600);
  EXPECT_EQ(day->end_epoch, 1753977600 + 24 * kHour);
  EXPECT_EQ(zone_of("Asia/Taipei").text(day->end_epoch), "2025-08-02 00:00:00");
}

TEST(Zone, ChangesOfTheClockMakeDaysOf23And25Hours) {
  EXPECT_EQ(hours_of("Europe/Berlin", "2025-03-30"), 23);
  EXPECT_EQ(hours_of("Europe/Berlin", "2025-10-26"), 25);
  EXPECT_EQ(hours_of("America/New_York", "2025-03-09"), 23);
  EXPECT_EQ(hours_of("America/New_York", "2025-11-02"), 25);
}

TEST(Zone, WhereMidnightIsLeftOutTheDayBeginsAsTheClockGoesOn) {
  // Cairo went from 23:59:59 to 01:00.
  const Zone cairo = zone_of("Africa/Cairo");
  const auto day = cairo.day("2025-04-25");
  ASSERT_TRUE(day);
  EXPECT_EQ((day->end_epoch - day->begin_epoch) / kHour, 23);
  EXPECT_EQ(cairo.text(day->begin_epoch), "2025-04-25 01:00:00");
}

TEST(Zone, WhereThereAreTwoMidnightsTheDayBeginsWithTheFirst) {
  // Havana goes from 01:00 back to 00:00.
  EXPECT_EQ(hours_of("America/Havana", "2025-11-02"), 25);
  EXPECT_EQ(hours_of("America/Havana", "2025-11-01"), 24);
}

TEST(Zone, ADayThatWasLeftOutIsNone) {
  EXPECT_FALSE(zone_of("Pacific/Apia").day("2011-12-30"));
  EXPECT_TRUE(zone_of("Pacific/Apia").day("2011-12-31"));
  const auto days = zone_of("Pacific/Apia").days("2011-12-29", "2011-12-31");
  ASSERT_TRUE(days);
  EXPECT_EQ(days->size(), 2U);
}

struct NamedOffset {
  const char* name;
  std::int64_t seconds;
};

TEST(Zone, OffsetsAreEastPositive) {
  for (const auto& [name, seconds] :
       {NamedOffset{"+05:45", 20700}, NamedOffset{"-03:30", -12600}, NamedOffset{"+0800", 28800},
        NamedOffset{"+8", 28800}, NamedOffset{"UTC-3", -10800}, NamedOffset{"GMT+01:00", 3600},
        NamedOffset{"Z", 0}, NamedOffset{"UTC", 0}}) {
    const auto day = zone_of(name).day("1970-01-02");
    ASSERT_TRUE(day) << name;
    EXPECT_EQ(day->begin_epoch, 86400 - seconds) << name;
  }
}

TEST(Zone, WhatIsNoZoneIsRefused) {
  for (const char* const name : {"Asia/Taipeh", "+", "+5:4", "+05:", "+16", "+05:60", "8", "UTC+",
                                 "../etc/passwd", "+005"}) {
    const auto zone = Zone::of(name);
    ASSERT_FALSE(zone) << name;
    EXPECT_NE(zone.error().message.find(name), std::string::npos);
  }
}

TEST(Zone, WithoutANameItIsThatOfTheEnvironment) {
  const test::TimeZone taipei("Asia/Taipei");
  EXPECT_EQ(zone_of("").name(), "Asia/Taipei");
}

TEST(Zone, WhatIsNoDateIsRefused) {
  const Zone zone = zone_of("UTC");
  for (const char* const date : {"", "2025-8-1", "2025-02-29", "2025-13-01", "2025/08/01",
                                 "2025-08-01 ", "-025-08-01", "1969-12-31", "+025-08-01"}) {
    EXPECT_FALSE(zone.day(date)) << date;
  }
  EXPECT_TRUE(zone.day("2024-02-29"));
}

TEST(Zone, TheDayOfATimeIsThatOfItsZone) {
  const std::int64_t noon = 1754049600;  // 2025-08-01 12:00 UTC
  EXPECT_EQ(zone_of("UTC").day_at(noon)->date, "2025-08-01");
  EXPECT_EQ(zone_of("+14").day_at(noon)->date, "2025-08-02");
  EXPECT_EQ(zone_of("-12").day_at(noon)->date, "2025-08-01");
  EXPECT_EQ(zone_of("-12").day_at(noon - 1)->date, "2025-07-31");
}

TEST(Zone, ARangeHasBothItsEnds) {
  const Zone zone = zone_of("Europe/Berlin");
  const auto days = zone.days("2025-02-27", "2025-03-02");
  ASSERT_TRUE(days);
  ASSERT_EQ(days->size(), 4U);
  EXPECT_EQ(days->front().date, "2025-02-27");
  EXPECT_EQ(days->at(2).date, "2025-03-01");
  for (std::size_t i = 1; i < days->size(); ++i) {
    EXPECT_EQ(days->at(i).begin_epoch, days->at(i - 1).end_epoch);
  }
  EXPECT_FALSE(zone.days("2025-03-02", "2025-03-01"));
  EXPECT_FALSE(zone.days("1970-01-01", "2025-01-01"));
}

TEST(Zone, TimesOfTheApiAreInGmt) {
  EXPECT_EQ(rfc1123_text(1752502920), "Mon, 14 Jul 2025 14:22:00 GMT");
  EXPECT_EQ(rfc1123_text(0), "Thu, 01 Jan 1970 00:00:00 GMT");
}

}  // namespace
}  // namespace wemol::report::daily
