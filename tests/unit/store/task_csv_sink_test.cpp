#include "task_csv_sink.h"

#include <gtest/gtest.h>

#include "log_capture.h"
#include "temp_dir.h"
#include "text_file.h"

namespace wemol {
namespace {

using test::LogCapture;
using test::read_text;
using test::TempDir;
using test::write_text;

TaskSample sample(const std::string& task, const std::string& module, const std::string& pids) {
  TaskSample result;
  result.task = {"", task, "1"};
  result.module_name = module;
  result.container_name = "c";
  result.stats.printed = std::make_shared<PrintedStats>(
      PrintedStats{"1%", "1B / 1B", "1%", "1B / 1B", "1B / 1B", pids});
  return result;
}

Snapshot snapshot(std::vector<TaskSample> samples) {
  return {.samples = std::move(samples)};
}

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

/// Stands in the working folder while it lives.
class WorkingFolder {
 public:
  explicit WorkingFolder(const std::filesystem::path& path)
      : old_(std::filesystem::current_path()) {
    std::filesystem::create_directories(path);
    std::filesystem::current_path(path);
  }
  WorkingFolder(const WorkingFolder&) = delete;
  WorkingFolder& operator=(const WorkingFolder&) = delete;
  ~WorkingFolder() { std::filesystem::current_path(old_); }

 private:
  std::filesystem::path old_;
};

class TaskCsv : public testing::Test {
 protected:
  LogCapture log;
  TempDir dir;
  WorkingFolder working{dir / "cwd"};
  std::filesystem::path out = dir / "out";
};

TEST_F(TaskCsv, EachTaskHasAFileInItsModulesFolder) {
  TaskCsvSink sink(out);
  EXPECT_TRUE(
      sink.write(snapshot({sample("11", "MD: x", "1"), sample("22", "Unknown", "2")})).empty());
  EXPECT_NE(read_text(out / "MD_ x/11.csv").find("11,1,MD: x,"), std::string::npos);
  EXPECT_NE(read_text(out / "Unknown_Module/22.csv").find("22,1,Unknown,"), std::string::npos);
}

TEST_F(TaskCsv, ContainersOfOneTaskShareAFile) {
  TaskCsvSink sink(out);
  EXPECT_TRUE(sink.write(snapshot({sample("11", "m", "1"), sample("11", "m", "2")})).empty());
  EXPECT_EQ(count_of(read_text(out / "m/11.csv"), "11,1,m,"), 2U);
}

TEST_F(TaskCsv, FileOfATaskIsSaidOnce) {
  TaskCsvSink sink(out);
  (void)sink.write(snapshot({sample("11", "m", "1")}));
  (void)sink.write(snapshot({}));  // a round without a reading
  (void)sink.write(snapshot({sample("11", "m", "1")}));
  EXPECT_EQ(log.count("info task 11: container c is recorded in " + (out / "m/11.csv").string()),
            1U);
}

TEST_F(TaskCsv, FileThatStandsInForAnotherIsSaid) {
  write_text(out / "m/11.csv", "another,header\r\n");
  TaskCsvSink sink(out);
  (void)sink.write(snapshot({sample("11", "m", "1")}));
  EXPECT_EQ(log.count("is recorded in " + (out / "m/11-2.csv").string()), 1U);
}

TEST_F(TaskCsv, WhenTheFolderCannotBeMadeTheFileIsWrittenToTheCurrentFolder) {
  write_text(out / "m", "a file where the folder should be");
  TaskCsvSink sink(out);
  const auto conditions = sink.write(snapshot({sample("11", "m", "1"), sample("22", "ok", "2")}));
  ASSERT_EQ(conditions.size(), 1U);
  EXPECT_EQ(conditions[0].severity, Severity::error);
  EXPECT_EQ(count_of(read_text(dir / "cwd/11.csv"), "11,1,m,"), 1U);
  EXPECT_EQ(count_of(read_text(out / "ok/22.csv"), "22,1,ok,"), 1U);
}

TEST_F(TaskCsv, WhenTheFolderIsALinkToItselfTheFileIsWrittenToTheCurrentFolder) {
  std::filesystem::create_directories(out);
  std::filesystem::create_symlink("m", out / "m");
  TaskCsvSink sink(out);
  const auto conditions = sink.write(snapshot({sample("11", "m", "1"), sample("22", "ok", "2")}));
  ASSERT_EQ(conditions.size(), 1U);
  EXPECT_EQ(conditions[0].severity, Severity::error);
  EXPECT_EQ(count_of(read_text(dir / "cwd/11.csv"), "11,1,m,"), 1U);
  EXPECT_EQ(count_of(read_text(out / "ok/22.csv"), "22,1,ok,"), 1U);
}

class BlockedTask : public TaskCsv {
 protected:
  /// A file that cannot be opened for writing even by root: its name is too long once the folder
  /// exists.
  BlockedTask() { std::filesystem::create_directories(out / "m"); }
  const std::string long_id = std::string(300, '1');
};

TEST_F(BlockedTask, RowsThatCannotBeWrittenWaitAndOthersAreNotAffected) {
  TaskCsvSink sink(out);
  const auto conditions = sink.write(snapshot({sample(long_id, "m", "1"), sample("22", "m", "2")}));
  ASSERT_EQ(conditions.size(), 1U);
  EXPECT_EQ(conditions[0].severity, Severity::error);
  EXPECT_NE(conditions[0].message.find("1 rows of 1 files wait"), std::string::npos);
  EXPECT_EQ(count_of(read_text(out / "m/22.csv"), "22,1,m,"), 1U);
}

TEST_F(BlockedTask, RowsThatCannotBeWrittenAreBoundedAndTheLossIsSaid) {
  TaskCsvSink sink(out, SyncLevel::started,
                   {.waiting_bytes_per_file = 1200, .waiting_bytes = 5000});
  Conditions conditions;
  for (int i = 0; i < 5; ++i) {
    conditions = sink.write(snapshot({sample(long_id, "m", "1")}));
  }
  EXPECT_NE(conditions.at(0).message.find("rows are lost"), std::string::npos);
}

TEST_F(BlockedTask, WhatIsLostAtTheEndIsSaid) {
  { (void)TaskCsvSink(out).write(snapshot({sample(long_id, "m", "1")})); }
  EXPECT_EQ(log.count("error 1 rows of task " + long_id), 1U);
}

TEST_F(TaskCsv, WaitingRowsAreWrittenInOrderWhenItWorksAgainWithoutANewRow) {
  TaskCsvSink sink(out);
  // A dangling link: the file cannot be made until the link's target folder exists.
  std::filesystem::create_directories(out / "m");
  std::filesystem::create_symlink(dir / "later/11.csv", out / "m/11.csv");
  (void)sink.write(snapshot({sample("11", "m", "1")}));
  const auto conditions = sink.write(snapshot({sample("11", "m", "2")}));
  ASSERT_EQ(conditions.size(), 1U);
  std::filesystem::create_directories(dir / "later");
  EXPECT_TRUE(sink.write(snapshot({})).empty());
  const std::string text = read_text(dir / "later/11.csv");
  EXPECT_LT(text.find(",1,N/A"), text.find(",2,N/A"));
  EXPECT_EQ(count_of(text, "11,1,m,"), 2U);
}

}  // namespace
}  // namespace wemol
