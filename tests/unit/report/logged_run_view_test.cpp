// A run's file to what is printed of it.

#include "logged_run_view.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "logged_report.h"
#include "temp_dir.h"
#include "text_file.h"
#include "time_zone.h"

namespace wemol::report {
namespace {

using nlohmann::ordered_json;
using wemol::test::TempDir;

constexpr std::int64_t kBegin = 1768473000;  // 2026-01-15 10:30:00 UTC

/// 100 s of a run on a host with two GPUs, a line each second.
std::string run_text(double loss, double cpu) {
  std::string text;
  for (int i = 0; i <= 100; ++i) {
    text += fmt::format(
        R"({{"_step": {}, "_timestamp": {}, "loss": {}, "system.cpu.usage_percent": {},)"
        R"( "system.cpu.core0.usage_percent": 5, "system.memory.used_bytes": {},)"
        R"( "gpu.0.gpu": 90, "gpu.1.gpu": 30, "gpu.0.powerWatts": 200, "gpu.1.powerWatts": 100,)"
        R"( "gpu.0.memoryAllocatedBytes": 1073741824}})"
        "\n",
        i, kBegin + i, loss / (i + 1), cpu, std::int64_t{1} << 30);
  }
  return text;
}

class LoggedRunText : public testing::Test {
 protected:
  LoggedRunText() { options_.command = Command::run; }

  void add_file(const std::string& name, const std::string& text) {
    test::write_text(dir_ / name, text);
    options_.run_files.push_back(dir_ / name);
  }

  Result<ReportText> read() {
    return logged_report(options_, WallTime(), {}, [](std::uint64_t, std::uint64_t) {});
  }

  std::string text() {
    const auto report = read();
    EXPECT_TRUE(report) << report.error().message;
    return report ? report->text : "";
  }

  ordered_json json() {
    options_.format = Format::json;
    return ordered_json::parse(text());
  }

  test::TimeZone zone_{"UTC"};
  TempDir dir_;
  ReportOptions options_;
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_F(LoggedRunText, TellsARunWithPlots) {
  add_file("night-7.jsonl", run_text(2, 40));
  const std::string said = text();
  for (const char* const part :
       {"Run night-7\n", "begin     2026-01-15 10:30:00\n", "end       2026-01-15 10:31:40\n",
        "duration  0:01:40\n", "lines     101\n", "steps     0 to 100\n",
        "CPU: 40 % to 40 %, the mean of each column\n", "Memory: 1 GiB to 1 GiB",
        "GPU utilization (mean of all GPUs): 60 % to 60 %", "GPU power (all GPUs): 300 W to 300 W",
        "GPU memory (all GPUs): 1 GiB to 1 GiB", "2026-01-15 10:30:00    ",
        "The figures of each CPU are left out; --metric cpu.core shows them"}) {
    EXPECT_TRUE(has(said, part)) << part << "\n" << said;
  }
  EXPECT_FALSE(has(said, "core0")) << said;
  // The caller's own metric is plotted from its lowest to its highest mean.
  EXPECT_TRUE(has(said, "\nloss: 0.0")) << said;
  EXPECT_TRUE(has(said, "          └──")) << said;
  EXPECT_TRUE(has(said, "█")) << said;
}

TEST_F(LoggedRunText, HasATableOfFigures) {
  add_file("a.jsonl", run_text(2, 40));
  const std::string said = text();
  EXPECT_TRUE(has(said,
                  "metric     min    mean  max    last  values\n"
                  "loss    0.0198  0.1029    2  0.0198     101\n"))
      << said;
  EXPECT_TRUE(has(said, "gpu.0.powerWatts            200 W  200 W  200 W  200 W     101\n"))
      << said;
}

TEST_F(LoggedRunText, OnlyTheMetricsThatAreAskedFor) {
  add_file("a.jsonl", run_text(2, 40));
  options_.metrics = {"core0", "los"};
  const std::string said = text();
  EXPECT_TRUE(has(said, "system.cpu.core0.usage_percent"));
  EXPECT_TRUE(has(said, "\nloss: "));
  EXPECT_FALSE(has(said, "powerWatts"));
  EXPECT_FALSE(has(said, "Memory"));
  EXPECT_EQ(json()["runs"][0]["metrics"].size(), 2U);
  options_.metrics = {"acc"};
  EXPECT_EQ(read().error().message, "--metric: no metric has \"acc\" in its name");
}

TEST_F(LoggedRunText, ComparesTwoRuns) {
  add_file("a.jsonl", run_text(2, 40));
  add_file("b.jsonl", run_text(1, 50) + R"({"_step": 101, "_timestamp": 1768473110, "acc": 0.9})"
                                        "\n");
  const std::string said = text();
  for (const char* const part :
       {"Two runs\n", "duration              0:01:40              0:01:50  +10 s\n",
        "lines                     101                  102     +1\n",
        "system.cpu.usage_percent     40 %   50 %  +10 %   +25 %   40 %   50 %\n",
        "acc          -       0.9          -       -       -       0.9  -  0.9\n"}) {
    EXPECT_TRUE(has(said, part)) << part << "\n" << said;
  }
  EXPECT_TRUE(has(said, "loss    0.0198  0.009901  -0.009901   -50 %  0.0198  0.009901  2    1\n"))
      << said;
}

TEST_F(LoggedRunText, JsonHasPlainNumbers) {
  add_file("a.jsonl", run_text(2, 40));
  const ordered_json run = json()["runs"][0];
  EXPECT_EQ(run["run"], "a");
  EXPECT_EQ(run["begin"], "2026-01-15T10:30:00.000+00:00");
  EXPECT_EQ(run["duration_seconds"], 100);
  EXPECT_EQ(run["lines"], 101);
  EXPECT_EQ(run["last_step"], 100);
  EXPECT_EQ(run["torn_last_line"], false);
  const ordered_json& loss = run["metrics"][0];
  EXPECT_EQ(loss["name"], "loss");
  EXPECT_EQ(loss["kind"], "own");
  EXPECT_TRUE(loss["unit"].is_null());
  EXPECT_EQ(loss["max"], 2);
  EXPECT_EQ(loss["last"], 2.0 / 101);  // all its digits
  EXPECT_EQ(loss["series"].size(), run["series_begins"].size());
  const ordered_json& cpu = run["metrics"][1];
  EXPECT_EQ(cpu["kind"], "hardware");
  EXPECT_EQ(cpu["unit"], "percent");
  EXPECT_EQ(cpu["mean"], 40);
  EXPECT_EQ(cpu["series"][0], 40);
  EXPECT_EQ(run["metrics"].size(), 9U);  // those of each CPU, too
}

TEST_F(LoggedRunText, JsonOfTwoHasTheirDifferences) {
  add_file("a.jsonl", run_text(2, 40));
  add_file("b.jsonl", run_text(1, 50));
  const ordered_json all = json();
  EXPECT_EQ(all["runs"].size(), 2U);
  const ordered_json& cpu = all["differences"][1];
  EXPECT_EQ(cpu["name"], "system.cpu.usage_percent");
  EXPECT_EQ(cpu["mean"], 10);
  EXPECT_EQ(cpu["mean_percent"], 25);
}

TEST_F(LoggedRunText, CsvHasARecordForEachMetricAndStretch) {
  add_file("a.jsonl", run_text(2, 40));
  options_.format = Format::csv;
  options_.metrics = {"cpu.usage"};
  const std::string said = text();
  EXPECT_TRUE(
      said.starts_with("kind,run,name,unit,begin,values,not_numbers,min,mean,max,last\r\n"
                       "metric,a,system.cpu.usage_percent,percent,"
                       "2026-01-15T10:30:00.000+00:00,101,0,40,40,40,40\r\n"
                       "bucket,a,system.cpu.usage_percent,percent,"
                       "2026-01-15T10:30:00"))
      << said;
}

TEST_F(LoggedRunText, MarkdownHasTheTables) {
  add_file("a.jsonl", run_text(2, 40));
  options_.format = Format::markdown;
  EXPECT_TRUE(has(text(), "| loss | 0.0198 | 0.1029 | 2 | 0.0198 | 101 |\n")) << text();
}

TEST_F(LoggedRunText, ATornEndAndNullsAreSaid) {
  add_file("a.jsonl", run_text(2, 40) + R"({"_timestamp": 1768473101, "loss": null})"
                                        "\nbroken\n{\"_times");
  const auto report = read();
  EXPECT_TRUE(has(report->text, "a: the last line is cut off and was left out:")) << report->text;
  EXPECT_TRUE(has(report->text, "a: 1 other line could not be used.")) << report->text;
  EXPECT_TRUE(has(report->text, "a: loss: 1 of 102 values are no number (NaN or null)."))
      << report->text;
  EXPECT_EQ(bad_line_texts(report->reading),
            std::vector<std::string>{(dir_ / "a.jsonl").string() + ":103: it is no JSON"});
}

TEST_F(LoggedRunText, AFileWithoutALineIsAnError) {
  add_file("a.jsonl", "x\ny\n");
  EXPECT_EQ(read().error().message,
            (dir_ / "a.jsonl").string() + ": no line of a run is in it: line 1: it is no JSON");
  add_file("b.jsonl", "");
  options_.run_files = {dir_ / "b.jsonl"};
  EXPECT_EQ(read().error().message,
            (dir_ / "b.jsonl").string() + ": no line of a run is in it: it is empty");
}

TEST_F(LoggedRunText, HostileNamesBreakNothing) {
  add_file("a.jsonl",
           "{\"_timestamp\": 1, \"a\\u001b[31m\\n|=cmd()\": 1, \"\\ud83d\\ude00 loss\": 2}\n");
  const std::string table = text();
  EXPECT_FALSE(has(table, "\x1b")) << table;
  EXPECT_TRUE(has(table, "a [31m |=cmd()")) << table;
  options_.format = Format::markdown;
  EXPECT_TRUE(has(text(), "a \\[31m \\|=cmd()"));
  EXPECT_EQ(json()["runs"][0]["metrics"][1]["name"], "\xF0\x9F\x98\x80 loss");
}

}  // namespace
}  // namespace wemol::report
