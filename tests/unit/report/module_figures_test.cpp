#include "module_figures.h"

#include <gtest/gtest.h>

#include "recorded_run.h"

namespace wemol::report {
namespace {

using reading::Basis;
using reading::RecordedRun;
using test::kGib;
using test::kNoon;
using test::run_of;
using namespace std::chrono_literals;

using Models = std::vector<std::string>;

GroupFigures figures_of(const std::vector<RecordedRun>& runs, std::uint64_t exact_up_to = 100) {
  ModuleFigures figures({}, kNoon + 24h, exact_up_to);
  for (const RecordedRun& run : runs) {
    figures.add(run);
  }
  EXPECT_EQ(figures.groups().size(), 1U);
  return figures.groups().begin()->second;
}

TEST(Grouping, TellsRunsApartByModuleAndByTheSetOfGpuModels) {
  RunSummary run;
  run.module_name = "MD";
  EXPECT_EQ(group_of(run), (GroupKey{"MD", std::nullopt})) << "nobody knows";
  run.gpu_count = 0;
  EXPECT_EQ(group_of(run), (GroupKey{"MD", Models{}})) << "none";
  run.gpu_count = 3;
  run.gpu_names = "NVIDIA L4,NVIDIA A100,NVIDIA L4";
  EXPECT_EQ(group_of(run), (GroupKey{"MD", Models{"NVIDIA A100", "NVIDIA L4"}}));
  run.gpu_names = "Unknown,N/A";
  EXPECT_EQ(group_of(run), (GroupKey{"MD", Models{"unknown model"}}));
  run.gpu_names = "";
  EXPECT_EQ(group_of(run), (GroupKey{"MD", Models{"unknown model"}}));
}

TEST(Grouping, ModulesOfTheSameNameOnOtherGpusAreOtherGroups) {
  ModuleFigures figures({}, kNoon);
  RecordedRun run = run_of("MD");
  figures.add(run);
  run.summary.gpu_count = 1;
  run.summary.gpu_names = "NVIDIA L4";
  figures.add(run);
  figures.add(run);
  figures.add(run_of("Dock"));
  ASSERT_EQ(figures.groups().size(), 3U);
  EXPECT_EQ(figures.groups().at({"MD", Models{"NVIDIA L4"}}).runs, 2U);
  EXPECT_EQ(figures.module_names(), (Models{"Dock", "MD"}));
}

TEST(Figures, WhatIsNotKnownIsNotCounted) {
  const GroupFigures group = figures_of({run_of("MD")});
  EXPECT_EQ(group.runs, 1U);
  EXPECT_EQ(group.exit_code_known, 0U);
  EXPECT_EQ(group.oom_known, 0U);
  EXPECT_EQ(group.run_time_seconds.size(), 0U);
  EXPECT_EQ(group.memory_peak_bytes.size(), 0U);
  EXPECT_EQ(group.gpu_memory_peak_mib.size(), 0U);
  EXPECT_EQ(group.energy_wh.total(), std::nullopt);
  EXPECT_EQ(group.gpu_utilization_mean_percent.mean(), std::nullopt);
  EXPECT_EQ(group.cost_core_hours(16), std::nullopt);
}

TEST(Figures, FailuresAndOomKillsAreThoseThatAreKnown) {
  RecordedRun good = run_of("MD");
  good.summary.exit_code = 0;
  good.summary.oom_killed = false;
  RecordedRun failed = good;
  failed.summary.exit_code = 3;
  RecordedRun killed = good;
  killed.summary.exit_code = 137;
  killed.summary.oom_killed = true;
  killed.summary.memory_peak_bytes = 4 * kGib;
  RecordedRun killed_lower = killed;
  killed_lower.summary.memory_peak_bytes = 2 * kGib;
  const GroupFigures group = figures_of({good, failed, killed, killed_lower, run_of("MD")});
  EXPECT_EQ(group.exit_code_known, 4U);
  EXPECT_EQ(group.failed, 3U);
  EXPECT_EQ(group.oom_known, 4U);
  EXPECT_EQ(group.oom_killed, 2U);
  EXPECT_EQ(group.largest_oom_peak_bytes, 4.0 * kGib);
}

TEST(Figures, EachRunCountsOnceHoweverLong) {
  std::vector<RecordedRun> runs(51, run_of("MD"));
  for (RecordedRun& run : runs) {
    run.summary.duration_seconds = 60;
    run.summary.cpu_cores_mean = 1;
    run.summary.cpu_cores_max = 2;
    run.summary.gpu_utilization_mean = 10;
    run.summary.energy_wh = 0.5;
  }
  runs.front().summary.duration_seconds = 1e6;
  runs.front().summary.cpu_cores_mean = 30;
  runs.front().summary.cpu_cores_max = 32;
  runs.front().summary.gpu_utilization_mean = 61;
  const GroupFigures group = figures_of(runs);
  EXPECT_EQ(group.run_time_seconds.quantile(95), 60);
  EXPECT_EQ(group.run_time_seconds.max(), 1e6);
  EXPECT_EQ(group.cpu_cores_mean.quantile(95), 1);
  EXPECT_EQ(group.cpu_cores_max.max(), 32);
  EXPECT_EQ(group.gpu_utilization_mean_percent.mean(), 11);
  EXPECT_EQ(group.energy_wh.total(), 25.5);
}

TEST(Figures, CostIsCoreHoursUsedAndGpuHoursHeld) {
  RecordedRun one = run_of("MD");
  one.summary.cpu_seconds = 7200;
  one.summary.gpu_count = 2;
  one.summary.gpu_names = "L4,L4";
  one.summary.duration_seconds = 1800;
  RecordedRun other = one;
  other.summary.cpu_seconds = 3600;
  other.summary.duration_seconds = 3600;
  const GroupFigures group = figures_of({one, other});
  EXPECT_DOUBLE_EQ(group.cost_core_hours(16).value(), 2 + 1 + (1 + 2) * 16);
  EXPECT_DOUBLE_EQ(group.cost_core_hours(0).value(), 3);
}

TEST(Figures, GpuMemoryOfTheWholeDeviceStandsInAndIsCounted) {
  RecordedRun own = run_of("MD");
  own.summary.gpu_memory_peak_mib = 500;
  own.summary.gpu_device_memory_peak_mib = 9000;
  RecordedRun device = run_of("MD");
  device.summary.gpu_device_memory_peak_mib = 800;
  const GroupFigures group = figures_of({own, device});
  EXPECT_EQ(group.gpu_memory_peak_mib.max(), 800);
  EXPECT_EQ(group.gpu_memory_peak_mib.size(), 2U);
  EXPECT_EQ(group.gpu_memory_of_whole_device, 1U);
}

TEST(Figures, ARunThatMayStillRunHasNoRunTime) {
  RecordedRun run = run_of("MD");
  run.basis = Basis::samples;
  run.summary.ended_at.reset();
  run.summary.duration_seconds = 100;
  run.summary.cpu_cores_mean = 2;
  run.last_read_at = kNoon;
  ModuleFigures soon({}, kNoon + 9min);
  soon.add(run);
  EXPECT_EQ(soon.groups().begin()->second.may_still_run, 1U);
  EXPECT_EQ(soon.groups().begin()->second.run_time_seconds.size(), 0U);
  EXPECT_EQ(soon.groups().begin()->second.cpu_cores_mean.size(), 1U);
  ModuleFigures later({}, kNoon + 10min);
  later.add(run);
  EXPECT_EQ(later.groups().begin()->second.may_still_run, 0U);
  EXPECT_EQ(later.groups().begin()->second.run_time_seconds.size(), 1U);
}

TEST(Figures, BeyondTheStatedNumberOfRunsAreApproximateInAllGroups) {
  ModuleFigures figures({}, kNoon, 3);
  for (const char* const module : {"MD", "MD", "Dock"}) {
    RecordedRun run = run_of(module);
    run.summary.duration_seconds = 100;
    figures.add(run);
  }
  EXPECT_TRUE(figures.is_exact());
  EXPECT_EQ(figures.groups().at({"MD", std::nullopt}).run_time_seconds.quantile(50), 100);
  RecordedRun longer = run_of("New");
  longer.summary.duration_seconds = 200;
  figures.add(longer);
  longer.summary.duration_seconds = 300;
  figures.add(longer);
  EXPECT_FALSE(figures.is_exact());
  const Distribution& times = figures.groups().at({"New", std::nullopt}).run_time_seconds;
  EXPECT_NE(times.quantile(50), 200);
  EXPECT_NEAR(times.quantile(50).value(), 200, 2);
}

TEST(TimeOfARun, IsItsEndElseItsLastRowElseWhatIsKnown) {
  RecordedRun run;
  EXPECT_EQ(time_of(run), std::nullopt);
  run.summary.started_at = kNoon;
  EXPECT_EQ(time_of(run), kNoon);
  run.summary.duration_seconds = 60;
  EXPECT_EQ(time_of(run), kNoon + 1min);
  run.last_read_at = kNoon + 2min;
  EXPECT_EQ(time_of(run), kNoon + 2min);
  run.summary.ended_at = kNoon + 3min;
  EXPECT_EQ(time_of(run), kNoon + 3min);
}

TEST(Window, TakesRunsFromItsBeginToBeforeItsEnd) {
  const TimeWindow hour{.since = kNoon, .until = kNoon + 1h};
  ModuleFigures figures(hour, kNoon + 24h);
  for (const auto offset : {-1s, 0s, 3599s, 3600s}) {
    RecordedRun run = run_of("MD");
    run.summary.ended_at = kNoon + offset;
    figures.add(run);
  }
  RecordedRun timeless = run_of("MD");
  timeless.summary.ended_at.reset();
  figures.add(timeless);
  EXPECT_EQ(figures.groups().begin()->second.runs, 2U);
  EXPECT_EQ(figures.without_time(), 1U);
}

TEST(ModuleSelection, APatternIsAWholeNameElseAPartInAnyLetterCase) {
  const std::vector<std::string> names{"MD", "MD (GMX2024)", "分子对接", "Dock"};
  EXPECT_TRUE(ModuleSelection({}, names).takes("anything"));
  const ModuleSelection exact({"MD"}, names);
  EXPECT_TRUE(exact.takes("MD"));
  EXPECT_FALSE(exact.takes("MD (GMX2024)"));
  const ModuleSelection part({"md"}, names);
  EXPECT_TRUE(part.takes("MD"));
  EXPECT_TRUE(part.takes("MD (GMX2024)"));
  EXPECT_FALSE(part.takes("Dock"));
  const ModuleSelection several({"对接", "dock", "nothing"}, names);
  EXPECT_TRUE(several.takes("分子对接"));
  EXPECT_TRUE(several.takes("Dock"));
  EXPECT_FALSE(several.takes("MD"));
  EXPECT_EQ(several.unmatched(), std::vector<std::string>{"nothing"});
}

}  // namespace
}  // namespace wemol::report
