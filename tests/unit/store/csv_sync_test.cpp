// The disk of these tests: what is synced is noted, or refused.

#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "csv_file.h"
#include "fake_clock.h"
#include "ledger_sink.h"
#include "log_capture.h"
#include "open_files_limit.h"
#include "open_runs_file.h"
#include "task_csv_sink.h"
#include "temp_dir.h"
#include "text_file.h"

namespace {

std::vector<std::filesystem::path> synced;
int refusal = 0;
std::function<void()> on_sync = [] {};

int note_sync(int fd) {
  if (refusal != 0) {
    errno = refusal;
    return -1;
  }
  on_sync();
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
  void TearDown() override {
    refusal = 0;
    on_sync = [] {};
  }

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

TEST_F(CsvSync, OpenRunsReachTheDiskBeforeTheyHaveTheirNameAndThenTheNameDoes) {
  const OpenRunsFile open_runs(dir.path(), SyncLevel::finished);
  ASSERT_TRUE(open_runs.write({}));
  EXPECT_EQ(synced.back(), "/") << "the first time all the way up: the folder may be new too";
  synced.clear();
  std::vector<bool> has_its_name;
  on_sync = [&] {
    has_its_name.push_back(!std::filesystem::exists(open_runs.path().string() + ".new"));
  };
  ASSERT_TRUE(open_runs.write({}));
  EXPECT_EQ(synced, (Paths{open_runs.path().string() + ".new", dir.path()}));
  EXPECT_EQ(has_its_name, (std::vector<bool>{false, true}));
}

TEST_F(CsvSync, OpenRunsThatTheDiskRefusesLeaveTheOldOnes) {
  const OpenRunsFile open_runs(dir.path(), SyncLevel::finished);
  ASSERT_TRUE(open_runs.write({}));
  const std::string before = test::read_text(open_runs.path());
  refusal = EIO;
  const auto refused = open_runs.write({.runs = {{.run = {}, .module_name = "m"}}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, EIO);
  EXPECT_EQ(test::read_text(open_runs.path()), before);
}

TEST_F(CsvSync, LedgerWaitsForTheDiskToHaveTheOpenRunsOnlyWhenItIsToldTo) {
  const test::FakeClock clock;
  const LedgerSink started({.output_dir = dir.path()}, clock, {});
  EXPECT_EQ(synced, Paths{});
  const LedgerSink finished({.output_dir = dir.path(), .sync = SyncLevel::finished}, clock, {});
  EXPECT_EQ(synced, (Paths{OpenRunsFile(dir.path()).path().string() + ".new", dir.path()}));
}

}  // namespace
}  // namespace wemol
