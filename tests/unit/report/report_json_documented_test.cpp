// docs/report-json.md against what is printed.

#include <fstream>
#include <regex>
#include <set>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "logged_run_view.h"
#include "modules_view.h"
#include "queue_view.h"
#include "recommendation_view.h"
#include "recorded_run.h"
#include "task_view.h"

namespace wemol::report {
namespace {

using nlohmann::ordered_json;
using test::kNoon;
using Names = std::set<std::string>;

/// "modules[].cores.p50" for each value that is no object nor list.
void collect_names(const ordered_json& value, const std::string& name, Names& names) {
  if (value.is_object()) {
    for (const auto& [member, inner] : value.items()) {
      collect_names(inner, name.empty() ? member : name + "." + member, names);
    }
  } else if (value.is_array()) {
    EXPECT_FALSE(value.empty()) << name << ": the test needs an element";
    for (const ordered_json& element : value) {
      collect_names(element, name + "[]", names);
    }
  } else {
    names.insert(name);
  }
}

/// The fields in the tables below the headings that name the command or all commands.
Names documented(const std::string& command) {
  std::ifstream file(std::string(WEMOL_PROJECT_DIR) + "/docs/report-json.md");
  EXPECT_TRUE(file);
  const std::regex row(R"(^\| `([a-z0-9_.\[\]]+)` \|.*\|$)");
  Names names;
  bool is_of_command = false;
  for (std::string line; std::getline(file, line);) {
    std::smatch found;
    if (line.starts_with("## ")) {
      is_of_command =
          line == "## All commands" || line.find("`" + command + "`") != std::string::npos;
    } else if (is_of_command && std::regex_match(line, found, row)) {
      EXPECT_TRUE(names.insert(found[1]).second) << found[1] << " is there twice";
    }
  }
  return names;
}

reading::RecordedRun run_with_gpu() {
  reading::RecordedRun run = test::run_of("MD");
  run.summary.gpu_count = 1;
  run.summary.gpu_names = "NVIDIA L4";
  return run;
}

ReportContext context() {
  return {.folder = "d",
          .now = kNoon,
          .reading = {.bad_lines = 1,
                      .first_bad_lines = {{"d/1.csv", 7, "too few fields"}},
                      .repeated_rows = 2,
                      .repeating_files = 1,
                      .first_repeats = {{"e/1.csv", "d/1.csv", 2}}}};
}

ModuleFigures one_module() {
  ModuleFigures figures({}, kNoon);
  figures.add(run_with_gpu());
  return figures;
}

void expect_documented(const ordered_json& report, const std::string& command) {
  Names printed;
  collect_names(ordered_json::parse(report.dump()), "", printed);
  EXPECT_EQ(printed, documented(command));
}

TEST(DocumentedJson, AgreesWithModules) {
  expect_documented(modules_json(one_module(), context(), 16), "modules");
}

TEST(DocumentedJson, AgreesWithRecommend) {
  expect_documented(recommendation_json(one_module(), context(), {}), "recommend");
}

TEST(DocumentedJson, AgreesWithTask) {
  RunOverTime run{.run = run_with_gpu(), .series = {}};
  UsageReading reading;
  reading.read_at = kNoon;
  run.series.add(reading);
  const TaskReport task{.task_id = "1", .csv_files = {"d/1.csv"}, .runs = {run}};
  expect_documented(task_json(task, context(), 10), "task");
}

LoggedRunReport logged_run() {
  LoggedRunReport report{.file = "a.jsonl"};
  reading::LoggedLine line;
  EXPECT_TRUE(line.parse(R"({"_step": 1, "_timestamp": 5, "loss": 2, "gpu.0.gpu": 5})"));
  report.run.add(line);
  report.reading.report = {.bad_lines = 1, .first_bad_lines = {{"a.jsonl", 7, "it is no JSON"}}};
  return report;
}

TEST(DocumentedJson, AgreesWithRun) {
  const std::vector<LoggedRunReport> reports{logged_run(), logged_run()};
  expect_documented(logged_runs_json(reports, MetricSelection({}), kNoon, 10), "run");
}

TEST(DocumentedJson, AgreesWithQueue) {
  QueueReport report{
      .folders = {{.path = "logs", .has_history = true}},
      .figures = QueueFigures({}),
      .held_cards = {{{.card = "GPU-1", .user = "lin", .queue = "1", .job = 17, .since = kNoon}}},
      .now = kNoon};
  report.folders[0].reading.report = {.bad_lines = 1,
                                      .first_bad_lines = {{"a.jsonl", 7, "it is no JSON"}}};
  report.figures.add(0, {.job = 17, .queue = "1", .user = "lin", .cards = {"GPU-1"}});
  expect_documented(queue_json(report), "queue");
}

TEST(DocumentedJson, AgreesOnTheSchema) {
  const ordered_json report = modules_json(one_module(), context(), 16);
  std::ifstream file(std::string(WEMOL_PROJECT_DIR) + "/docs/report-json.md");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  EXPECT_NE(text.find("| `schema` | `" + report["schema"].get<std::string>() + "` |"),
            std::string::npos);
}

}  // namespace
}  // namespace wemol::report
