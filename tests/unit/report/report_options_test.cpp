#include "report_options.h"

#include <gtest/gtest.h>

#include "recorded_run.h"

namespace wemol::report {
namespace {

using namespace std::chrono_literals;
using test::kNoon;

tl::expected<ReportOptions, EarlyEnd> parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "wemol-report");
  return parse_report_options(static_cast<int>(arguments.size()), arguments.data(), kNoon);
}

TEST(ReportOptions, HaveDefaults) {
  const ReportOptions options = parse({"modules"}).value();
  EXPECT_EQ(options.command, Command::modules);
  EXPECT_EQ(options.folder, "module_resource");
  EXPECT_TRUE(options.window.is_open());
  EXPECT_TRUE(options.modules.empty());
  EXPECT_EQ(options.format, Format::table);
  EXPECT_FALSE(options.samples_only);
  EXPECT_EQ(options.color, ColorChoice::automatic);
  EXPECT_TRUE(options.pager);
  EXPECT_EQ(options.threads, 0U);
  EXPECT_EQ(options.gpu_hour_cores, 16);
  EXPECT_EQ(options.rules.percentile, 95);
  EXPECT_EQ(options.rules.margin_percent, 20);
  EXPECT_EQ(options.rules.minimum_runs, 10U);
  EXPECT_EQ(options.rules.oom_growth_percent, 50);
  EXPECT_EQ(options.rules.cores_basis, CoresBasis::max);
}

TEST(ReportOptions, AreTakenBeforeAndBehindTheCommand) {
  const ReportOptions options =
      parse({"--since",        "24h",     "recommend",    "d",          "--until",         "60m",
             "--module",       "MD",      "--module",     "分子",       "--format",        "json",
             "--from=samples", "--color", "never",        "--no-pager", "--threads",       "2",
             "--percentile",   "99.5",    "--margin",     "0",          "--minimum-tasks", "3",
             "--oom-growth",   "100",     "--cores-from", "mean"})
          .value();
  EXPECT_EQ(options.command, Command::recommend);
  EXPECT_EQ(options.folder, "d");
  EXPECT_EQ(options.window.since, kNoon - 24h);
  EXPECT_EQ(options.window.until, kNoon - 1h);
  EXPECT_EQ(options.modules, (std::vector<std::string>{"MD", "分子"}));
  EXPECT_EQ(options.format, Format::json);
  EXPECT_TRUE(options.samples_only);
  EXPECT_EQ(options.color, ColorChoice::never);
  EXPECT_FALSE(options.pager);
  EXPECT_EQ(options.threads, 2U);
  EXPECT_EQ(options.rules.percentile, 99.5);
  EXPECT_EQ(options.rules.margin_percent, 0);
  EXPECT_EQ(options.rules.minimum_runs, 3U);
  EXPECT_EQ(options.rules.oom_growth_percent, 100);
  EXPECT_EQ(options.rules.cores_basis, CoresBasis::mean);
  EXPECT_EQ(parse({"modules", "--gpu-hour-cores", "0.5"})->gpu_hour_cores, 0.5);
}

TEST(ReportOptions, AModuleTakesOneNameAndLeavesTheFolderAlone) {
  const ReportOptions options = parse({"modules", "--module", "MD", "folder"}).value();
  EXPECT_EQ(options.modules, std::vector<std::string>{"MD"});
  EXPECT_EQ(options.folder, "folder");
}

TEST(ReportOptions, TheOnlyOperandOfTaskIsTheTask) {
  EXPECT_EQ(parse({"task", "132178"})->task_id, "132178");
  EXPECT_EQ(parse({"task", "132178"})->folder, "module_resource");
  EXPECT_EQ(parse({"task", "d", "132178"})->task_id, "132178");
  EXPECT_EQ(parse({"task", "d", "132178"})->folder, "d");
}

TEST(ReportOptions, RunTakesFilesAndPartsOfMetricsNames) {
  const ReportOptions one = parse({"run", "a.jsonl"}).value();
  EXPECT_EQ(one.command, Command::run);
  EXPECT_EQ(one.run_files, std::vector<std::filesystem::path>{"a.jsonl"});
  EXPECT_TRUE(one.metrics.empty());
  const ReportOptions two =
      parse({"run", "--metric", "loss", "a", "b", "--metric", "gpu.", "--format", "csv"}).value();
  EXPECT_EQ(two.run_files, (std::vector<std::filesystem::path>{"a", "b"}));
  EXPECT_EQ(two.metrics, (std::vector<std::string>{"loss", "gpu."}));
  EXPECT_EQ(two.format, Format::csv);
}

TEST(ReportOptions, QueueTakesStateDirectories) {
  const ReportOptions options =
      parse({"queue", "--since", "24h", "a", "--queue-lock-dir", "l", "b", "c"}).value();
  EXPECT_EQ(options.command, Command::queue);
  EXPECT_EQ(options.state_folders, (std::vector<std::filesystem::path>{"a", "b", "c"}));
  EXPECT_EQ(options.queue_lock_folder, "l");
  EXPECT_EQ(options.window.since, kNoon - 24h);
  EXPECT_EQ(parse({"queue", "a"})->queue_lock_folder, "/run/lock/wemol-queue");
  EXPECT_EQ(parse({"queue"}).error().text, "queue: takes STATE_DIR...");
  EXPECT_EQ(parse({"queue", ""}).error().status, 2);
  EXPECT_EQ(parse({"queue", "a", "--module", "MD"}).error().text,
            "--module: is not for the command queue");
  EXPECT_EQ(parse({"modules", "--queue-lock-dir", "l"}).error().text,
            "--queue-lock-dir: is not for the command modules");
}

TEST(ReportOptions, HelpAndVersionEndWell) {
  for (const auto& arguments : std::vector<std::vector<const char*>>{
           {"--help"}, {"-h"}, {"modules", "--help"}, {"--version"}}) {
    const auto end = parse(arguments);
    ASSERT_FALSE(end);
    EXPECT_EQ(end.error().status, 0);
    EXPECT_NE(end.error().text.find("wemol-report"), std::string::npos);
  }
  EXPECT_EQ(parse({"task", "--help"}).error().text, parse({"--help"}).error().text);
}

struct BadReportCase {
  std::vector<const char*> arguments;
  const char* says;
};

void PrintTo(const BadReportCase& test_case, std::ostream* out) {
  *out << test_case.says;
}

class BadReportOption : public testing::TestWithParam<BadReportCase> {};

TEST_P(BadReportOption, IsAUsageErrorInOneLineThatNamesIt) {
  const auto options = parse(GetParam().arguments);
  ASSERT_FALSE(options);
  EXPECT_EQ(options.error().status, 2);
  EXPECT_NE(options.error().text.find(GetParam().says), std::string::npos) << options.error().text;
  EXPECT_EQ(options.error().text.find('\n'), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(
    All, BadReportOption,
    testing::Values(
        BadReportCase{{}, "it takes a command: modules, recommend, task, run or queue"},
        BadReportCase{{"frobnicate"}, "it takes a command: modules, recommend, task, run or queue"},
        BadReportCase{{"modules", "--frobnicate"}, "--frobnicate"},
        BadReportCase{{"modules", "a", "b"}, "modules: takes [DIR]"},
        BadReportCase{{"modules", ""}, "modules: takes [DIR]"},
        BadReportCase{{"task"}, "task: takes [DIR] TASK"},
        BadReportCase{{"task", "a", "b", "c"}, "task: takes [DIR] TASK"},
        BadReportCase{{"modules", "--since", "soon"}, "--since: takes a date or time"},
        BadReportCase{{"modules", "--until", ""}, "--until: takes a date or time"},
        BadReportCase{{"modules", "--format", "xml"},
                      "--format: takes table, csv, json or markdown, not \"xml\""},
        BadReportCase{{"modules", "--from", "x"}, "--from: takes ledger or samples"},
        BadReportCase{{"modules", "--color", "x"}, "--color: takes auto, always or never"},
        BadReportCase{{"modules", "--threads", "-1"}, "--threads"},
        BadReportCase{{"modules", "--threads", "257"}, "--threads: takes a whole number"},
        BadReportCase{{"modules", "--gpu-hour-cores", "x"}, "--gpu-hour-cores: takes a number"},
        BadReportCase{{"modules", "--module", ""}, "--module: takes a module's name"},
        BadReportCase{{"modules", "--module"}, "--module"},
        BadReportCase{{"recommend", "--percentile", "nan"}, "--percentile: takes a number from 1"},
        BadReportCase{{"recommend", "--percentile", "101"}, "--percentile: takes a number from 1"},
        BadReportCase{{"recommend", "--margin", "x"}, "--margin: takes a number from 0"},
        BadReportCase{{"recommend", "--minimum-tasks", "0"}, "--minimum-tasks: takes a whole"},
        BadReportCase{{"recommend", "--oom-growth", "x"}, "--oom-growth: takes a number"},
        BadReportCase{{"recommend", "--cores-from", "x"}, "--cores-from: takes max or mean"},
        BadReportCase{{"modules", "--margin", "5"}, "--margin: is not for the command modules"},
        BadReportCase{{"recommend", "--gpu-hour-cores", "5"},
                      "--gpu-hour-cores: is not for the command recommend"},
        BadReportCase{{"task", "1", "--module", "MD"}, "--module: is not for the command task"},
        BadReportCase{{"task", "1", "--since", "1d"}, "--since: is not for the command task"},
        BadReportCase{{"run"}, "run: takes FILE [FILE2]"},
        BadReportCase{{"run", "a", "b", "c"}, "run: takes FILE [FILE2]"},
        BadReportCase{{"run", ""}, "run: takes FILE [FILE2]"},
        BadReportCase{{"run", "a", "--metric", ""}, "--metric: takes a metric's name"},
        BadReportCase{{"run", "a", "--threads", "2"}, "--threads: is not for the command run"},
        BadReportCase{{"run", "a", "--from", "ledger"}, "--from: is not for the command run"},
        BadReportCase{{"run", "a", "--margin", "2"}, "--margin: is not for the command run"},
        BadReportCase{{"modules", "--metric", "a"}, "--metric: is not for the command modules"},
        BadReportCase{{"task", "1", "--metric", "a"}, "--metric: is not for the command task"}));

}  // namespace
}  // namespace wemol::report
