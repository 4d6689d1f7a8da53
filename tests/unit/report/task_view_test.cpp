#include "task_view.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "flat_csv.h"
#include "recorded_run.h"

namespace wemol::report {
namespace {

using namespace std::chrono_literals;
using nlohmann::ordered_json;
using reading::Basis;
using test::kGib;
using test::kNoon;

const ReportContext kContext{.folder = "module_resource", .now = kNoon + 1h};

/// A run of 40 seconds with four readings, of 1 to 4 cores.
TaskReport one_run() {
  RunOverTime run;
  RunSummary& summary = run.run.summary;
  summary.task_id = "132178";
  summary.job_id = "182060";
  summary.module_name = "分子对接";
  summary.container = "wemol_rc_task_gpu_132178_182060_1";
  summary.started_at = kNoon;
  summary.ended_at = kNoon + 40s;
  summary.duration_seconds = 40;
  summary.exit_code = 137;
  summary.oom_killed = true;
  summary.samples = 4;
  summary.coverage_percent = 100;
  summary.cpu_seconds = 100;
  summary.cpu_cores_mean = 2.5;
  summary.cpu_cores_max = 4;
  summary.memory_mean_bytes = static_cast<double>(kGib);
  summary.memory_peak_bytes = 2 * kGib;
  summary.gpu_count = 0;
  for (int at = 1; at <= 4; ++at) {
    UsageReading reading;
    reading.read_at = kNoon + at * 10s;
    reading.cpu_cores = at;
    reading.memory_used_bytes = kGib;
    run.series.add(reading);
  }
  return {.task_id = "132178", .csv_files = {"d/132178.csv"}, .runs = {run}};
}

std::string text_of(const TaskReport& task) {
  return document_text(task_document(task, kContext, 20), {.width = 80});
}

void expect_in(const std::string& text, const std::string& part) {
  EXPECT_NE(text.find(part), std::string::npos) << part << "\nin\n" << text;
}

TEST(TaskText, TellsWhoHowItEndedAndWhatItTook) {
  const std::string text = text_of(one_run());
  expect_in(text, "Task 132178\n");
  expect_in(text, "module           分子对接\n");
  expect_in(text, "run time         0:00:40\n");
  expect_in(text, "exit             exit code 137, OOM-killed\n");
  expect_in(text, "samples          4, which saw 100 % of the run time\n");
  expect_in(text, "CPU              2.5 cores mean, 4 max, 0:01:40 of CPU time\n");
  expect_in(text, "memory           1 GiB mean, 2 GiB peak\n");
  expect_in(text, "network          - received, - sent\n");
  expect_in(text, "GPUs             none\n");
}

TEST(TaskText, PlotsWhatIsKnownOverTime) {
  const std::string text = text_of(one_run());
  expect_in(text,
            "CPU cores: 1 to 4, the mean of each column\n"
            "         4 │          ▂▂▂▂▂█████\n");
  expect_in(text,
            "         0 │▆▆▆▆▆███████████████\n"
            "           └────────────────────\n");
  expect_in(text, "Memory: 1 GiB to 1 GiB, the highest of each column\n");
  EXPECT_EQ(text.find("GPU utilization"), std::string::npos) << "it used none";
}

TEST(TaskText, WithoutSamplesThereIsNothingToPlot) {
  TaskReport task = one_run();
  task.runs[0].series = {};
  const std::string text = text_of(task);
  expect_in(text, "No samples of this run are left to plot.\n");
  EXPECT_EQ(text.find("│"), std::string::npos);
}

TEST(TaskText, ARunFromSamplesIsAnEstimateAndMayStillRun) {
  TaskReport task = one_run();
  task.runs[0].run.basis = Basis::samples;
  task.runs[0].run.summary.ended_at.reset();
  task.runs[0].run.last_read_at = kNoon + 55min;
  const std::string text = text_of(task);
  expect_in(text, "ended            -\n");
  expect_in(text, "exit             may still be running\n");
  expect_in(text, "figures          estimates: added up from the samples\n");
}

TEST(TaskText, SeveralRunsAreShownOneAfterTheOther) {
  TaskReport task = one_run();
  task.runs.push_back(task.runs.front());
  expect_in(text_of(task), "Task 132178, run 1 of 2\n");
  expect_in(text_of(task), "Task 132178, run 2 of 2\n");
}

TEST(RowsOfRuns, GoToTheRunOfTheirContainerThatHadBegun) {
  TaskReport task = one_run();
  task.runs.push_back(task.runs.front());
  task.runs[1].run.summary.started_at = kNoon + 1min;
  task.runs.push_back(task.runs.front());
  task.runs[2].run.summary.container = "other";
  task.runs[2].run.summary.started_at.reset();
  const std::string container = task.runs[0].run.summary.container;
  EXPECT_EQ(run_of_row(task, container, kNoon + 30s), task.runs.data());
  EXPECT_EQ(run_of_row(task, container, kNoon + 59s), &task.runs[1])
      << "the row's time has whole seconds";
  EXPECT_EQ(run_of_row(task, container, kNoon + 2min), &task.runs[1]);
  EXPECT_EQ(run_of_row(task, container, kNoon - 1min), task.runs.data());
  EXPECT_EQ(run_of_row(task, "other", kNoon), &task.runs[2]);
  EXPECT_EQ(run_of_row(task, "nobody's", kNoon), nullptr);
}

TEST(TaskJson, HasTheSummaryAndTheSeries) {
  const auto report = ordered_json::parse(task_json(one_run(), kContext, 2).dump());
  EXPECT_EQ(report["command"], "task");
  EXPECT_EQ(report["task_id"], "132178");
  EXPECT_EQ(report["csv_files"], ordered_json::array({"d/132178.csv"}));
  ASSERT_EQ(report["runs"].size(), 1U);
  const ordered_json& run = report["runs"][0];
  EXPECT_EQ(run["exit_code"], 137);
  EXPECT_EQ(run["oom_killed"], true);
  EXPECT_EQ(run["memory_peak_bytes"], 2 * kGib);
  EXPECT_EQ(run["basis"], "ledger");
  EXPECT_EQ(run["may_still_run"], false);
  EXPECT_TRUE(run["energy_wh"].is_null());
  ASSERT_EQ(run["series"].size(), 2U);
  EXPECT_EQ(run["series"][0]["cpu_cores_mean"], 1.5);
  EXPECT_EQ(run["series"][0]["cpu_cores_max"], 2.0);
  EXPECT_EQ(run["series"][1]["cpu_cores_mean"], 3.5);
  EXPECT_EQ(run["series"][1]["memory_bytes_max"], kGib);
  EXPECT_TRUE(run["series"][1]["gpu_device_memory_mib_max"].is_null());
}

TEST(TaskJson, HasNoMoreBucketsThanReadings) {
  const auto report = ordered_json::parse(task_json(one_run(), kContext, 100).dump());
  EXPECT_EQ(report["runs"][0]["series"].size(), 4U);
}

TEST(TaskRecords, HasARecordForTheRunAndOneForEachBucket) {
  const auto records = task_records(one_run(), 2);
  ASSERT_EQ(records.size(), 3U);
  EXPECT_EQ(records[0]["kind"], "run");
  EXPECT_EQ(records[0]["cpu_cores_max"], 4.0);
  EXPECT_EQ(records[0]["exit_code"], 137);
  EXPECT_EQ(records[2]["kind"], "bucket");
  EXPECT_EQ(records[2]["cpu_cores_mean"], 3.5);
  EXPECT_TRUE(records[2]["exit_code"].is_null());
  const auto names = [](const ordered_json& record) {
    std::vector<std::string> all;
    for (const auto& [name, value] : record.items()) {
      all.push_back(name);
    }
    return all;
  };
  EXPECT_EQ(names(records[0]), names(records[1])) << "one header is for both";
}

TEST(PlotColumns, LeaveRoomForTheLabels) {
  EXPECT_EQ(plot_columns(80), 68U);
  EXPECT_EQ(plot_columns(10), 20U);
  EXPECT_EQ(plot_columns(1000), 200U);
}

}  // namespace
}  // namespace wemol::report
