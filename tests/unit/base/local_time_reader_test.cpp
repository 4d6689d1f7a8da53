#include <gtest/gtest.h>

#include "time_text.h"
#include "time_zone.h"

namespace wemol::reading {
namespace {

using namespace std::chrono_literals;

// Central Europe's rule, written out so that no list of zones needs to be installed.
constexpr const char* kCentralEurope = "CET-1CEST,M3.5.0,M10.5.0/3";

WallTime at(std::chrono::seconds unix_time) {
  return WallTime(unix_time);
}

TEST(LocalTimeReader, ReadsTheTimesOfItsZone) {
  const test::TimeZone zone("CST-8");
  LocalTimeReader reader;
  EXPECT_EQ(reader.parse("2025-06-04 09:44:28"), at(1749001468s));
  EXPECT_EQ(reader.parse("2025-06-04 23:59:59"), at(1749052799s));
  EXPECT_EQ(reader.parse("2025-06-05 00:00:00"), at(1749052800s));
  EXPECT_EQ(reader.parse("2025-06-04 00:00:00"), at(1748966400s));
  EXPECT_EQ(reader.parse("2024-02-29 12:00:00"), at(1709179200s));
}

TEST(LocalTimeReader, ReadsNothingElse) {
  const test::TimeZone zone("UTC0");
  LocalTimeReader reader;
  for (const char* text :
       {"", "2025-06-04", "2025-06-04T09:44:28", "2025-06-04 09:44:2", "2025-06-04 09:44:288",
        "2025-02-29 09:44:28", "2025-13-01 09:44:28", "2025-06-04 24:00:00", "2025-06-04 09:60:00",
        "2025-06-04 09-44-28", "20 5-06-04 09:44:28", "2025-06-04 0a:44:28", "1969-12-31 23:59:59",
        "2200-01-01 00:00:00", "-025-06-04 09:44:28"}) {
    EXPECT_EQ(reader.parse(text), std::nullopt) << text;
  }
}

TEST(LocalTimeReader, KnowsSummerTimeOnTheDayOfTheChange) {
  const test::TimeZone zone(kCentralEurope);
  LocalTimeReader reader;
  EXPECT_EQ(reader.parse("2025-03-30 01:59:59"), at(1743296399s));
  EXPECT_EQ(reader.parse("2025-03-30 03:00:00"), at(1743296400s));
  EXPECT_EQ(reader.parse("2025-03-31 00:00:00"), at(1743372000s));
}

TEST(LocalTimeReader, TellsARepeatedHourByTheOrderOfTheRows) {
  const test::TimeZone zone(kCentralEurope);
  LocalTimeReader reader;
  EXPECT_EQ(reader.parse("2025-10-26 02:00:00"), at(1761436800s));
  EXPECT_EQ(reader.parse("2025-10-26 02:59:55"), at(1761440395s));
  EXPECT_EQ(reader.parse("2025-10-26 02:00:00"), at(1761440400s));
  EXPECT_EQ(reader.parse("2025-10-26 02:59:59"), at(1761443999s));
  EXPECT_EQ(reader.parse("2025-10-26 03:00:00"), at(1761444000s));
  reader.begin_file();
  EXPECT_EQ(reader.parse("2025-10-26 02:00:00"), at(1761436800s));
}

TEST(LocalTimeReader, MakesSomethingOfATimeThatIsLeftOut) {
  const test::TimeZone zone(kCentralEurope);
  LocalTimeReader reader;
  const auto time = reader.parse("2025-03-30 02:30:00");
  ASSERT_TRUE(time);
  EXPECT_LE(std::chrono::abs(*time - at(1743296400s)), 30min);
}

}  // namespace
}  // namespace wemol::reading

namespace wemol::reading {
namespace {

TEST(LocalTimeReader, ReadsWhatASpreadsheetMakesOfATimeWhereItsYearStandsInFront) {
  const test::TimeZone zone("UTC0");
  LocalTimeReader reader;
  const auto expected = reader.parse("2026-01-05 09:04:00");
  ASSERT_TRUE(expected);
  EXPECT_FALSE(reader.has_other_form());
  for (const char* text : {"2026/1/5 9:04", "2026/01/05 09:04", "2026/1/5 9:04:00",
                           "2026/01/05 09:04:00", "2026-01-05 09:04"}) {
    reader.begin_file();
    EXPECT_EQ(reader.parse(text), expected) << text;
    EXPECT_TRUE(reader.has_other_form()) << text;
  }
  reader.begin_file();
  for (const char* text :
       {"1/5/2026 9:04",      "5.1.2026 9:04",  "26/1/5 9:04",      "2026/1-5 9:04",
        "2026.1.5 9:04",      "2026/1/5 9:4",   "2026/1/5 9:04:0",  "2026/13/5 9:04",
        "2026/2/30 9:04",     "2026/1/5 24:00", "2026/1/5 9:04 PM", "2026/1/5 9",
        "2026/1/5 9:04:",     "2026/1/5",       "2026//5 9:04",     "20260/1/5 9:04",
        "2026/1/5 9:04:00.5", "46027.3778",     "2026/001/5 9:04",  "+2026/1/5 9:04",
        " 2026/1/5 9:04"}) {
    EXPECT_EQ(reader.parse(text), std::nullopt) << text;
  }
  EXPECT_FALSE(reader.has_other_form());
}

TEST(LocalTimeReader, KnowsADateThatCanBeReadInTwoWays) {
  for (const char* text : {"11/5/2026 10:00", "1/1/2026", "11.05.2026 10:00", "5-11-2026 10:00"}) {
    EXPECT_TRUE(is_ambiguous_date(text)) << text;
  }
  for (const char* text : {"2026/11/5 10:00", "2026-11-05 10:00:00", "", "11", "x", "11/5"}) {
    EXPECT_FALSE(is_ambiguous_date(text)) << text;
  }
}

}  // namespace
}  // namespace wemol::reading
