#include "time_text.h"

#include <gtest/gtest.h>

#include "time_zone.h"

namespace wemol {
namespace {

using namespace std::chrono_literals;

constexpr WallTime kTime{1749030268s};

TEST(TimeText, HasMillisecondsAndTheLocalOffset) {
  const test::TimeZone utc("UTC0");
  EXPECT_EQ(iso_time_text(kTime), "2025-06-04T09:44:28.000+00:00");
  EXPECT_EQ(iso_time_text(kTime + 999'999us), "2025-06-04T09:44:28.999+00:00");
  const test::TimeZone china("CST-8");
  EXPECT_EQ(iso_time_text(kTime + 7ms), "2025-06-04T17:44:28.007+08:00");
  const test::TimeZone newfoundland("NST3:30");
  EXPECT_EQ(iso_time_text(kTime), "2025-06-04T06:14:28.000-03:30");
}

TEST(TimeText, IsReadWhateverTheOffset) {
  EXPECT_EQ(parse_iso_time("2025-06-04T09:44:28.000+00:00"), kTime);
  EXPECT_EQ(parse_iso_time("2025-06-04T17:44:28+08:00"), kTime);
  EXPECT_EQ(parse_iso_time("2025-06-04T06:14:28-03:30"), kTime);
  EXPECT_EQ(parse_iso_time("2025-06-04T09:44:28Z"), kTime);
}

TEST(TimeText, IsReadWithAnyNumberOfDecimals) {
  EXPECT_EQ(parse_iso_time("2025-06-04T09:44:28.5Z"), kTime + 500ms);
  EXPECT_EQ(parse_iso_time("2025-06-04T09:44:28.000000001Z"), kTime + 1ns);
  EXPECT_EQ(parse_iso_time("2025-06-04T09:44:28.0000000019999Z"), kTime + 1ns);
}

TEST(TimeText, ComesBackFromItsText) {
  const test::TimeZone zone("NST3:30NDT,M3.2.0,M11.1.0");
  for (const auto time : {kTime, kTime + 123ms, WallTime(), kTime + 5000h}) {
    EXPECT_EQ(parse_iso_time(iso_time_text(time)), time);
  }
}

TEST(TimeText, IsNotReadFromAnythingElse) {
  for (const char* text :
       {"", "2025-06-04", "2025-06-04T09:44:28", "2025-06-04 09:44:28Z", "2025-06-04T09:44:28.Z",
        "2025-02-30T09:44:28Z", "2025-06-04T24:00:00Z", "2025-06-04T09:60:00Z",
        "2025-06-04T09:44:61Z", "2025-06-04T09:44:28+8:00", "2025-06-04T09:44:28+08:00x",
        "2025-06-04T09:44:28+0800", "2025-06-04T09:44:28+24:00", "2025-06-04T09:44:28Zx",
        "1968-12-31T23:59:59Z", "2200-01-01T00:00:00Z", "9999-01-01T00:00:00Z",
        "+025-06-04T09:44:28Z"}) {
    EXPECT_EQ(parse_iso_time(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace wemol
