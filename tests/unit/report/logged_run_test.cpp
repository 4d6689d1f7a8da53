#include "logged_run.h"

#include <algorithm>
#include <cmath>
#include <random>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace wemol::report {
namespace {

constexpr double kBegin = 1768473000;

LoggedRun run_of(const std::vector<std::string>& lines) {
  LoggedRun run;
  reading::LoggedLine line;
  for (const std::string& text : lines) {
    EXPECT_TRUE(line.parse(text)) << text << ": " << line.trouble();
    run.add(line);
  }
  return run;
}

std::string line_at(double seconds, const std::string& values) {
  return fmt::format("{{\"_timestamp\": {}, {}}}", kBegin + seconds, values);
}

std::size_t known_in(const std::vector<std::optional<double>>& values) {
  return static_cast<std::size_t>(
      std::ranges::count_if(values, [](const auto& value) { return value.has_value(); }));
}

TEST(LoggedRun, HasExactFiguresOfEachMetric) {
  const LoggedRun run = run_of({line_at(0, R"("_step": 5, "loss": 2.5, "acc": 0.5)"),
                                line_at(10, R"("_step": 6, "loss": 0.5)"),
                                line_at(20, R"("_step": 7, "loss": 1.5, "acc": null)")});
  EXPECT_EQ(run.lines(), 3U);
  EXPECT_EQ(run.duration_seconds(), 20);
  EXPECT_EQ(run.first_step(), 5);
  EXPECT_EQ(run.last_step(), 7);
  ASSERT_EQ(run.metrics().size(), 2U);
  EXPECT_EQ(run.metrics()[0].name, "loss");
  const LoggedMetric& loss = *run.find("loss");
  EXPECT_FALSE(loss.is_hardware());
  EXPECT_EQ(loss.series.values(), 3U);
  EXPECT_EQ(loss.series.min(), 0.5);
  EXPECT_EQ(loss.series.max(), 2.5);
  EXPECT_EQ(loss.series.last(), 1.5);
  EXPECT_EQ(run.mean_of(loss), 1.5);
  EXPECT_EQ(run.find("acc")->nulls, 1U);
  EXPECT_EQ(run.find("acc")->series.values(), 1U);
  EXPECT_EQ(run.find("other"), nullptr);
}

TEST(LoggedRun, OfANameThatIsThereTwiceTheLastCounts) {
  const LoggedRun run = run_of({line_at(0, R"("loss": 1, "x": 7, "loss": 3)")});
  EXPECT_EQ(run.find("loss")->series.values(), 1U);
  EXPECT_EQ(run.find("loss")->series.last(), 3);
  EXPECT_EQ(run.metrics()[0].name, "loss");
}

TEST(LoggedRun, HardwareMeansAreOverTime) {
  // 100 lines within one second say 100 %, and then for 99 s one line each 1 % of the time says 0
  // %.
  std::vector<std::string> lines;
  for (int i = 0; i <= 100; ++i) {
    lines.push_back(line_at(i / 100.0, R"("system.cpu.usage_percent": 100, "loss": 100)"));
  }
  for (int i = 2; i <= 100; ++i) {
    lines.push_back(line_at(i, R"("system.cpu.usage_percent": 0, "loss": 0)"));
  }
  const LoggedRun run = run_of(lines);
  EXPECT_NEAR(run.mean_of(*run.find("system.cpu.usage_percent")).value(), 1, 0.3);
  EXPECT_NEAR(run.mean_of(*run.find("loss")).value(), 50.5, 0.01);
}

TEST(LoggedRun, AValueStandsForTheTimeSinceTheOneBefore) {
  const LoggedRun run = run_of({line_at(0, R"("system.memory.used_bytes": 8)"),
                                line_at(10, R"("system.memory.used_bytes": 4)"),
                                line_at(20, R"("system.memory.used_bytes": 2)")});
  const auto columns = columns_of(run, 10);
  const auto means = means_in(columns, run.metrics()[0].series, run.steps());
  ASSERT_EQ(means.size(), columns.begins.size());
  EXPECT_EQ(known_in(means), means.size());
  EXPECT_EQ(means[2], 4);
  EXPECT_EQ(means[means.size() - 2], 2);
}

TEST(LoggedRun, AfterALongSilenceAValueStandsForTheUsualTimeOnly) {
  std::vector<std::string> lines;
  for (int i = 0; i <= 50; ++i) {
    lines.push_back(line_at(i, R"("system.cpu.usage_percent": 10)"));
    lines.push_back(line_at(150 + i, R"("system.cpu.usage_percent": 20)"));
  }
  std::ranges::sort(lines);
  const LoggedRun run = run_of(lines);
  const auto columns = columns_of(run, 100);
  const auto means = means_in(columns, run.metrics()[0].series, run.steps());
  EXPECT_NEAR(static_cast<double>(known_in(means)) / static_cast<double>(means.size()), 0.51, 0.03);
  EXPECT_FALSE(means[means.size() / 2]);
  EXPECT_NEAR(run.mean_of(run.metrics()[0]).value(), 15, 0.2);
}

TEST(LoggedRun, WhatAllGpusMakeTogetherIsOfEachLine) {
  const LoggedRun run =
      run_of({line_at(0, R"("gpu.0.gpu": 100, "gpu.1.gpu": 50, "gpu.0.powerWatts": 300,)"
                         R"( "gpu.1.powerWatts": 100, "gpu.0.memoryAllocatedBytes": 5,)"
                         R"( "gpu.process.0.memoryAllocatedBytes": 5)"),
              line_at(1, R"("gpu.0.gpu": 20)")});
  EXPECT_EQ(run.all_gpus(kAllGpusUtilization).max(), 75);
  EXPECT_EQ(run.all_gpus(kAllGpusUtilization).last(), 20);
  EXPECT_EQ(run.all_gpus(kAllGpusPower).last(), 400);
  EXPECT_EQ(run.all_gpus(kAllGpusMemory).last(), 5);
  EXPECT_EQ(run.all_gpus(kAllGpusMemory).values(), 1U);
  EXPECT_TRUE(run.find("gpu.process.0.memoryAllocatedBytes")->is_hardware());
}

/// Of any stretch, also where the steps had to be widened many times.
TEST(LoggedRun, ColumnsHaveTheValuesOfTheirTime) {
  std::mt19937 random(20260115);
  for (const double span : {0.0, 0.5, 3.0, 1000.0, 1e6, 3e7}) {
    std::uniform_real_distribution<double> anywhere(0, span);
    LoggedRun run;
    reading::LoggedLine line;
    constexpr int kLines = 5000;
    for (int i = 0; i < kLines; ++i) {  // in no order, as if the clock were stepped all the time
      const double time = std::floor(anywhere(random) * 1000) / 1000;
      ASSERT_TRUE(line.parse(line_at(time, fmt::format("\"time\": {}", time))));
      run.add(line);
    }
    const auto columns = columns_of(run, 68);
    EXPECT_LE(columns.begins.size(), 68U);
    EXPECT_LE(run.steps().count(), TimeSteps::kMostSteps);
    EXPECT_TRUE(span < 3 || columns.begins.size() > 60U) << columns.begins.size();
    const auto means = means_in(columns, run.metrics()[0].series, run.steps());
    ASSERT_EQ(means.size(), columns.begins.size());
    for (std::size_t column = 0; column < means.size(); ++column) {
      const double begin = columns.begins[column] - kBegin;
      const double width = static_cast<double>(columns.steps_each) * run.steps().width_seconds();
      // A value may stand for the time before it.
      const double distance = 3 * span / kLines;
      ASSERT_TRUE(means[column]) << span << " " << column;
      EXPECT_GE(*means[column], begin - 1e-3) << span << " " << column;
      EXPECT_LE(*means[column], begin + width + distance + 1e-3) << span << " " << column;
    }
  }
}

TEST(LoggedRun, MetricsBeyondTheMostAreCounted) {
  LoggedRun run;
  reading::LoggedLine line;
  for (std::size_t i = 0; i < LoggedRun::kMostMetrics + 10; ++i) {
    ASSERT_TRUE(line.parse(line_at(0, fmt::format("\"m{}\": 1, \"m0\": 2", i))));
    run.add(line);
  }
  EXPECT_EQ(run.metrics().size(), LoggedRun::kMostMetrics);
  EXPECT_EQ(run.values_left_out(), 10U);
  EXPECT_EQ(run.find("m0")->series.values(), LoggedRun::kMostMetrics + 10);
}

TEST(LoggedRun, OneLineIsARun) {
  const LoggedRun run = run_of({line_at(0, R"("system.cpu.usage_percent": 40)")});
  EXPECT_EQ(run.duration_seconds(), 0);
  EXPECT_EQ(run.mean_of(run.metrics()[0]), 40);
  EXPECT_EQ(columns_of(run, 68).begins.size(), 1U);
}

}  // namespace
}  // namespace wemol::report
