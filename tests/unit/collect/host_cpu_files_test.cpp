#include <gtest/gtest.h>

#include "cpu_files.h"
#include "text_file.h"

namespace wemol::host {
namespace {

TEST(CpuLines, GuestsTimeIsInUsersAlready) {
  //                                        user nice system idle iowait irq softirq steal guest
  //                                        gnice
  const CpuLines lines = parse_cpu_lines("cpu  1000 200 300 4000 500 10 20 30 900 100\n");
  ASSERT_TRUE(lines.all);
  EXPECT_EQ(lines.all->total_ticks, 1000U + 200 + 300 + 4000 + 500 + 10 + 20 + 30);
  EXPECT_EQ(lines.all->busy_ticks, 1000U + 200 + 300 + 10 + 20 + 30);
}

TEST(CpuLines, CpusThatAreOfflineAreMissing) {
  const CpuLines lines = parse_cpu_lines(
      "cpu  6 0 0 6 0 0 0 0 0 0\n"
      "cpu0 1 0 0 2 0 0 0 0 0 0\n"
      "cpu2 2 0 0 2 0 0 0 0 0 0\n"
      "cpu127 3 0 0 2 0 0 0 0 0 0\n"
      "intr 123 4 5\ncpu9 1 1 1 1\n");
  ASSERT_EQ(lines.cores.size(), 3U);
  EXPECT_EQ(lines.cores[0].id, 0U);
  EXPECT_EQ(lines.cores[1].id, 2U);
  EXPECT_EQ(lines.cores[2].id, 127U);
  EXPECT_EQ(lines.cores[2].times.busy_ticks, 3U);
  EXPECT_EQ(lines.cores[2].times.total_ticks, 5U);
}

TEST(CpuLines, OldKernelsHaveFewerTimes) {
  const CpuLines lines = parse_cpu_lines("cpu 1 2 3 4\ncpu0 1 2 3 4 5\n");
  ASSERT_TRUE(lines.all);
  EXPECT_EQ(lines.all->total_ticks, 10U);
  ASSERT_EQ(lines.cores.size(), 1U);
  EXPECT_EQ(lines.cores[0].times.total_ticks, 15U);
  EXPECT_EQ(lines.cores[0].times.busy_ticks, 6U);
}

TEST(CpuLines, LineThatIsNoneIsLeftOut) {
  const CpuLines lines = parse_cpu_lines("cpu 1 2 x 4\ncpux 1 2 3 4\ncpu1 1 2 3\ncpu2 1 1 1 1\n");
  EXPECT_FALSE(lines.all);
  ASSERT_EQ(lines.cores.size(), 1U);
  EXPECT_EQ(lines.cores[0].id, 2U);
}

TEST(CpuLines, TimesDoNotFallBackByAMoment) {
  const CpuLines before = parse_cpu_lines("cpu 100 0 0 5000\ncpu0 50 0 0 2500\ncpu2 50 0 0 2500\n");
  CpuLines now = parse_cpu_lines("cpu 110 0 0 4998\ncpu1 1 0 0 1\ncpu2 49 0 0 2499\n");
  keep_rising(now, before);
  EXPECT_EQ(now.all->busy_ticks, 110U);
  EXPECT_EQ(now.all->total_ticks, 5110U);
  ASSERT_EQ(now.cores.size(), 2U);
  EXPECT_EQ(now.cores[0].times.total_ticks, 2U) << "it was offline before";
  EXPECT_EQ(now.cores[1].times.busy_ticks, 50U);
  EXPECT_EQ(now.cores[1].times.total_ticks, 2550U);
}

TEST(CpuLines, ACpuThatWasOfflineBeginsAnew) {
  CpuLines now = parse_cpu_lines("cpu0 9 0 0 91\n");
  keep_rising(now, parse_cpu_lines("cpu0 1000 0 0 9000\n"));
  EXPECT_EQ(now.cores[0].times.busy_ticks, 9U);
  EXPECT_EQ(now.cores[0].times.total_ticks, 100U);
}

TEST(LoadLine, HasAveragesAndThreads) {
  const auto load = parse_load("2.31 1.87 1.99 1/94 25469\n");
  ASSERT_TRUE(load);
  EXPECT_EQ(load->averages, (std::array{2.31, 1.87, 1.99}));
  EXPECT_EQ(load->threads, 94U);
}

TEST(LoadLine, AnythingElseIsNone) {
  for (const char* text : {"", "1 2", "1 2 3", "1 2 3 94 5", "1 nan 3 1/94 5", "-1 2 3 1/94 5"}) {
    EXPECT_FALSE(parse_load(text)) << text;
  }
}

TEST(Pressure, IsThatOfTheLastTenSeconds) {
  const PressureFacts facts = parse_pressure(
      "some avg10=12.34 avg60=1.00 avg300=2.00 total=5\n"
      "full avg10=0.50 avg60=3.00 avg300=4.00 total=6\n");
  EXPECT_EQ(facts.some_percent, 12.34);
  EXPECT_EQ(facts.full_percent, 0.5);
}

TEST(Pressure, PartThatTheKernelDoesNotKeepIsAbsent) {
  const PressureFacts facts = parse_pressure("some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n");
  EXPECT_EQ(facts.some_percent, 0.0);
  EXPECT_FALSE(facts.full_percent);
  EXPECT_FALSE(parse_pressure("").some_percent);
  EXPECT_FALSE(parse_pressure("some avg10=101 x\n").some_percent);
}

TEST(CpuModel, IsTheNameWhereTheKernelKnowsIt) {
  EXPECT_EQ(parse_cpu_model("processor\t: 0\nmodel\t\t: 85\nmodel name\t: Intel(R) Xeon(R) Gold\n"),
            "Intel(R) Xeon(R) Gold");
  EXPECT_EQ(parse_cpu_model("processor\t: 0\ncpu\t\t: POWER9, altivec supported\n"),
            "POWER9, altivec supported");
}

TEST(CpuModel, OfArmIsItsNumbers) {
  EXPECT_EQ(parse_cpu_model("processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd4f\n"),
            "ARM implementer 0x41 part 0xd4f");
  EXPECT_EQ(parse_cpu_model("processor\t: 0\n"), "");
}

TEST(CpuList, CountsRangesAndSingleOnes) {
  EXPECT_EQ(count_in_cpu_list("0-3,8,10-11\n"), 7U);
  EXPECT_EQ(count_in_cpu_list("0\n"), 1U);
  EXPECT_FALSE(count_in_cpu_list("\n"));
  EXPECT_FALSE(count_in_cpu_list("3-0\n"));
  EXPECT_FALSE(count_in_cpu_list("0-\n"));
}

}  // namespace
}  // namespace wemol::host
