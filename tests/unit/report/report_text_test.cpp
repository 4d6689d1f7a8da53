// From recorded files to what is printed; the figures are those of a tree that is known.

#include "report_text.h"

#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <map>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "known_tree.h"
#include "module_figures.h"
#include "task_header.h"
#include "task_row_reader.h"
#include "temp_dir.h"
#include "text_file.h"

namespace wemol::report {
namespace {

using nlohmann::ordered_json;
using test::KnownRun;
using wemol::test::TempDir;

constexpr auto kLongAfter = std::chrono::sys_days(std::chrono::year(2027) / 1 / 1);

class RecordedReport : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    dir_ = new TempDir;
    runs_ = new std::vector<wemol::test::KnownRun>(
        wemol::test::write_known_tree({.tasks = 80, .rows = 20, .modules = 5}, dir_->path()));
  }
  static void TearDownTestSuite() {
    delete dir_;
    delete runs_;
  }

  static ReportOptions options(Command command, Format format) {
    ReportOptions result;
    result.command = command;
    result.folder = dir_->path();
    result.format = format;
    return result;
  }

  static Result<ReportText> text_of(const ReportOptions& options) {
    return report_text(options, kLongAfter, {}, [](std::uint64_t, std::uint64_t) {});
  }

  static ordered_json json_of(const ReportOptions& options) {
    const auto text = text_of(options);
    EXPECT_TRUE(text) << text.error().message;
    return text ? ordered_json::parse(text->text) : ordered_json();
  }

  static inline TempDir* dir_ = nullptr;
  static inline std::vector<wemol::test::KnownRun>* runs_ = nullptr;
};

std::optional<double> number(const std::optional<std::uint64_t>& value) {
  return value ? std::optional(static_cast<double>(*value)) : std::nullopt;
}

void expect_near(const ordered_json& printed, const std::optional<double>& truth,
                 const std::string& what) {
  ASSERT_EQ(printed.is_null(), !truth) << what;
  if (truth) {
    EXPECT_NEAR(printed.get<double>(), *truth, 0.001 + std::abs(*truth) * 1e-6) << what;
  }
}

void expect_spread(const ordered_json& printed, std::vector<std::optional<double>> truth,
                   const std::string& what) {
  std::erase(truth, std::nullopt);
  std::vector<double> values;
  for (const auto& value : truth) {
    values.push_back(*value);
  }
  ASSERT_EQ(printed["known"], values.size()) << what;
  if (values.empty()) {
    EXPECT_TRUE(printed["max"].is_null()) << what;
    return;
  }
  expect_near(printed["p50"], wemol::test::nearest_rank(values, 50), what + " p50");
  expect_near(printed["p95"], wemol::test::nearest_rank(values, 95), what + " p95");
  expect_near(printed["max"], std::ranges::max(values), what + " max");
}

template <typename FigureOf>
std::vector<std::optional<double>> figures(const std::vector<RunSummary>& runs,
                                           FigureOf figure_of) {
  std::vector<std::optional<double>> values;
  std::ranges::transform(runs, std::back_inserter(values), figure_of);
  return values;
}

std::optional<double> gpu_memory(const RunSummary& run) {
  return run.gpu_memory_peak_mib ? run.gpu_memory_peak_mib : run.gpu_device_memory_peak_mib;
}

using Groups = std::map<GroupKey, std::vector<RunSummary>>;

Groups grouped(const std::vector<wemol::test::KnownRun>& runs,
               RunSummary wemol::test::KnownRun::*basis) {
  Groups groups;
  for (const auto& run : runs) {
    groups[group_of(run.*basis)].push_back(run.*basis);
  }
  return groups;
}

const std::vector<RunSummary>& truth_of(const Groups& groups, const ordered_json& printed) {
  GroupKey key{.module_name = printed["module_name"], .gpu_models = std::nullopt};
  if (!printed["gpu_models"].is_null()) {
    key.gpu_models = printed["gpu_models"].get<std::vector<std::string>>();
  }
  return groups.at(key);
}

void expect_modules(const ordered_json& report, const Groups& groups) {
  ASSERT_EQ(report["modules"].size(), groups.size());
  for (const ordered_json& printed : report["modules"]) {
    const auto& truth = truth_of(groups, printed);
    const std::string name = printed["module_name"];
    EXPECT_EQ(printed["runs"], truth.size());
    expect_spread(printed["run_time_seconds"],
                  figures(truth, [](const RunSummary& run) { return run.duration_seconds; }),
                  name + " run time");
    expect_spread(printed["cpu_cores_mean"],
                  figures(truth, [](const RunSummary& run) { return run.cpu_cores_mean; }),
                  name + " cores");
    expect_spread(
        printed["memory_peak_bytes"],
        figures(truth, [](const RunSummary& run) { return number(run.memory_peak_bytes); }),
        name + " memory");
    expect_spread(printed["gpu_memory_peak_mib"], figures(truth, gpu_memory), name + " GPU memory");
    std::optional<double> energy;
    for (const RunSummary& run : truth) {
      energy = run.energy_wh ? energy.value_or(0) + *run.energy_wh : energy;
    }
    expect_near(printed["energy_wh"], energy, name + " energy");
  }
}

TEST_F(RecordedReport, ModulesFromLedgersAreTheTruth) {
  const ordered_json report = json_of(options(Command::modules, Format::json));
  const Groups groups = grouped(*runs_, &wemol::test::KnownRun::ledger);
  expect_modules(report, groups);
  EXPECT_EQ(report["runs"]["counted"], runs_->size());
  EXPECT_EQ(report["runs"]["from_samples"], 0);
  EXPECT_EQ(report["reading"]["ledger_rows"], runs_->size());
  EXPECT_EQ(report["reading"]["bad_lines"], 0);
  for (const ordered_json& printed : report["modules"]) {
    const auto& truth = truth_of(groups, printed);
    EXPECT_EQ(printed["failed"], std::ranges::count_if(truth, [](const RunSummary& run) {
                return run.exit_code != 0;
              }));
    EXPECT_EQ(printed["oom_killed"], std::ranges::count_if(truth, [](const RunSummary& run) {
                return run.oom_killed == true;
              }));
  }
}

TEST_F(RecordedReport, ModulesFromSamplesAreTheTruth) {
  ReportOptions from_samples = options(Command::modules, Format::json);
  from_samples.samples_only = true;
  const ordered_json report = json_of(from_samples);
  expect_modules(report, grouped(*runs_, &wemol::test::KnownRun::samples));
  EXPECT_EQ(report["runs"]["from_samples"], runs_->size());
  EXPECT_EQ(report["from"], "samples");
  for (const ordered_json& printed : report["modules"]) {
    EXPECT_TRUE(printed["failed"].is_null());
  }
}

TEST_F(RecordedReport, RecommendationsRestOnTheTruth) {
  ReportOptions few = options(Command::recommend, Format::json);
  few.rules.minimum_runs = 1;
  const ordered_json report = json_of(few);
  const Groups groups = grouped(*runs_, &wemol::test::KnownRun::ledger);
  ASSERT_EQ(report["modules"].size(), groups.size());
  for (const ordered_json& printed : report["modules"]) {
    const auto& truth = truth_of(groups, printed);
    const auto times = figures(truth, [](const RunSummary& run) { return run.duration_seconds; });
    expect_spread(printed["time_limit_seconds"], times, "time limit");
    const double request = printed["time_limit_seconds"]["request"];
    EXPECT_EQ(printed["time_limit_seconds"]["too_small_for"],
              std::ranges::count_if(times, [&](const auto& time) { return *time > request; }));
    for (const RunSummary& run : truth) {
      if (run.oom_killed == true) {
        EXPECT_GE(printed["memory_bytes"]["request"].get<double>(),
                  static_cast<double>(*run.memory_peak_bytes) * 1.5);
      }
    }
  }
}

TEST_F(RecordedReport, ATaskHasItsRunsAndItsSeries) {
  const RunSummary& truth = runs_->front().ledger;
  ReportOptions task = options(Command::task, Format::json);
  task.task_id = truth.task_id;
  const ordered_json report = json_of(task);
  ASSERT_FALSE(report["runs"].empty());
  const ordered_json& run = report["runs"][0];
  EXPECT_EQ(run["container"], truth.container);
  EXPECT_EQ(run["module_name"], truth.module_name);
  EXPECT_EQ(run["exit_code"], truth.exit_code.value());
  EXPECT_EQ(run["memory_peak_bytes"], truth.memory_peak_bytes.value());
  std::uint64_t samples = 0;
  double highest = 0;
  for (const ordered_json& bucket : run["series"]) {
    samples += bucket["samples"].get<std::uint64_t>();
    highest = std::max(highest, bucket["cpu_cores_max"].get<double>());
  }
  EXPECT_EQ(samples, runs_->front().samples.samples);
  EXPECT_NEAR(highest, runs_->front().samples.cpu_cores_max.value(), 0.001);
  task.format = Format::table;
  EXPECT_NE(text_of(task)->text.find("CPU cores: "), std::string::npos);
}

TEST_F(RecordedReport, EveryFormatHasEveryModule) {
  for (const Command command : {Command::modules, Command::recommend}) {
    for (const Format format : {Format::table, Format::csv, Format::json, Format::markdown}) {
      const std::string text = text_of(options(command, format))->text;
      for (const char* const module : {"分子对接", "AlphaFold2", "MD (GMX2024)"}) {
        EXPECT_NE(text.find(module), std::string::npos);
      }
    }
  }
}

TEST_F(RecordedReport, CsvHasARecordPerModuleAndItsHeaderAlsoWithoutAny) {
  const std::string text = text_of(options(Command::modules, Format::csv))->text;
  EXPECT_EQ(static_cast<std::size_t>(std::ranges::count(text, '\n')),
            1 + grouped(*runs_, &wemol::test::KnownRun::ledger).size());
  ReportOptions none = options(Command::modules, Format::csv);
  none.window.since = kLongAfter;
  EXPECT_EQ(text_of(none)->text, text.substr(0, text.find('\n') + 1));
}

TEST_F(RecordedReport, OnlyTheModulesThatAreAskedFor) {
  ReportOptions one = options(Command::modules, Format::json);
  one.modules = {"alpha"};
  const ordered_json report = json_of(one);
  ASSERT_FALSE(report["modules"].empty());
  for (const ordered_json& module : report["modules"]) {
    EXPECT_EQ(module["module_name"], "AlphaFold2");
  }
  one.modules = {"Alpha", "nothing"};
  const auto refused = text_of(one);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("no module is named \"nothing\""), std::string::npos);
  EXPECT_NE(refused.error().message.find("AlphaFold2"), std::string::npos) << "what there is";
}

TEST_F(RecordedReport, OnlyTheRunsOfTheWindow) {
  std::vector<WallTime> ends;
  for (const auto& run : *runs_) {
    ends.push_back(run.ledger.ended_at.value());
  }
  std::ranges::sort(ends);
  ReportOptions window = options(Command::modules, Format::json);
  window.window = {.since = ends[10], .until = ends[30]};
  const auto expected =
      std::ranges::count_if(ends, [&](WallTime end) { return end >= ends[10] && end < ends[30]; });
  EXPECT_EQ(json_of(window)["runs"]["counted"], expected);
}

TEST_F(RecordedReport, WhatIsNotThereIsAnErrorThatNamesIt) {
  ReportOptions missing = options(Command::modules, Format::table);
  missing.folder = *dir_ / "missing";
  const auto no_folder = text_of(missing);
  ASSERT_FALSE(no_folder);
  EXPECT_NE(no_folder.error().message.find("missing"), std::string::npos);
  ReportOptions task = options(Command::task, Format::table);
  task.task_id = "99";
  const auto no_task = text_of(task);
  ASSERT_FALSE(no_task);
  EXPECT_NE(no_task.error().message.find("99"), std::string::npos);
}

TEST(BadLines, AreNamedAndTheRestIsCounted) {
  reading::ReadingReport reading;
  EXPECT_TRUE(bad_line_texts(reading).empty());
  reading.first_bad_lines = {{"d/1.csv", 7, "21 fields"}, {"d/2.csv", 0, "cannot be read"}};
  reading.bad_lines = 1;
  reading.bad_files = 1;
  EXPECT_EQ(bad_line_texts(reading),
            (std::vector<std::string>{"d/1.csv:7: 21 fields", "d/2.csv: cannot be read"}));
  reading.bad_lines = 41;
  EXPECT_EQ(bad_line_texts(reading).back(), "40 more that could not be used");
}

class ReportProgram : public testing::Test {
 protected:
  int run(const std::string& arguments) {
    const std::string command = std::string(WEMOL_REPORT) + " " + arguments + " >" +
                                (dir_ / "out").string() + " 2>" + (dir_ / "err").string();
    const int status = std::system(command.c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  std::string out() { return wemol::test::read_text(dir_ / "out"); }
  std::string err() { return wemol::test::read_text(dir_ / "err"); }

  TempDir dir_;
};

TEST_F(ReportProgram, ABadRowIsNamedAndDoesNotSpoilTheReport) {
  std::filesystem::create_directory(dir_ / "MD");
  const std::string header =
      "task_id,job_id,module_name,timestamp,container,cpu_percent,mem_usage,mem_percent,net_io,"
      "block_io,pids,gpu_count,gpu_ids,gpu_names,gpu_memory_used,gpu_memory_total,gpu_utilization,"
      "gpu_memory_utilization,gpu_temperature,gpu_fan_speed,gpu_power_draw,gpu_power_limit\n";
  const std::string row =
      "7,8,MD,2026-01-15 10:30:00,c,100.00%,1MiB / 2GiB,0.05%,1B / 2B,3B / 4B,1,0,N/A,N/A,N/A,N/A,"
      "N/A,N/A,N/A,N/A,N/A,N/A\n";
  wemol::test::write_text(dir_ / "MD" / "7.csv", header + row + "7,8,nonsense\n");
  EXPECT_EQ(run("modules --format json " + dir_.path().string()), 0);
  EXPECT_NE(err().find("7.csv:3: "), std::string::npos) << err();
  const auto report = ordered_json::parse(out());
  EXPECT_EQ(report["reading"]["bad_lines"], 1);
  EXPECT_EQ(report["reading"]["first_bad_lines"][0]["line"], 3);
  EXPECT_EQ(report["modules"][0]["cpu_cores_mean"]["max"], 1.0);
}

TEST_F(ReportProgram, HasTheExitStatusesOfItsManPage) {
  EXPECT_EQ(run("modules " + dir_.path().string()), 0);
  EXPECT_EQ(run("modules " + (dir_ / "missing").string()), 1);
  EXPECT_NE(err().find("wemol-report: "), std::string::npos);
  EXPECT_EQ(run("task " + dir_.path().string() + " 99"), 1);
  EXPECT_EQ(run("modules --format xml"), 2);
  EXPECT_EQ(run("--version"), 0);
}

TEST_F(ReportProgram, ADiskThatIsFullIsAFailure) {
  const std::string command = std::string(WEMOL_REPORT) + " modules " + dir_.path().string() +
                              " >/dev/full 2>" + (dir_ / "err").string();
  const int status = std::system(command.c_str());
  EXPECT_EQ(WEXITSTATUS(status), 1);
  EXPECT_NE(err().find("cannot write to standard output: No space left on device"),
            std::string::npos);
}

TEST_F(ReportProgram, ColorsWhatIsNoTerminalOnlyWhenAsked) {
  EXPECT_EQ(run("recommend " + dir_.path().string()), 0);
  EXPECT_EQ(out().find('\x1b'), std::string::npos);
}

/// A folder with a task's CSV, two rows of 1 core, and no GPU.
class SmallReport : public testing::Test {
 protected:
  void write(const std::string& name, const std::string& date = "2026-11-05 ") {
    const auto row = [&](const char* time) {
      return "1,7,MD," + date + time + ",a,100.00%,1MiB / 1GiB,0.1%,0B / 0B,0B / 0B,1,0" +
             ",N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A\r\n";
    };
    wemol::test::write_text(
        dir / name, std::string(test::kTaskHeader) + "\r\n" + row("10:00:00") + row("10:00:05"));
  }
  Result<ReportText> report(Command command, Format format) {
    ReportOptions options;
    options.command = command;
    options.folder = dir.path();
    options.format = format;
    options.task_id = "1";
    return report_text(options, kLongAfter, {.width = 1000}, [](std::uint64_t, std::uint64_t) {});
  }

  TempDir dir;
};

TEST_F(SmallReport, SaysWhichFileRepeatsWhich) {
  write("MD/1.csv");
  write("MD - Copy/1.csv");
  for (const Command command : {Command::modules, Command::recommend, Command::task}) {
    for (const Format format : {Format::table, Format::markdown}) {
      const auto made = report(command, format);
      ASSERT_TRUE(made);
      EXPECT_NE(made->text.find("MD - Copy/1.csv repeats 2 rows of MD/1.csv: they count once."),
                std::string::npos)
          << made->text;
    }
    const auto json = ordered_json::parse(report(command, Format::json)->text);
    EXPECT_EQ(json["reading"]["repeated_rows"], 2);
    EXPECT_EQ(json["reading"]["repeating_files"], 1);
    EXPECT_EQ(json["reading"]["first_repeats"][0]["file"], (dir / "MD - Copy/1.csv").string());
    EXPECT_EQ(json["reading"]["first_repeats"][0]["of"], (dir / "MD/1.csv").string());
    EXPECT_EQ(json["reading"]["first_repeats"][0]["rows"], 2);
  }
  const auto task = ordered_json::parse(report(Command::task, Format::json)->text);
  EXPECT_EQ(task["runs"][0]["samples"], 2);
  std::uint64_t plotted = 0;
  for (const auto& bucket : task["runs"][0]["series"]) {
    plotted += bucket["samples"].get<std::uint64_t>();
  }
  EXPECT_EQ(plotted, 2U);
}

TEST_F(SmallReport, SaysThatAFileWasSavedByASpreadsheet) {
  write("MD/1.csv", "2026/11/5 ");
  const auto made = report(Command::modules, Format::table);
  ASSERT_TRUE(made);
  EXPECT_NE(made->text.find("1 file was saved again by a spreadsheet"), std::string::npos);
  const auto json = ordered_json::parse(report(Command::modules, Format::json)->text);
  EXPECT_EQ(json["reading"]["resaved_files"], 1);
  EXPECT_EQ(json["runs"]["counted"], 1);
}

TEST_F(SmallReport, FailsWhereNothingCanBeRead) {
  write("MD/1.csv", "11/5/2026 ");
  for (const Command command : {Command::modules, Command::recommend, Command::task}) {
    for (const Format format : {Format::table, Format::markdown, Format::csv, Format::json}) {
      const auto made = report(command, format);
      ASSERT_FALSE(made) << made->text;
      EXPECT_NE(made.error().message.find("MD/1.csv:2: timestamp cannot be"), std::string::npos)
          << made.error().message;
      EXPECT_NE(made.error().message.find("save the file with times like"), std::string::npos);
    }
  }
  write("MD/2.csv");
  EXPECT_TRUE(report(Command::modules, Format::table)) << "something can be read";
}

TEST_F(SmallReport, OfATreeWithoutFilesIsMade) {
  EXPECT_TRUE(report(Command::modules, Format::table));
}

TEST_F(SmallReport, OfATaskWithoutGpuSaysNone) {
  write("MD/1.csv");
  const auto json = ordered_json::parse(report(Command::modules, Format::json)->text);
  EXPECT_EQ(json["modules"][0]["gpu_models"], ordered_json::array());
  EXPECT_EQ(report(Command::modules, Format::table)->text.find("unknown"), std::string::npos);
}

}  // namespace
}  // namespace wemol::report
