// The disk of these tests: what is synced is noted, or refused.

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
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
#include "sync_hook.h"
#include "task_csv_sink.h"
#include "temp_dir.h"
#include "text_file.h"

namespace {

int note_sync(int fd) {
  using namespace wemol::test;
  if (sync_refusal != 0) {
    errno = sync_refusal;
    return -1;
  }
  synced.push_back(std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd)));
  on_sync(synced.back());
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
extern "C" int sync_file_range(int /*fd*/, off64_t offset, off64_t count, unsigned /*flags*/) {
  wemol::test::started_ranges.push_back(std::to_string(offset) + "+" + std::to_string(count));
  return 0;
}

namespace wemol {
namespace {

using namespace std::chrono_literals;
using test::on_sync;
using test::started_ranges;
using test::sync_refusal;
using test::synced;
using Paths = std::vector<std::filesystem::path>;

class CsvSync : public testing::Test {
 protected:
  void SetUp() override { test::forget_syncs(); }
  void TearDown() override { test::forget_syncs(); }

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
  sync_refusal = EIO;
  EXPECT_EQ(file.rows_to_sync(), 1U);
  const auto refused = file.sync();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, EIO);
  EXPECT_EQ(refused.error().message, path.string() + ": Input/output error");
  EXPECT_TRUE(file.sync());
}

/// Files of rows of five bytes, header included.
class Writeback : public CsvSync {
 protected:
  void append_after(std::chrono::nanoseconds time) {
    clock.pass(time);
    looks.begin_round();
    ASSERT_TRUE(shared.append("1,2\r\n"));
  }

  test::FakeClock clock;
  SharedLooks looks{clock};
  CsvFile shared{dir / "out/module", "7", "a,b\r\n", &looks};
  using Ranges = std::vector<std::string>;
};

TEST_F(Writeback, BeginsWithEachRowOfAFileByItself) {
  ASSERT_TRUE(file.append("1,2\r\n"));
  ASSERT_TRUE(file.append("1,2\r\n"));
  EXPECT_EQ(started_ranges, (Ranges{"0+10", "10+5"}));
}

TEST_F(Writeback, BeginsOnceForTheRowsOfAWhile) {
  append_after(0s);
  append_after(1s);
  append_after(2900ms);
  EXPECT_EQ(started_ranges, (Ranges{"0+10"}));
  append_after(100ms);
  EXPECT_EQ(started_ranges, (Ranges{"0+10", "10+15"}));
}

TEST_F(Writeback, BeginsWithEachRowAtTheUsualInterval) {
  append_after(0s);
  append_after(4900ms);
  append_after(4999ms);
  EXPECT_EQ(started_ranges, (Ranges{"0+10", "10+5", "15+5"}));
}

TEST_F(Writeback, BeginsForTheLastRowsToo) {
  append_after(0s);
  append_after(1s);
  clock.pass(2s);
  shared.start_due_writeback();
  EXPECT_EQ(started_ranges, (Ranges{"0+10"}));
  clock.pass(1s);
  shared.start_due_writeback();
  EXPECT_EQ(started_ranges, (Ranges{"0+10", "10+5"}));
  shared.start_due_writeback();
  shared.start_writeback();
  EXPECT_EQ(started_ranges.size(), 2U) << "there is nothing left";
}

TEST_F(Writeback, BeginsBeforeAFileIsLetGo) {
  append_after(0s);
  append_after(1s);
  std::filesystem::rename(path, dir / "out/module/old.csv");
  append_after(1s);
  EXPECT_EQ(started_ranges, (Ranges{"0+10", "10+5", "0+10"}));
}

TEST_F(Writeback, BeginsForAllRowsWhenTheSinkGoesOrHasNoneForLong) {
  TaskCsvSink sink(dir / "out", SyncLevel::started, {}, clock);
  (void)write(sink);
  clock.pass(1s);
  (void)write(sink);
  ASSERT_EQ(started_ranges.size(), 1U);
  clock.pass(3s);
  (void)sink.write({});
  EXPECT_EQ(started_ranges.size(), 2U);
  clock.pass(1s);
  {
    TaskCsvSink other(dir / "other", SyncLevel::started, {}, clock);
    (void)write(other);
    (void)write(other);
    EXPECT_EQ(started_ranges.size(), 3U);
  }
  EXPECT_EQ(started_ranges.size(), 4U);
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
  sync_refusal = EIO;
  (void)write(sink);
  const Conditions conditions = write(sink);
  ASSERT_EQ(conditions.size(), 2U);
  EXPECT_EQ(conditions[0].severity, Severity::error);
  EXPECT_EQ(conditions[0].message,
            "the disk did not take rows that were written: " + (dir / "out/m/11.csv").string() +
                ": Input/output error; 2 rows of 1 files (4 since the start) may be missing now or "
                "after a power cut, and are not written again");
  EXPECT_EQ(conditions[1].severity, Severity::warning);
  EXPECT_EQ(conditions[1].message,
            "there is no journal: " + (dir / "out/.wemol-recorder.journal.new").string() +
                ": Input/output error; the disk has to take each file by itself in every round, "
                "which takes longer");
  sync_refusal = 0;
  EXPECT_EQ(write(sink).size(), 1U) << "the journal is tried again after some rounds";
}

TEST_F(CsvSync, OpenRunsReachTheDiskBeforeTheyHaveTheirNameAndThenTheNameDoes) {
  const OpenRunsFile open_runs(dir.path(), SyncLevel::finished);
  ASSERT_TRUE(open_runs.write({}));
  EXPECT_EQ(synced.back(), "/") << "the first time all the way up: the folder may be new too";
  synced.clear();
  std::vector<bool> has_its_name;
  on_sync = [&](const auto&) {
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
  sync_refusal = EIO;
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
