#include "task_series.h"

#include <gtest/gtest.h>

#include "recorded_run.h"

namespace wemol::report {
namespace {

using namespace std::chrono_literals;
using test::kNoon;

void add_cores(TaskSeries& series, std::chrono::seconds after_noon, std::optional<double> cores) {
  UsageReading reading;
  reading.read_at = kNoon + after_noon;
  reading.cpu_cores = cores;
  series.add(reading);
}

using Values = std::vector<std::optional<double>>;

Values mean_cores(const std::vector<SeriesBucket>& buckets) {
  Values values;
  for (const SeriesBucket& bucket : buckets) {
    values.push_back(bucket.mean[kSeriesCores]);
  }
  return values;
}

TEST(TaskSeries, OfNoReadingsHasNoBuckets) {
  EXPECT_TRUE(TaskSeries().buckets(10, kNoon, kNoon + 1h).empty());
}

TEST(TaskSeries, AReadingStandsForTheTimeSinceTheOneBefore) {
  TaskSeries series;
  add_cores(series, 10s, 1);
  add_cores(series, 20s, 2);
  add_cores(series, 30s, 3);
  const auto buckets = series.buckets(6, std::nullopt, std::nullopt);
  EXPECT_EQ(mean_cores(buckets), (Values{1, 1, 2, 2, 3, 3}));
  EXPECT_EQ(buckets[0].begin, kNoon) << "as long before the first one as they are apart";
  EXPECT_EQ(buckets[5].begin, kNoon + 25s);
}

TEST(TaskSeries, BucketsHaveTheMeanByTimeAndTheHighest) {
  TaskSeries series;
  add_cores(series, 10s, 1);
  add_cores(series, 20s, 2);
  add_cores(series, 30s, 6);
  const auto buckets = series.buckets(2, std::nullopt, std::nullopt);
  ASSERT_EQ(buckets.size(), 2U);
  EXPECT_DOUBLE_EQ(buckets[0].mean[kSeriesCores].value(), (10 * 1 + 5 * 2) / 15.0);
  EXPECT_EQ(buckets[0].max[kSeriesCores], 2);
  EXPECT_DOUBLE_EQ(buckets[1].mean[kSeriesCores].value(), (5 * 2 + 10 * 6) / 15.0);
  EXPECT_EQ(buckets[1].max[kSeriesCores], 6);
  EXPECT_EQ(buckets[0].samples + buckets[1].samples, 3U);
}

TEST(TaskSeries, ReachesFromTheStartToTheEndWhereTheyAreKnown) {
  TaskSeries series;
  add_cores(series, 10s, 1);
  add_cores(series, 20s, 2);
  EXPECT_EQ(mean_cores(series.buckets(4, kNoon + 5s, kNoon + 25s)), (Values{1, 2, 2, 2}));
  EXPECT_EQ(series.end(kNoon + 25s), kNoon + 25s);
  EXPECT_EQ(series.end(std::nullopt), kNoon + 20s);
}

TEST(TaskSeries, NobodyKnowsWhatWasInAGap) {
  TaskSeries series;
  for (const auto time : {10s, 20s, 30s, 90s, 100s}) {
    add_cores(series, time, 1);
  }
  const auto buckets = series.buckets(10, std::nullopt, kNoon + 100s);
  EXPECT_EQ(mean_cores(buckets), (Values{1, 1, 1, std::nullopt, std::nullopt, std::nullopt,
                                         std::nullopt, std::nullopt, 1, 1}));
}

TEST(TaskSeries, AFigureThatIsMissingIsAbsent) {
  TaskSeries series;
  add_cores(series, 10s, 0);
  add_cores(series, 20s, std::nullopt);
  EXPECT_EQ(mean_cores(series.buckets(2, std::nullopt, std::nullopt)), (Values{0, std::nullopt}));
}

TEST(TaskSeries, ReadingsMayComeInAnyOrder) {
  TaskSeries series;
  add_cores(series, 20s, 2);
  add_cores(series, 10s, 1);
  EXPECT_EQ(mean_cores(series.buckets(2, std::nullopt, std::nullopt)), (Values{1, 2}));
}

TEST(TaskSeries, OneReadingAloneIsABucket) {
  TaskSeries series;
  add_cores(series, 10s, 2);
  EXPECT_EQ(mean_cores(series.buckets(1, std::nullopt, std::nullopt)), (Values{2}));
}

TEST(TaskSeries, GpusAreAddedUpAndTheirUtilizationIsTheMean) {
  const std::array<GpuReading, 3> gpus{
      GpuReading{.utilization_percent = 40, .memory_used_mib = 100, .power_draw_watts = 50},
      GpuReading{.utilization_percent = 60, .memory_used_mib = 200, .power_draw_watts = 70},
      GpuReading{}};
  UsageReading reading;
  reading.read_at = kNoon;
  reading.memory_used_bytes = 4096;
  reading.gpus = gpus;
  TaskSeries series;
  series.add(reading);
  const SeriesBucket bucket = series.buckets(1, std::nullopt, std::nullopt).front();
  EXPECT_EQ(bucket.mean[kSeriesMemoryBytes], 4096);
  EXPECT_EQ(bucket.mean[kSeriesGpuUtilizationPercent], 50);
  EXPECT_EQ(bucket.mean[kSeriesGpuMemoryMib], 300);
  EXPECT_EQ(bucket.mean[kSeriesGpuPowerWatts], 120);
  EXPECT_EQ(bucket.mean[kSeriesCores], std::nullopt);
}

}  // namespace
}  // namespace wemol::report
