#include "recorded_runs.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "ledger_row.h"
#include "recorded_tree.h"
#include "task_header.h"
#include "task_row_reader.h"
#include "temp_dir.h"
#include "text_file.h"
#include "time_zone.h"

namespace wemol::reading {
namespace {

using namespace std::chrono_literals;
using Names = std::vector<std::string>;

constexpr const char* kLastColumns = ",0,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A";
constexpr WallTime kMidnight{1748995200s};  // 2025-06-04 in UTC

class RecordedFiles : public testing::Test {
 protected:
  static std::string row(const std::string& container, const std::string& time,
                         const std::string& module = "MD", const std::string& task = "1") {
    return task + ",7," + module + ",2025-06-04 " + time + "," + container +
           ",100.00%,1MiB / 1GiB,0.1%,0B / 0B,0B / 0B,1" + kLastColumns + "\r\n";
  }
  void write_csv(const std::string& name, const std::string& rows) {
    test::write_text(root / name, std::string(test::kTaskHeader) + "\r\n" + rows);
  }
  static RunSummary ledger_run(const std::string& container, std::chrono::seconds ended_at,
                               const std::string& task = "1") {
    RunSummary run;
    run.task_id = task;
    run.module_name = "MD";
    run.container = container;
    run.started_at = kMidnight;
    run.ended_at = kMidnight + ended_at;
    run.energy_wh = 12.5;
    return run;
  }
  void write_ledger(const std::string& name, const std::vector<RunSummary>& runs) {
    std::string text = ledger_header();
    for (const RunSummary& run : runs) {
      text += ledger_row(run);
    }
    test::write_text(root / name, text);
  }
  void set_change_time(const std::string& name, std::chrono::seconds after_midnight) {
    const auto time = std::chrono::file_clock::from_sys(kMidnight + after_midnight);
    std::filesystem::last_write_time(root / name, time);
  }

  std::vector<RecordedRun> read(bool samples_only = false) {
    std::vector<RecordedRun> runs;
    const auto result = read_runs(
        {.root = root.path(), .samples_only = samples_only},
        [&](RecordedRun&& run) { runs.push_back(std::move(run)); }, nullptr);
    EXPECT_TRUE(result);
    report = result.value_or(ReadingReport{});
    std::ranges::sort(runs, {}, [](const RecordedRun& run) { return run.summary.container; });
    return runs;
  }
  static Names containers(const std::vector<RecordedRun>& runs) {
    Names names;
    for (const RecordedRun& run : runs) {
      names.push_back(run.summary.container);
    }
    return names;
  }
  Names bad_lines() {
    Names names;
    for (const BadLine& bad : report.first_bad_lines) {
      names.push_back(bad.file.lexically_relative(root.path()).string() + ":" +
                      std::to_string(bad.line) + ": " + bad.reason);
    }
    return names;
  }

  Names repeats() {
    Names names;
    for (const Repeat& repeat : report.first_repeats) {
      names.push_back(repeat.file.lexically_relative(root.path()).string() + ": " +
                      std::to_string(repeat.rows) + " of " +
                      repeat.of.lexically_relative(root.path()).string());
    }
    return names;
  }
  /// Ten seconds of a container, a row each five seconds.
  static std::string three_rows(const std::string& container = "a") {
    return row(container, "10:00:00") + row(container, "10:00:05") + row(container, "10:00:10");
  }
  void expect_three_rows_of_a() {
    const auto runs = read();
    ASSERT_EQ(containers(runs), Names{"a"});
    EXPECT_EQ(runs[0].summary.samples, 3U);
    EXPECT_EQ(runs[0].summary.duration_seconds, 15);
    EXPECT_EQ(runs[0].summary.cpu_seconds, 15);
  }

  test::TimeZone zone{"UTC0"};
  test::TempDir root;
  ReadingReport report;
};

TEST_F(RecordedFiles, HaveARunForEachContainer) {
  write_csv("MD/1.csv", row("a", "10:00:00") + row("a", "10:00:05") + row("b", "11:00:00") +
                            row("a", "10:00:10") + row("b", "11:00:30"));
  const auto runs = read();
  ASSERT_EQ(containers(runs), (Names{"a", "b"}));
  EXPECT_EQ(runs[0].basis, Basis::samples);
  EXPECT_EQ(runs[0].summary.task_id, "1");
  EXPECT_EQ(runs[0].summary.job_id, "7");
  EXPECT_EQ(runs[0].summary.module_name, "MD");
  EXPECT_EQ(runs[0].summary.samples, 3U);
  EXPECT_EQ(runs[0].summary.duration_seconds, 15);
  EXPECT_EQ(runs[0].summary.started_at, std::nullopt);
  EXPECT_EQ(runs[0].summary.exit_code, std::nullopt);
  EXPECT_EQ(runs[0].first_read_at, kMidnight + 10h);
  EXPECT_EQ(runs[0].last_read_at, kMidnight + 10h + 10s);
  EXPECT_EQ(runs[1].summary.samples, 2U);
  EXPECT_EQ(report.sample_rows, 5U);
  EXPECT_EQ(report.task_files, 1U);
}

TEST_F(RecordedFiles, OfTheScriptAreRead) {
  std::string text = std::string(test::kTaskHeader) + "\n" + row("a", "10:00:00", "Unknown") +
                     row("a", "10:00:05", "Unknown");
  std::erase(text, '\r');
  test::write_text(root / "Unknown/1.csv", text);
  const auto runs = read();
  ASSERT_EQ(containers(runs), Names{"a"});
  EXPECT_EQ(runs[0].summary.samples, 2U);
  EXPECT_EQ(runs[0].summary.module_name, "Unknown");
}

TEST_F(RecordedFiles, OfOneTaskInSeveralPlacesAreOneRun) {
  write_csv("AAA/1.csv", row("a", "10:00:10", "MD"));
  write_csv("AAA/1-2.csv", row("a", "10:00:15", "MD"));
  write_csv("Unknown_Module/1.csv",
            row("a", "10:00:00", "Unknown") + row("a", "10:00:05", "Unknown"));
  write_csv("1.csv", row("a", "10:00:20", "MD"));
  const auto runs = read();
  ASSERT_EQ(containers(runs), Names{"a"});
  EXPECT_EQ(runs[0].summary.samples, 5U);
  EXPECT_EQ(runs[0].summary.duration_seconds, 25);
  EXPECT_EQ(runs[0].summary.module_name, "MD");
  EXPECT_EQ(runs[0].first_read_at, kMidnight + 10h);
}

TEST_F(RecordedFiles, GiveARunTheModuleThatItsTaskHas) {
  write_csv("MD/1.csv", row("a", "10:00:00", "Unknown") + row("b", "11:00:00", "MD"));
  const auto runs = read();
  ASSERT_EQ(runs.size(), 2U);
  EXPECT_EQ(runs[0].summary.module_name, "MD");
}

TEST_F(RecordedFiles, WithADamagedLineLoseOnlyThat) {
  const std::string torn = row("a", "10:00:10").substr(0, 60);
  write_csv("MD/1.csv", row("a", "10:00:00") + "nonsense\r\n" + row("a", "25:00:00") + torn +
                            row("a", "10:00:20") + row("a", "10:00:30") + torn);
  EXPECT_EQ(read().at(0).summary.samples, 2U);
  EXPECT_EQ(report.bad_lines, 4U);
  EXPECT_EQ(report.bad_files, 0U);
  ASSERT_EQ(bad_lines().size(), 4U);
  EXPECT_EQ(bad_lines()[0], "MD/1.csv:3: 1 instead of 22 fields");
  EXPECT_EQ(bad_lines()[1], "MD/1.csv:4: timestamp cannot be \"2025-06-04 25:00:00\"");
  EXPECT_TRUE(bad_lines()[2].starts_with("MD/1.csv:5: ")) << bad_lines()[2];
  EXPECT_TRUE(bad_lines()[3].starts_with("MD/1.csv:7: ")) << bad_lines()[3];
}

TEST_F(RecordedFiles, HaveAWholeLastLineAlsoWithoutItsEnd) {
  std::string rows = row("a", "10:00:00") + row("a", "10:00:05");
  rows.resize(rows.size() - 2);
  write_csv("MD/1.csv", rows);
  EXPECT_EQ(read().at(0).summary.samples, 2U);
  EXPECT_EQ(report.bad_lines, 0U);
}

TEST_F(RecordedFiles, NameTwentyBadLinesAndCountAll) {
  std::string rows;
  for (int i = 0; i < 30; ++i) {
    rows += "x\r\n";
  }
  write_csv("MD/1.csv", rows);
  write_csv("MD/2.csv", rows);
  EXPECT_TRUE(read().empty());
  EXPECT_EQ(report.bad_lines, 60U);
  ASSERT_EQ(report.first_bad_lines.size(), kBadLinesNamed);
  EXPECT_EQ(bad_lines().front(), "MD/1.csv:2: 1 instead of 22 fields");
}

TEST_F(RecordedFiles, WithAForeignHeaderAreBad) {
  test::write_text(root / "MD/1.csv", "my,own\n1,2\n");
  test::write_text(root / "MD/summary.csv", "my,own\n1,2\n");
  write_csv("MD/1-2.csv", row("a", "10:00:00"));
  EXPECT_EQ(containers(read()), Names{"a"});
  EXPECT_EQ(report.bad_files, 2U);
  EXPECT_EQ(bad_lines(),
            (Names{"MD/1.csv:0: its first line is not the header of such a file",
                   "MD/summary.csv:0: its first line is not the header of such a file"}));
}

TEST_F(RecordedFiles, OfOthersAreNotLookedAt) {
  for (const char* name : {"MD/notes.csv", "MD/1.txt", "MD/1-1.csv", "MD/1-02.csv", "MD/1-x.csv",
                           "MD/summary-old.csv", "MD/.csv", "notes.csv", "MD/deep/1.csv"}) {
    test::write_text(root / name, "what,ever\n");
  }
  EXPECT_TRUE(read().empty());
  EXPECT_EQ(report.bad_files, 0U);
  EXPECT_EQ(report.bytes, 0U);
}

TEST_F(RecordedFiles, OfRunsThatALedgerHoldsAreNotAddedUp) {
  write_csv("MD/1.csv", row("a", "10:00:00") + row("b", "11:00:00"));
  write_csv("MD/2.csv", row("c", "10:00:00", "MD", "2"));
  write_ledger("MD/summary.csv", {ledger_run("a", 10h)});
  const auto runs = read();
  ASSERT_EQ(containers(runs), (Names{"a", "b", "c"}));
  EXPECT_EQ(runs[0].basis, Basis::ledger);
  EXPECT_EQ(runs[0].summary, ledger_run("a", 10h));
  EXPECT_EQ(runs[1].basis, Basis::samples);
  EXPECT_EQ(runs[2].basis, Basis::samples);
  EXPECT_EQ(read(true)[0].basis, Basis::samples);
}

TEST_F(RecordedFiles, AreNotOpenedWhenTheirLedgerIsYounger) {
  write_csv("MD/1.csv", row("a", "10:00:00") + row("b", "11:00:00"));
  write_ledger("MD/summary.csv", {ledger_run("a", 10h)});
  set_change_time("MD/1.csv", 10h + 5s);
  EXPECT_EQ(containers(read()), Names{"a"});
  set_change_time("MD/1.csv", 11h);
  EXPECT_EQ(containers(read()), (Names{"a", "b"}));
}

TEST_F(RecordedFiles, AreLookedAtWhereALedgerDoesNotKnowTheEnd) {
  RunSummary run = ledger_run("a", 10h);
  run.ended_at.reset();
  write_csv("MD/1.csv", row("a", "10:00:00") + row("b", "11:00:00"));
  write_ledger("MD/summary.csv", {run});
  set_change_time("MD/1.csv", 10h);
  EXPECT_EQ(containers(read()), (Names{"a", "b"}));
}

TEST_F(RecordedFiles, HaveARunOnceThatALedgerHoldsTwice) {
  RunSummary restarted = ledger_run("a", 12h);
  restarted.started_at = kMidnight + 11h;
  write_ledger("MD/summary.csv", {ledger_run("a", 10h), ledger_run("a", 10h), restarted});
  write_ledger("MD/summary-2.csv", {ledger_run("a", 10h), ledger_run("b", 10h)});
  EXPECT_EQ(containers(read()), (Names{"a", "a", "b"}));
  EXPECT_EQ(report.ledger_rows, 5U);
  EXPECT_EQ(report.ledger_files, 2U);
}

TEST_F(RecordedFiles, OfAContainerThatWasStartedAgainAreAddedUpUntilALedgerHoldsThatRunToo) {
  write_csv("MD/1.csv", row("a", "09:00:00") + row("a", "10:00:01") + row("a", "10:01:00") +
                            row("a", "10:03:00"));
  write_ledger("MD/summary.csv", {ledger_run("a", 10h)});
  auto runs = read();
  ASSERT_EQ(containers(runs), (Names{"a", "a"}));
  const auto sampled = std::ranges::find(runs, Basis::samples, &RecordedRun::basis);
  ASSERT_NE(sampled, runs.end());
  EXPECT_EQ(sampled->summary.samples, 3U) << "those after the end in the ledger";
  EXPECT_EQ(sampled->last_read_at, kMidnight + 10h + 3min);
  RunSummary again = ledger_run("a", 10h + 3min);
  again.started_at = kMidnight + 10h;
  write_ledger("MD/summary-2.csv", {again});
  runs = read();
  ASSERT_EQ(containers(runs), (Names{"a", "a"}));
  EXPECT_EQ(runs[0].basis, Basis::ledger);
  EXPECT_EQ(runs[1].basis, Basis::ledger);
}

TEST_F(RecordedFiles, MayHaveARowThatIsALittleYoungerThanTheEndInTheLedger) {
  write_csv("MD/1.csv", row("a", "09:59:58") + row("a", "10:00:04") + row("b", "10:00:04"));
  write_ledger("MD/summary.csv", {ledger_run("a", 10h)});
  EXPECT_EQ(containers(read()), (Names{"a", "b"})) << "docker stats answers late";
}

TEST_F(RecordedFiles, AreThoseOfTheLedgerAlsoWhereTheyAreReadInAnotherTimeZone) {
  std::string recorded = ledger_row(ledger_run("a", 10h));
  for (auto at = recorded.find("+00:00"); at != std::string::npos; at = recorded.find("+00:00")) {
    recorded.replace(at, 6, "-05:00");
  }
  write_csv("MD/1.csv", row("a", "09:00:00") + row("a", "10:00:00"));
  test::write_text(root / "MD/summary.csv", ledger_header() + recorded);
  const auto runs = read();
  ASSERT_EQ(containers(runs), Names{"a"});
  EXPECT_EQ(runs[0].summary.ended_at, kMidnight + 15h);
  recorded.replace(recorded.find("10:00:00.000-05:00"), 18, "10:00:00.000+05:00");
  test::write_text(root / "MD/summary.csv", ledger_header() + recorded);
  EXPECT_EQ(containers(read()), Names{"a"});
}

TEST_F(RecordedFiles, WithADamagedLedgerAreAddedUpFromSamples) {
  write_csv("MD/1.csv", row("a", "10:00:00"));
  std::string bad = ledger_row(ledger_run("a", 10h));
  bad.replace(bad.find("2025"), 4, "long");
  test::write_text(root / "MD/summary.csv", ledger_header() + bad);
  const auto runs = read();
  ASSERT_EQ(containers(runs), Names{"a"});
  EXPECT_EQ(runs[0].basis, Basis::samples);
  EXPECT_EQ(bad_lines(),
            Names{"MD/summary.csv:2: started_at cannot be \"long-06-04T00:00:00.000+00:00\""});
}

TEST_F(RecordedFiles, LeaveTheLastCellOutOfALedgersLineThatWasCutOff) {
  std::string text = ledger_header() + ledger_row(ledger_run("a", 10h));
  ASSERT_TRUE(text.ends_with(",12.5\r\n"));
  text.resize(text.size() - 3);
  test::write_text(root / "MD/summary.csv", text);
  const auto runs = read();
  ASSERT_EQ(containers(runs), Names{"a"});
  EXPECT_EQ(runs[0].summary.ended_at, kMidnight + 10h);
  EXPECT_EQ(runs[0].summary.energy_wh, std::nullopt);
}

TEST_F(RecordedFiles, CannotBeReadWithoutTheirFolder) {
  const auto result = read_runs(
      {.root = root / "gone"}, [](RecordedRun&&) {}, nullptr);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message,
            (root / "gone").string() +
                ": No such file or directory; give the folder that the recorder writes to");
}

TEST_F(RecordedFiles, OfOneTaskAreFound) {
  write_csv("MD/1.csv", row("b", "11:00:00") + row("a", "12:00:00"));
  write_csv("Unknown_Module/1.csv", row("b", "10:00:00", "Unknown"));
  write_csv("MD/2.csv", row("c", "10:00:00", "MD", "2"));
  test::write_text(root / "Other/1.csv", "my,own\n");
  write_ledger("MD/summary.csv", {ledger_run("a", 13h), ledger_run("c", 13h, "2")});
  const auto task = find_task({.root = root.path()}, "1");
  ASSERT_TRUE(task);
  EXPECT_EQ(task->csv_files,
            (std::vector<std::filesystem::path>{root / "Unknown_Module/1.csv", root / "MD/1.csv"}));
  ASSERT_EQ(containers(task->runs), (Names{"a", "b"}));
  EXPECT_EQ(task->runs[0].basis, Basis::ledger);
  EXPECT_EQ(task->runs[1].basis, Basis::samples);
  EXPECT_EQ(task->runs[1].summary.samples, 2U);
  const auto missing = find_task({.root = root.path()}, "3");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message,
            root.path().string() + ": nothing of a task 3 is recorded here");
}

TEST_F(RecordedFiles, HandOutTheirRowsInOrder) {
  write_csv("MD/1.csv", row("a", "10:00:00") + "x\r\n" + row("b", "10:00:05"));
  Names read_containers;
  const auto result = read_task_rows(root / "MD/1.csv", [&](const TaskRow& row_read) {
    read_containers.emplace_back(row_read.container);
  });
  ASSERT_TRUE(result);
  EXPECT_EQ(read_containers, (Names{"a", "b"}));
  EXPECT_EQ(result->bad_lines, 1U);
  EXPECT_EQ(result->sample_rows, 2U);
  const auto missing = read_task_rows(root / "MD/2.csv", [](const TaskRow&) {});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message, (root / "MD/2.csv").string() + ": No such file or directory");
}

TEST_F(RecordedFiles, OfTooManyContainersAreNotAllKept) {
  std::string rows;
  for (int i = 0; i < 1002; ++i) {
    rows += row("c" + std::to_string(i), "10:00:00");
  }
  write_csv("MD/1.csv", rows);
  EXPECT_EQ(read().size(), 1000U);
  EXPECT_EQ(report.bad_lines, 2U);
  EXPECT_EQ(bad_lines()[0], "MD/1.csv:1002: more containers than a task can have");
}

TEST_F(RecordedFiles, ThatWereCopiedCountOnce) {
  write_csv("MD/1.csv", three_rows());
  write_csv("MD - Copy/1.csv", three_rows());
  expect_three_rows_of_a();
  EXPECT_EQ(repeats(), Names{"MD - Copy/1.csv: 3 of MD/1.csv"});
  EXPECT_EQ(report.repeated_rows, 3U);
  EXPECT_EQ(report.repeating_files, 1U);
  EXPECT_EQ(report.bad_lines, 0U);
}

TEST_F(RecordedFiles, ThatAreLinkedCountOnce) {
  write_csv("MD/1.csv", three_rows());
  std::filesystem::create_directory_symlink("MD", root / "link to folder");
  std::filesystem::create_directory(root / "other");
  std::filesystem::create_symlink("../MD/1.csv", root / "other/1.csv");
  std::filesystem::create_hard_link(root / "MD/1.csv", root / "other/1-2.csv");
  std::filesystem::create_symlink(root.path(), root / "link to root");
  expect_three_rows_of_a();
  EXPECT_EQ(repeats(), (Names{"link to folder/1.csv: 3 of MD/1.csv", "other/1-2.csv: 3 of MD/1.csv",
                              "other/1.csv: 3 of MD/1.csv"}));
  EXPECT_EQ(report.repeated_rows, 9U);
}

TEST_F(RecordedFiles, ThatWereCopiedWhileTheTaskRanCountOnce) {
  write_csv("MD/1.csv", three_rows());
  for (const char* copy : {"MD - Copy/1.csv", "Copy of MD/1.csv"}) {  // behind and before it
    write_csv(copy, row("a", "10:00:00") + row("a", "10:00:05"));
    expect_three_rows_of_a();
    EXPECT_EQ(report.repeated_rows, 2U);
    std::filesystem::remove(root / copy);
  }
}

TEST_F(RecordedFiles, ThatWereCopiedAndContinuedHaveTheirOwnRowsToo) {
  write_csv("MD/1.csv", row("a", "10:00:00") + row("a", "10:00:05"));
  write_csv("MD - Copy/1.csv", three_rows() + row("b", "10:00:05"));
  const auto runs = read();
  ASSERT_EQ(containers(runs), (Names{"a", "b"}));
  EXPECT_EQ(runs[0].summary.samples, 3U);
  EXPECT_EQ(runs[0].summary.duration_seconds, 15);
  EXPECT_EQ(runs[1].summary.samples, 1U) << "the same time, another container";
  EXPECT_EQ(repeats(), Names{"MD - Copy/1.csv: 2 of MD/1.csv"});
}

TEST_F(RecordedFiles, ThatAClockSetBackHasDatedAreRecognizedToo) {
  const std::string rows = row("a", "10:00:10") + row("a", "10:00:00") + row("a", "10:00:05");
  write_csv("MD/1.csv", rows);
  write_csv("MD - Copy/1.csv", rows);
  EXPECT_EQ(read().at(0).summary.samples, 3U);
  EXPECT_EQ(report.repeated_rows, 3U);
}

TEST_F(RecordedFiles, MayHaveTwoRowsOfOneSecond) {
  const std::string rows = row("a", "10:00:00") + row("a", "10:00:00") + row("a", "10:00:01");
  write_csv("MD/1.csv", rows);
  EXPECT_EQ(read().at(0).summary.samples, 3U) << "the interval is half a second";
  EXPECT_EQ(report.repeated_rows, 0U);
  write_csv("MD - Copy/1.csv", rows);
  EXPECT_EQ(read().at(0).summary.samples, 3U);
  EXPECT_EQ(report.repeated_rows, 3U);
}

TEST_F(RecordedFiles, OfALedgerThatWasCopiedCountOnceAndSaySo) {
  write_ledger("MD/summary.csv",
               {ledger_run("a", 10h), ledger_run("b", 11h), ledger_run("b", 11h)});
  write_ledger("MD - Copy/summary.csv", {ledger_run("a", 10h), ledger_run("c", 11h)});
  std::filesystem::create_directory_symlink("MD", root / "link");
  EXPECT_EQ(containers(read()), (Names{"a", "b", "c"}));
  EXPECT_EQ(report.repeated_rows, 4U) << "b is twice in one file, which is no copy";
  EXPECT_EQ(repeats(), (Names{"MD - Copy/summary.csv: 1 of MD/summary.csv",
                              "link/summary.csv: 3 of MD/summary.csv"}));
}

TEST_F(RecordedFiles, OfOneTaskThatWereCopiedAreOneRun) {
  write_csv("MD/1.csv", three_rows());
  write_csv("MD - Copy/1.csv", three_rows());
  const auto found = find_task({.root = root.path()}, "1");
  ASSERT_TRUE(found);
  ASSERT_EQ(found->runs.size(), 1U);
  EXPECT_EQ(found->runs[0].summary.samples, 3U);
}

TEST_F(RecordedFiles, OfASpreadsheetAreReadWhereTheyMeanOneThing) {
  const std::string header{test::kTaskHeader};
  const auto write = [&](std::string text, const auto& change) {
    change(text);
    test::write_text(root / "MD/1.csv", text);
  };
  const auto replace_all = [](std::string& text, const std::string& from, const std::string& to) {
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
      text.replace(at, from.size(), to);
    }
  };
  const std::string text = header + "\r\n" + three_rows();
  write(text, [](std::string& t) { t = "\xEF\xBB\xBF" + t; });
  expect_three_rows_of_a();
  EXPECT_EQ(report.resaved_files, 0U) << "nothing of it is told otherwise";
  write(text, [](std::string& t) { std::erase(t, '\r'); });
  expect_three_rows_of_a();
  write(text, [&](std::string& t) { replace_all(t, "2025-06-04 ", "2025/6/4 "); });
  expect_three_rows_of_a();
  EXPECT_EQ(report.resaved_files, 1U);
  write(text, [&](std::string& t) {
    std::ranges::replace(t, ',', ';');
    replace_all(t, "100.00%", "100,00%");
  });
  expect_three_rows_of_a();
  EXPECT_EQ(report.resaved_files, 1U);
  write(text, [&](std::string& t) {
    std::erase(t, '\r');
    t.pop_back();
    replace_all(t, ",", "\";\"");
    replace_all(t, "\n", "\"\n\"");
    replace_all(t, "100.00%", "100,00%");
    replace_all(t, "2025-06-04", "2025/06/04");
    t = "\xEF\xBB\xBF\"" + t + "\"\n";
  });
  expect_three_rows_of_a();
  write(text, [&](std::string& t) { replace_all(t, "10:00:05", "10:00"); });
  EXPECT_EQ(read().at(0).summary.samples, 3U) << "without seconds";
  EXPECT_EQ(report.resaved_files, 1U);
}

TEST_F(RecordedFiles, OfASpreadsheetWithTwoGpusAreRead) {
  std::string header{test::kTaskHeader};
  std::ranges::replace(header, ',', ';');
  test::write_text(
      root / "MD/1.csv",
      header +
          "\r\n1;7;MD;2025/6/4 9:44;a;350,5%;1,5GiB / 4GiB;0,1%;0B / 0B;0B / 0B;1;2;0,1;X,Y;"
          "500MB,700MB;24576MB,24576MB;88%,12%;35%,1%;72,70;54%,1%;341,50W,58,50W;350W,350W\r\n");
  const auto runs = read();
  ASSERT_EQ(runs.size(), 1U) << bad_lines().at(0);
  EXPECT_EQ(runs[0].summary.cpu_cores_max, 3.505);
  EXPECT_EQ(runs[0].summary.memory_peak_bytes, 1610612736U);
  EXPECT_EQ(runs[0].summary.gpu_ids, "0,1");
}

TEST_F(RecordedFiles, WithDaysThatMayBeMonthsAreRefusedAndTheReasonIsSaid) {
  for (const char* time : {"11/5/2026 10:00", "11.05.2026 10:00:00", "5-11-2026 10:00"}) {
    test::write_text(root / "MD/1.csv", std::string(test::kTaskHeader) + "\r\n1,7,MD," + time +
                                            ",a,1%,1B / 1B,1%,0B / 0B,0B / 0B,1" + kLastColumns +
                                            "\r\n");
    EXPECT_TRUE(read().empty());
    EXPECT_EQ(bad_lines(), Names{std::string("MD/1.csv:2: timestamp cannot be \"") + time +
                                 "\": day and month are ambiguous; save the file with "
                                 "times like 2026-11-05 10:00:00"});
  }
}

TEST_F(RecordedFiles, OfALedgerThatASpreadsheetHasSavedAreRead) {
  std::string text = ledger_header() + ledger_row(ledger_run("a", 10h));
  std::ranges::replace(text, ',', ';');
  text.replace(text.find("12.5"), 4, "12,5");
  test::write_text(root / "MD/summary.csv", "\xEF\xBB\xBF" + text);
  const auto runs = read();
  ASSERT_EQ(runs.size(), 1U) << bad_lines().at(0);
  EXPECT_EQ(runs[0].summary.energy_wh, 12.5);
  EXPECT_EQ(runs[0].basis, Basis::ledger);
  EXPECT_EQ(report.resaved_files, 1U);
}

TEST_F(RecordedFiles, InUtf16AreBadAndTheReasonIsSaid) {
  test::write_text(root / "MD/1.csv", std::string("\xFF\xFEt\0a\0", 6));
  EXPECT_TRUE(read().empty());
  EXPECT_EQ(bad_lines(), Names{"MD/1.csv:0: it is UTF-16; save it as CSV in UTF-8"});
}

TEST_F(RecordedFiles, OfOneTaskThatCannotBeReadSayWhy) {
  write_csv("MD/1.csv", "1,7,MD,11/5/2026 10:00,a\r\n");
  const auto found = find_task({.root = root.path()}, "1");
  ASSERT_FALSE(found);
  EXPECT_NE(found.error().message.find("MD/1.csv:2:"), std::string::npos) << found.error().message;
}

TEST(RecordedFileName, IsThatOfATaskOrALedger) {
  const auto task = parse_file_name("132178.csv");
  ASSERT_TRUE(task);
  EXPECT_EQ(task->stem, "132178");
  EXPECT_EQ(task->number, 1U);
  EXPECT_FALSE(task->is_ledger);
  const auto continued = parse_file_name("007-12.csv");
  ASSERT_TRUE(continued);
  EXPECT_EQ(continued->stem, "007");
  EXPECT_EQ(continued->number, 12U);
  EXPECT_TRUE(parse_file_name("summary-2.csv")->is_ledger);
  for (const char* name : {"1.CSV", "1", "a.csv", "1-.csv", "1-99999999999.csv", "-2.csv"}) {
    EXPECT_FALSE(parse_file_name(name)) << name;
  }
}

}  // namespace
}  // namespace wemol::reading
