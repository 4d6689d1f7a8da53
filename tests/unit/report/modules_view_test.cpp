#include "modules_view.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "document.h"
#include "recorded_run.h"

namespace wemol::report {
namespace {

using nlohmann::ordered_json;
using reading::Basis;
using reading::RecordedRun;
using test::kGib;
using test::kNoon;
using test::run_of;

/// Two runs on a GPU with all figures, one OOM-killed; one without a GPU of which little is known.
std::vector<RecordedRun> three_runs() {
  RecordedRun one = run_of("MD (GMX2024)");
  one.summary.duration_seconds = 3600;
  one.summary.coverage_percent = 100;
  one.summary.exit_code = 0;
  one.summary.oom_killed = false;
  one.summary.cpu_seconds = 7200;
  one.summary.cpu_cores_mean = 2;
  one.summary.memory_peak_bytes = 2 * kGib;
  one.summary.gpu_count = 1;
  one.summary.gpu_names = "NVIDIA GeForce RTX 3090";
  one.summary.gpu_utilization_mean = 80;
  one.summary.gpu_memory_peak_mib = 512;
  one.summary.energy_wh = 300;
  RecordedRun other = one;
  other.summary.duration_seconds = 1800;
  other.summary.exit_code = 137;
  other.summary.oom_killed = true;
  other.summary.cpu_seconds = 1800;
  other.summary.cpu_cores_mean = 1;
  other.summary.memory_peak_bytes = 8 * kGib;
  other.summary.gpu_utilization_mean = 60;
  other.summary.gpu_memory_peak_mib = 1024;
  other.summary.energy_wh = 800;
  RecordedRun little = run_of("分子对接");
  little.basis = Basis::samples;
  little.summary.gpu_count = 0;
  little.summary.coverage_percent = 20;
  little.summary.cpu_seconds = 360;
  little.summary.cpu_cores_mean = 0.5;
  return {one, other, little};
}

ModuleFigures figures_of(const std::vector<RecordedRun>& runs) {
  ModuleFigures figures({}, kNoon);
  for (const RecordedRun& run : runs) {
    figures.add(run);
  }
  return figures;
}

const ReportContext kContext{.folder = "module_resource", .now = kNoon};

ordered_json json_of(const std::vector<RecordedRun>& runs, double gpu_hour_cores = 16) {
  return ordered_json::parse(modules_json(figures_of(runs), kContext, gpu_hour_cores).dump());
}

std::string text_of(const std::vector<RecordedRun>& runs, const ReportContext& context = kContext) {
  return document_text(modules_document(figures_of(runs), context, 16), {.width = 80});
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(ModulesJson, HasEveryFigureAsItWasWorkedOutByHand) {
  const ordered_json report = json_of(three_runs());
  EXPECT_EQ(report["schema"], "wemol-report/1");
  EXPECT_EQ(report["command"], "modules");
  EXPECT_EQ(report["runs"]["counted"], 3);
  EXPECT_EQ(report["runs"]["from_samples"], 1);
  EXPECT_EQ(report["runs"]["samples_coverage_percent_p50"], 100.0) << "100, 100 and 20";
  EXPECT_EQ(report["runs"]["percentiles"], "exact");
  ASSERT_EQ(report["modules"].size(), 2U);
  const ordered_json expected = ordered_json::parse(R"json({
      "module_name": "MD (GMX2024)", "gpu_models": ["NVIDIA GeForce RTX 3090"],
      "runs": 2, "from_samples": 0, "may_still_run": 0,
      "exit_code_known": 2, "failed": 1, "oom_known": 2, "oom_killed": 1,
      "run_time_seconds": {"known": 2, "p50": 1800.0, "p95": 3600.0, "max": 3600.0},
      "cpu_cores_mean": {"known": 2, "p50": 1.0, "p95": 2.0, "max": 2.0},
      "memory_peak_bytes": {"known": 2, "p50": 2147483648, "p95": 8589934592, "max": 8589934592},
      "gpu_memory_peak_mib": {"known": 2, "p50": 512.0, "p95": 1024.0, "max": 1024.0},
      "gpu_memory_of_whole_device": 0, "gpu_utilization_percent_mean": 70.0,
      "energy_wh": 1100.0, "energy_known": 2,
      "cpu_hours": 2.5, "gpu_hours": 1.5, "cost_core_hours": 26.5})json");
  EXPECT_EQ(report["modules"][0], expected);
}

TEST(ModulesJson, WhatIsNotKnownIsNull) {
  const ordered_json module = json_of(three_runs())["modules"][1];
  EXPECT_EQ(module["module_name"], "分子对接");
  EXPECT_EQ(module["gpu_models"], ordered_json::array());
  EXPECT_TRUE(module["failed"].is_null());
  EXPECT_TRUE(module["oom_killed"].is_null());
  EXPECT_TRUE(module["run_time_seconds"]["p50"].is_null());
  EXPECT_TRUE(module["energy_wh"].is_null());
  EXPECT_TRUE(module["gpu_hours"].is_null());
  EXPECT_EQ(module["cost_core_hours"], 0.1);
  EXPECT_TRUE(json_of({run_of("MD")})["modules"][0]["gpu_models"].is_null());
}

TEST(ModulesJson, TheMostCostlyComeFirstAndWhatNobodyKnowsLast) {
  std::vector<RecordedRun> runs;
  for (const double cpu_seconds : {10, 30, 20}) {
    runs.push_back(run_of("module " + std::to_string(runs.size())));
    runs.back().summary.cpu_seconds = cpu_seconds;
  }
  runs.push_back(run_of("a module"));
  std::vector<std::string> names;
  const ordered_json report = json_of(runs);
  for (const ordered_json& module : report["modules"]) {
    names.push_back(module["module_name"]);
  }
  EXPECT_EQ(names, (std::vector<std::string>{"module 1", "module 2", "module 0", "a module"}));
}

TEST(ModulesJson, TheWeightOfAGpuHourCanTurnTheOrder) {
  std::vector<RecordedRun> runs = three_runs();
  runs[2].summary.cpu_seconds = 3600.0 * 10;
  EXPECT_EQ(json_of(runs, 16)["modules"][0]["module_name"], "MD (GMX2024)");
  EXPECT_EQ(json_of(runs, 0)["modules"][0]["module_name"], "分子对接");
}

TEST(ModulesText, HasUnitsForPeopleAndDashesForTheUnknown) {
  const std::string text = text_of(three_runs());
  EXPECT_TRUE(contains(text,
                       "MD (GMX2024)  GeForce RTX 3090     2       1    1  0:30:00  1:00:00  "
                       "1:00:00  1.1 kWh    26.5\n"))
      << text;
  EXPECT_TRUE(
      contains(text, "分子对接      none                 1       -    -        -        -"));
  EXPECT_TRUE(contains(text, "GeForce RTX 3090            1    2    2  2 GiB  8 GiB  8 GiB\n"))
      << text;
  EXPECT_TRUE(contains(text, "512 MiB  1 GiB  1 GiB         70 %\n")) << text;
}

TEST(ModulesText, ModulesWithoutGpuAreNotInTheTableOfGpus) {
  const std::string text = text_of(three_runs());
  const std::string gpus = text.substr(text.find("\nGPUs\n"));
  EXPECT_TRUE(contains(gpus, "MD (GMX2024)"));
  EXPECT_FALSE(contains(gpus, "分子对接"));
  EXPECT_FALSE(contains(text_of({three_runs()[2]}), "\nGPUs\n"));
}

TEST(ModulesText, SaysAtTheFootWhatTheFiguresRestOn) {
  std::string text = text_of(three_runs());
  std::ranges::replace(text, '\n', ' ');
  EXPECT_TRUE(
      contains(text, "3 runs in module_resource. A run is one start of a task's container"));
  EXPECT_TRUE(contains(text, "The figures of 1 run are estimates"));
  EXPECT_TRUE(contains(text, "The samples saw 100 % of a run's time (median)"));
  EXPECT_TRUE(contains(text, "GPU-hours held at 16 core-hours each"));
  EXPECT_TRUE(contains(text, "Those count the page cache"));
  EXPECT_FALSE(contains(text, "may still be running"));
  EXPECT_FALSE(contains(text, "whole device"));
}

TEST(ModulesText, SaysNothingOfTheLedgersPeaksWhereThereIsNoLedger) {
  std::vector<RecordedRun> runs = three_runs();
  for (RecordedRun& run : runs) {
    run.basis = reading::Basis::samples;
  }
  EXPECT_FALSE(contains(text_of(runs), "page cache"));
}

TEST(ModulesText, MarksGpuMemoryOfTheWholeDevice) {
  std::vector<RecordedRun> runs = three_runs();
  runs[1].summary.gpu_memory_peak_mib.reset();
  runs[1].summary.gpu_device_memory_peak_mib = 2048;
  const std::string text = text_of(runs);
  EXPECT_TRUE(contains(text, "512 MiB*  2 GiB*  2 GiB*")) << text;
  EXPECT_TRUE(contains(text, "* GPU memory of the whole device in 1 run"));
  EXPECT_EQ(json_of(runs)["modules"][0]["gpu_memory_of_whole_device"], 1);
}

TEST(ModulesText, FitsAHundredColumns) {
  std::vector<RecordedRun> runs = three_runs();
  runs[0].summary.duration_seconds = 1e6;
  runs[0].summary.energy_wh = 5e6;
  runs[0].summary.memory_peak_bytes = 250 * kGib;
  const std::string text = text_of(runs);
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    EXPECT_LE(display_width(text.substr(begin, end - begin)), 100U);
    begin = end + 1;
  }
}

TEST(ModulesText, ControlCharactersOfANameDoNotReachTheTerminal) {
  const std::string text = text_of({run_of("MD\x1b[31m\nx")});
  EXPECT_FALSE(contains(text, "\x1b"));
  EXPECT_TRUE(contains(text, "MD [31m x"));
}

TEST(ModulesText, OfNoRunsSaysSo) {
  EXPECT_TRUE(contains(text_of({}), "0 runs in module_resource."));
}

TEST(ModulesText, OfAFolderWithNothingRecordedSaysWhichOneToGive) {
  constexpr const char* kWhichOne = "Give the recorder's --output-dir";
  EXPECT_TRUE(contains(text_of({}), kWhichOne));
  ReportContext context = kContext;
  context.reading.ledger_files = 1;
  EXPECT_FALSE(contains(text_of({}, context), kWhichOne)) << "a ledger without rows";
  context.reading = {.bad_files = 1};
  EXPECT_FALSE(contains(text_of({}, context), kWhichOne)) << "one that cannot be read";
}

}  // namespace
}  // namespace wemol::report
