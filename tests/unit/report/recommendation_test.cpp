#include "recommendation.h"

#include <gtest/gtest.h>

#include "recorded_run.h"

namespace wemol::report {
namespace {

using test::kGib;

constexpr double kGibibyte = static_cast<double>(kGib);

/// One run for each number: so many cores, GiB of memory and of GPU memory, and minutes.
GroupFigures group_of_amounts(const std::vector<double>& amounts) {
  GroupFigures group;
  for (const double amount : amounts) {
    reading::RecordedRun run;
    run.summary.cpu_cores_max = amount;
    run.summary.cpu_cores_mean = amount / 2;
    run.summary.memory_peak_bytes = static_cast<std::uint64_t>(amount * kGibibyte);
    run.summary.gpu_memory_peak_mib = amount * 1024;
    run.summary.duration_seconds = amount * 60;
    group.add(run, false);
  }
  return group;
}

std::vector<double> one_to_twenty() {
  std::vector<double> amounts;
  for (int amount = 1; amount <= 20; ++amount) {
    amounts.push_back(amount);
  }
  return amounts;
}

TEST(Recommendation, IsThePercentileAndTheMarginRoundedUp) {
  // The 95th percentile of 1 to 20 is 19; with 20 % 22.8; rounded up 23.
  const Recommendation made = recommend(group_of_amounts(one_to_twenty()), {});
  EXPECT_EQ(made.cores.request, 23);
  EXPECT_EQ(made.memory_bytes.request, 23 * kGibibyte);
  EXPECT_EQ(made.gpu_memory_mib.request, 23.0 * 1024);
  EXPECT_EQ(made.time_limit_seconds.request, 23.0 * 60);
  EXPECT_FALSE(made.memory_raised_after_oom);
}

TEST(Recommendation, TellsWhatItRestsOn) {
  const RequestedFigure cores = recommend(group_of_amounts(one_to_twenty()), {}).cores;
  EXPECT_EQ(cores.known, 20U);
  EXPECT_EQ(cores.p50, 10);
  EXPECT_EQ(cores.p95, 19);
  EXPECT_EQ(cores.max, 20);
  EXPECT_EQ(cores.too_small_for, 0U);
  EXPECT_DOUBLE_EQ(cores.saving_percent.value(), -15) << "23 instead of 20 costs more";
}

TEST(Recommendation, BelowThePeakItSaysForHowManyRunsItWouldHaveBeenTooSmall) {
  // The median of 1 to 20 is 10, without a margin.
  const Recommendation made =
      recommend(group_of_amounts(one_to_twenty()), {.percentile = 50, .margin_percent = 0});
  for (const RequestedFigure& figure :
       {made.cores, made.memory_bytes, made.gpu_memory_mib, made.time_limit_seconds}) {
    EXPECT_EQ(figure.too_small_for, 10U);
    EXPECT_DOUBLE_EQ(figure.saving_percent.value(), 50);
    EXPECT_DOUBLE_EQ(figure.max.value() / figure.request.value(), 2);
  }
}

TEST(Recommendation, SavesNoPercentageOfAPeakBelowTheLeastRequest) {
  constexpr double kMebibyte = 1024.0 * 1024;
  GroupFigures group;
  for (int run = 0; run < 20; ++run) {
    group.cpu_cores_max.add(0.0001);
    group.memory_peak_bytes.add(30 * kMebibyte);
    group.gpu_memory_peak_mib.add(0.);
    group.run_time_seconds.add(59);
  }
  const Recommendation least = recommend(group, {});
  EXPECT_EQ(least.cores.request, 0.5);
  for (const RequestedFigure& figure :
       {least.cores, least.memory_bytes, least.gpu_memory_mib, least.time_limit_seconds}) {
    EXPECT_TRUE(figure.request && figure.max && figure.too_small_for);
    EXPECT_EQ(figure.saving_percent, std::nullopt);
  }
  GroupFigures at_it;
  for (int run = 0; run < 20; ++run) {
    at_it.cpu_cores_max.add(0.5);
    at_it.memory_peak_bytes.add(256 * kMebibyte);
    at_it.gpu_memory_peak_mib.add(256);
    at_it.run_time_seconds.add(60);
  }
  const Recommendation made = recommend(at_it, {});
  for (const RequestedFigure& figure :
       {made.cores, made.memory_bytes, made.gpu_memory_mib, made.time_limit_seconds}) {
    EXPECT_DOUBLE_EQ(figure.saving_percent.value(), -100);
  }
}

TEST(Recommendation, CoresByTheMeanAreStillJudgedByThePeaks) {
  const RequestedFigure cores = recommend(group_of_amounts(one_to_twenty()),
                                          {.margin_percent = 0, .cores_basis = CoresBasis::mean})
                                    .cores;
  EXPECT_EQ(cores.request, 10) << "9.5, rounded up";
  EXPECT_EQ(cores.max, 20);
  EXPECT_EQ(cores.too_small_for, 10U);
}

TEST(Recommendation, WithTooFewRunsThereIsNone) {
  const GroupFigures nine = group_of_amounts({1, 2, 3, 4, 5, 6, 7, 8, 9});
  const Recommendation made = recommend(nine, {});
  EXPECT_EQ(made.cores.request, std::nullopt);
  EXPECT_EQ(made.cores.known, 9U);
  EXPECT_EQ(made.cores.max, 9) << "what was seen is told all the same";
  EXPECT_EQ(made.cores.too_small_for, std::nullopt);
  EXPECT_EQ(made.cores.saving_percent, std::nullopt);
  EXPECT_TRUE(recommend(nine, {.minimum_runs = 9}).cores.request);
}

TEST(Recommendation, EachFigureNeedsItsOwnRuns) {
  GroupFigures group = group_of_amounts(one_to_twenty());
  group.gpu_memory_peak_mib = {};
  const Recommendation made = recommend(group, {.minimum_runs = 0});
  EXPECT_TRUE(made.cores.request);
  EXPECT_EQ(made.gpu_memory_mib.request, std::nullopt);
  EXPECT_EQ(made.gpu_memory_mib.max, std::nullopt);
}

TEST(Recommendation, AfterAnOomKillTheMemoryGrows) {
  GroupFigures group = group_of_amounts(std::vector<double>(20, 4));
  reading::RecordedRun killed;
  killed.summary.memory_peak_bytes = 4 * kGib;
  killed.summary.oom_killed = true;
  group.add(killed, false);
  const Recommendation made = recommend(group, {});
  EXPECT_EQ(made.memory_bytes.request, 6 * kGibibyte) << "4 GiB and half of it";
  EXPECT_TRUE(made.memory_raised_after_oom);
  EXPECT_EQ(recommend(group, {.oom_growth_percent = 100}).memory_bytes.request, 8 * kGibibyte);
  const Recommendation by_margin = recommend(group, {.margin_percent = 100});
  EXPECT_EQ(by_margin.memory_bytes.request, 8 * kGibibyte);
  EXPECT_FALSE(by_margin.memory_raised_after_oom) << "the margin alone asks for more";
}

TEST(Rounding, GoesUpToWhatPeopleAskFor) {
  EXPECT_EQ(cores_rounded_up(0), 0.5) << "nobody can ask for nothing";
  EXPECT_EQ(cores_rounded_up(0.51), 1);
  EXPECT_EQ(cores_rounded_up(2.4), 2.5);
  EXPECT_EQ(cores_rounded_up(5 * 1.2), 6) << "no step more for a rounding error";
  EXPECT_EQ(cores_rounded_up(6.1), 7);
  EXPECT_EQ(bytes_rounded_up(1), 0.25 * kGibibyte);
  EXPECT_EQ(bytes_rounded_up(7.8 * kGibibyte), 8 * kGibibyte);
  EXPECT_EQ(bytes_rounded_up(8.1 * kGibibyte), 9 * kGibibyte);
  EXPECT_EQ(mebibytes_rounded_up(522 * 1.2), 768);
  EXPECT_EQ(seconds_rounded_up(1), 60);
  EXPECT_EQ(seconds_rounded_up(60), 60);
  EXPECT_EQ(seconds_rounded_up(61), 120);
}

TEST(Rules, AreSaidInWordsWithTheirNumbers) {
  std::string text;
  for (const std::string& sentence : rules_in_words(
           {.percentile = 90, .margin_percent = 15, .minimum_runs = 7, .oom_growth_percent = 40})) {
    text += sentence + "\n";
  }
  for (const char* const number : {"90 %", "15 %", "7 runs", "40 %", "highest reading"}) {
    EXPECT_NE(text.find(number), std::string::npos) << number << " in:\n" << text;
  }
}

}  // namespace
}  // namespace wemol::report
