#include "recommendation_view.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "recorded_run.h"

namespace wemol::report {
namespace {

using nlohmann::ordered_json;
using reading::RecordedRun;
using test::kGib;
using test::kNoon;
using test::run_of;

/// 1 to 20 cores, GiB and minutes; no GPU.
std::vector<RecordedRun> twenty_runs() {
  std::vector<RecordedRun> runs;
  for (unsigned amount = 1; amount <= 20; ++amount) {
    RecordedRun run = run_of("Dock");
    run.summary.gpu_count = 0;
    run.summary.oom_killed = false;
    run.summary.cpu_cores_max = amount;
    run.summary.memory_peak_bytes = amount * kGib;
    run.summary.duration_seconds = amount * 60;
    runs.push_back(run);
  }
  return runs;
}

ModuleFigures figures_of(const std::vector<RecordedRun>& runs) {
  ModuleFigures figures({}, kNoon);
  for (const RecordedRun& run : runs) {
    figures.add(run);
  }
  return figures;
}

const ReportContext kContext{.folder = "module_resource", .now = kNoon};

ordered_json json_of(const std::vector<RecordedRun>& runs, const RequestRules& rules = {}) {
  return ordered_json::parse(recommendation_json(figures_of(runs), kContext, rules).dump());
}

std::string text_of(const std::vector<RecordedRun>& runs, const RequestRules& rules = {}) {
  return document_text(recommendation_document(figures_of(runs), kContext, rules), {.width = 1000});
}

void expect_in(const std::string& text, const std::string& part) {
  EXPECT_NE(text.find(part), std::string::npos) << part << "\nin\n" << text;
}

TEST(RecommendationJson, HasEveryFigureAsItWasWorkedOutByHand) {
  const ordered_json report = json_of(twenty_runs(), {.percentile = 50, .margin_percent = 10});
  const ordered_json expected = ordered_json::parse(R"({
      "module_name": "Dock", "gpu_models": [], "runs": 20,
      "cores": {"request": 11.0, "known": 20, "p50": 10.0, "p95": 19.0, "max": 20.0,
                "too_small_for": 9, "saving_percent": 45.0},
      "memory_bytes": {"request": 11811160064, "known": 20, "p50": 10737418240, "p95": 20401094656,
                       "max": 21474836480, "too_small_for": 9, "saving_percent": 45.0},
      "gpu_memory_mib": {"request": null, "known": 0, "p50": null, "p95": null, "max": null,
                         "too_small_for": null, "saving_percent": null},
      "time_limit_seconds": {"request": 660.0, "known": 20, "p50": 600.0, "p95": 1140.0,
                             "max": 1200.0, "too_small_for": 9, "saving_percent": 45.0},
      "gpu_memory_of_whole_device": 0, "oom_killed": 0, "largest_oom_peak_bytes": null,
      "memory_raised_after_oom": false})");
  ASSERT_EQ(report["modules"].size(), 1U);
  EXPECT_EQ(report["modules"][0], expected);
  EXPECT_EQ(report["command"], "recommend");
  EXPECT_EQ(report["rules"]["percentile"], 50.0);
  EXPECT_EQ(report["rules"]["margin_percent"], 10.0);
  EXPECT_EQ(report["rules"]["minimum_runs"], 10);
  EXPECT_EQ(report["rules"]["cores_from"], "max");
  EXPECT_EQ(report["rules"]["in_words"].size(), rules_in_words({}).size());
}

TEST(RecommendationText, HasTheRequestAndWhatItRestsOn) {
  const std::string text = text_of(twenty_runs());
  expect_in(text, "Dock    none    20     23  23 GiB        none     0:23:00\n");
  expect_in(text, "Dock         cores            23       10       19       20        0 of 20");
  expect_in(text, "15 % more\n");
  expect_in(text, "95 % of the runs");
  EXPECT_EQ(text.find("Take note"), std::string::npos) << "nothing is wrong";
}

TEST(RecommendationText, NeverBelowAPeakWithoutSayingSo) {
  const std::string text = text_of(twenty_runs(), {.percentile = 50, .margin_percent = 10});
  expect_in(text, "Dock, no GPU: cores: too small for 9 of 20 runs, the greatest took 20\n");
  expect_in(text, "Dock, no GPU: memory: too small for 9 of 20 runs, the greatest took 20 GiB\n");
  expect_in(text,
            "Dock, no GPU: time limit: too small for 9 of 20 runs, the greatest took 0:20:00");
  expect_in(text, "45 % less\n");
}

TEST(RecommendationText, HasNoPercentageOfAPeakBelowTheLeastRequest) {
  auto runs = twenty_runs();
  for (RecordedRun& run : runs) {
    run.summary.cpu_cores_max = 0.0001;
    run.summary.memory_peak_bytes = kGib / 40;
    run.summary.duration_seconds = 2;
  }
  const std::string text = text_of(runs);
  EXPECT_EQ(text.find("% more"), std::string::npos) << text;
  expect_in(text, "below the least request there is (half a core, a quarter of a GiB, a minute)");
  for (const char* figure : {"cores", "memory_bytes", "time_limit_seconds"}) {
    EXPECT_TRUE(json_of(runs)["modules"][0][figure]["saving_percent"].is_null()) << figure;
    EXPECT_FALSE(json_of(runs)["modules"][0][figure]["request"].is_null()) << figure;
  }
}

TEST(RecommendationText, TooFewRunsGiveNoNumbersButTheirPeaks) {
  auto runs = twenty_runs();
  runs.resize(3);
  const std::string text = text_of(runs);
  expect_in(text, "Dock    none  3 of 10      -       -        none           -\n");
  expect_in(text, "Dock, no GPU: not enough data (3 of 10)\n");
  expect_in(text, "cores             -        2        3        3         - of 3");
}

TEST(RecommendationText, AFigureThatFewRunsHaveIsNamed) {
  auto runs = twenty_runs();
  for (std::size_t at = 4; at < runs.size(); ++at) {
    runs[at].summary.duration_seconds.reset();
  }
  expect_in(text_of(runs), "Dock, no GPU: time limit: not enough data (4 of 10)\n");
}

TEST(RecommendationText, AnOomKillIsSaidAndRaisesTheMemory) {
  auto runs = twenty_runs();
  runs.back().summary.oom_killed = true;
  const std::string text = text_of(runs);
  expect_in(text, "Dock    none    20     23  30 GiB");
  expect_in(text,
            "Dock, no GPU: memory: 1 of 20 runs OOM-killed, the greatest at 20 GiB; raised to that "
            "and 50 %\n");
  const ordered_json module = json_of(runs)["modules"][0];
  EXPECT_EQ(module["oom_killed"], 1);
  EXPECT_EQ(module["largest_oom_peak_bytes"], 20 * kGib);
  EXPECT_EQ(module["memory_raised_after_oom"], true);
  EXPECT_EQ(module["memory_bytes"]["request"], 30 * kGib);
}

TEST(RecommendationText, AnOomKillAtAnUnknownPeakIsSaidToChangeNothing) {
  auto runs = twenty_runs();
  runs.back().summary.oom_killed = true;
  runs.back().summary.memory_peak_bytes.reset();
  const std::string text = text_of(runs);
  expect_in(text, "Dock    none    20     23  23 GiB");
  expect_in(text,
            "Dock, no GPU: memory: 1 of 20 runs OOM-killed; at what peak is unknown, so the "
            "request is not raised for it\n");
}

TEST(RecommendationText, GpuMemoryOfTheWholeDeviceIsMarked) {
  auto runs = twenty_runs();
  for (RecordedRun& run : runs) {
    run.summary.gpu_count = 1;
    run.summary.gpu_names = "NVIDIA L4";
    run.summary.gpu_device_memory_peak_mib = 1000;
  }
  expect_in(text_of(runs), "Dock    L4     20     23  23 GiB   1.25 GiB*     0:23:00\n");
  EXPECT_EQ(json_of(runs)["modules"][0]["gpu_memory_of_whole_device"], 20);
}

}  // namespace
}  // namespace wemol::report
