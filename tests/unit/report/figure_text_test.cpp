#include "figure_text.h"

#include <gtest/gtest.h>

namespace wemol::report {
namespace {

TEST(FigureText, WhatIsNotKnownIsADashAndNever0) {
  for (const auto text :
       {amount_text, bytes_text, mebibytes_text, duration_text, percent_text, energy_text}) {
    EXPECT_EQ(text(std::nullopt), "-");
    EXPECT_EQ(text(0).front(), '0');
  }
}

TEST(FigureText, AmountsHaveThreeDigits) {
  EXPECT_EQ(amount_text(0.043), "0.04");
  EXPECT_EQ(amount_text(1.984), "1.98");
  EXPECT_EQ(amount_text(9.999), "10");
  EXPECT_EQ(amount_text(2.5), "2.5");
  EXPECT_EQ(amount_text(23.44), "23.4");
  EXPECT_EQ(amount_text(1204.4), "1204");
}

TEST(FigureText, NumbersMayBeOfAnySize) {
  EXPECT_EQ(number_text(std::nullopt), "-");
  EXPECT_EQ(number_text(0), "0");
  EXPECT_EQ(number_text(0.000123456), "0.0001235");
  EXPECT_EQ(number_text(1e-5), "1e-05");
  EXPECT_EQ(number_text(-2.5), "-2.5");
  EXPECT_EQ(number_text(12.3456), "12.35");
  EXPECT_EQ(number_text(50000), "50000");
  EXPECT_EQ(number_text(-123456.4), "-123456");
  EXPECT_EQ(number_text(1.5e12), "1.5e+12");
}

TEST(FigureText, MemoryIsInBinaryUnits) {
  EXPECT_EQ(bytes_text(512), "512 B");
  EXPECT_EQ(bytes_text(257.2 * 1024 * 1024), "257 MiB");
  EXPECT_EQ(bytes_text(1.25 * 1024 * 1024 * 1024), "1.25 GiB");
  EXPECT_EQ(mebibytes_text(522), "522 MiB");
  EXPECT_EQ(mebibytes_text(40960), "40 GiB");
}

TEST(FigureText, TimesAreHoursMinutesSeconds) {
  EXPECT_EQ(duration_text(59.6), "0:01:00");
  EXPECT_EQ(duration_text(3723), "1:02:03");
  EXPECT_EQ(duration_text(360000), "100:00:00");
}

TEST(FigureText, PercentAndEnergy) {
  EXPECT_EQ(percent_text(-15.2), "-15 %");
  EXPECT_EQ(percent_text(87.6), "88 %");
  EXPECT_EQ(energy_text(0.4), "0.4 Wh");
  EXPECT_EQ(energy_text(1234), "1.23 kWh");
}

}  // namespace
}  // namespace wemol::report
