// The disk of these tests: what is synced is noted, or refused.

#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "csv_file.h"
#include "log_capture.h"
#include "open_files_limit.h"
#include "task_csv_sink.h"
#include "temp_dir.h"

namespace {

std::vector<std::filesystem::path> synced;
int refusal = 0;

int note_sync(int fd) {
  if (refusal != 0) {
    errno = refusal;
    return -1;
  }
  synced.push_back(std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd)));
  return 0;
}

}  // namespace

// Found before those of the C library.
extern "C" int fdatasync(int fd) {
  return note_sync(fd);
}
extern "C" int fsync(int fd) {
  return note_sync(fd);
}

namespace wemol {
namespace {

using Paths = std::vector<std::filesystem::path>;

class CsvSync : public testing::Test {
 protected:
  void SetUp() override {
    synced.clear();
    refusal = 0;
  }
  void TearDown() override { refusal = 0; }

  static Paths synced_by(CsvFile& file) {
    synced.clear();
    EXPECT_TRUE(file.sync());
    return synced;
  }
  Conditions write(TaskCsvSink& sink) const {
    TaskSample sample;
    sample.task = {"", "11", "1"};
    sample.module_name = "m";
    return sink.write({.samples = {sample, sample}});
  }

  test::TempDir dir;
  CsvFile file{dir / "out/module", "7", "a,b\r\n"};
  std::filesystem::path path = dir / "out/module/7.csv";
};

TEST_F(CsvSync, NamesOfWhatWasMadeReachTheDiskAfterTheRow) {
  ASSERT_TRUE(file.append("1,2\r\n"));
  Paths expected;  // from the root down to the file's folder
  for (auto folder = path; folder != folder.parent_path();) {
    folder = folder.parent_path();
    expected.insert(expected.begin(), folder);
  }
  expected.insert(expected.begin(), path);
  EXPECT_EQ(synced_by(file), expected);
  ASSERT_TRUE(file.append("3,4\r\n"));
  EXPECT_EQ(synced_by(file), Paths{path});
}

TEST_F(CsvSync, WhatHasNoNewRowIsLeftAlone) {
  EXPECT_EQ(synced_by(file), Paths{});
  ASSERT_TRUE(file.append("1,2\r\n"));
  (void)synced_by(file);
  EXPECT_EQ(synced_by(file), Paths{});
}

TEST_F(CsvSync, FileThatDidNotStayOpenIsOpenedAgain) {
  ASSERT_TRUE(file.append("1,2\r\n"));
  (void)synced_by(file);
  const test::OpenFilesLimit limit(3);
  ASSERT_TRUE(file.append("3,4\r\n"));
  EXPECT_EQ(synced_by(file), Paths{path});
}

TEST_F(CsvSync, RemovedFileIsNoTrouble) {
  {
    const test::OpenFilesLimit limit(3);
    ASSERT_TRUE(file.append("1,2\r\n"));
  }
  std::filesystem::remove_all(dir / "out");
  EXPECT_TRUE(file.sync());
}

TEST_F(CsvSync, RefusalIsAnErrorOnceSinceTheKernelForgetsIt) {
  ASSERT_TRUE(file.append("1,2\r\n"));
  refusal = EIO;
  EXPECT_EQ(file.rows_to_sync(), 1U);
  const auto refused = file.sync();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, EIO);
  EXPECT_EQ(refused.error().message, path.string() + ": Input/output error");
  EXPECT_TRUE(file.sync());
}

TEST_F(CsvSync, SinkWaitsForTheDiskOnlyWhenItIsToldTo) {
  TaskCsvSink started(dir / "started");
  EXPECT_TRUE(write(started).empty());
  EXPECT_EQ(synced, Paths{});
  TaskCsvSink finished(dir / "finished", SyncLevel::finished);
  EXPECT_TRUE(write(finished).empty());
  EXPECT_EQ(synced.front(), dir / "finished/m/11.csv");
}

TEST_F(CsvSync, SinkSaysWhatTheDiskDidNotTake) {
  TaskCsvSink sink(dir / "out", SyncLevel::finished);
  refusal = EIO;
  (void)write(sink);
  const Conditions conditions = write(sink);
  ASSERT_EQ(conditions.size(), 1U);
  EXPECT_EQ(conditions[0].severity, Severity::error);
  EXPECT_EQ(conditions[0].message,
            "the disk did not take rows that were written: " + (dir / "out/m/11.csv").string() +
                ": Input/output error; 2 rows of 1 files (4 since the start) may be missing now or "
                "after a power cut, and are not written again");
  refusal = 0;
  EXPECT_TRUE(write(sink).empty());
}

}  // namespace
}  // namespace wemol
