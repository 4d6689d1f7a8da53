// The writer: files for each day, one writer, old days, a full disk.

#include "device_history.h"

#include <sys/resource.h>

#include <csignal>

#include <gtest/gtest.h>

#include "device_files.h"
#include "device_samples.h"
#include "temp_dir.h"
#include "text_file.h"

namespace wemol {
namespace {

namespace fs = std::filesystem;

using test::header;
using test::kMidnight;
using test::row;

class DeviceHistoryTest : public testing::Test {
 protected:
  test::TempDir dir_;
  DeviceHistorySettings settings_{.folder = dir_.path()};

  fs::path file(const std::string& name) { return dir_ / ("devices/" + name); }
  std::vector<std::string> names() {
    std::vector<std::string> found;
    const auto files = list_device_files(dir_ / "devices");
    for (const DeviceFile& it : files.value()) {
      found.push_back(it.path.filename().string());
    }
    return found;
  }
};

TEST_F(DeviceHistoryTest, ADayIsAFileWithAHeader) {
  auto history = DeviceHistory::open(settings_);
  ASSERT_TRUE(history) << history.error().message;
  history->add({.date = "2026-03-10", .rows = row(kMidnight + 60, 0, "1")});
  history->add({.date = "2026-03-10", .rows = row(kMidnight + 120, 0, "2")});
  history->add({.date = "2026-03-11", .rows = row(kMidnight + 86'460, 0, "3")});
  EXPECT_TRUE(history->flush().empty());
  EXPECT_EQ(test::read_text(file("2026-03-10.csv")),
            header() + row(kMidnight + 60, 0, "1") + row(kMidnight + 120, 0, "2"));
  EXPECT_EQ(test::read_text(file("2026-03-11.csv")), header() + row(kMidnight + 86'460, 0, "3"));
}

TEST_F(DeviceHistoryTest, ASecondWriterIsRefusedWhileThereIsOne) {
  {
    const auto first = DeviceHistory::open(settings_);
    ASSERT_TRUE(first);
    const auto second = DeviceHistory::open(settings_);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, EWOULDBLOCK);
    EXPECT_NE(second.error().message.find("another program"), std::string::npos);
  }
  EXPECT_TRUE(DeviceHistory::open(settings_));
}

TEST_F(DeviceHistoryTest, GoesOnBehindHalfALine) {
  test::write_text(file("2026-03-10.csv"), header() + "2026-03-10T00:01:00+00:00,0,AM");
  auto history = DeviceHistory::open(settings_);
  history->add({.date = "2026-03-10", .rows = row(kMidnight + 60, 0, "1")});
  EXPECT_TRUE(history->flush().empty());
  EXPECT_TRUE(
      test::read_text(file("2026-03-10.csv")).ends_with("0,AM\r\n" + row(kMidnight + 60, 0, "1")));
}

TEST_F(DeviceHistoryTest, LeavesAFileWithOtherColumnsAlone) {
  test::write_text(file("2026-03-10.csv"), "mine,own\r\n");
  auto history = DeviceHistory::open(settings_);
  history->add({.date = "2026-03-10", .rows = row(kMidnight + 60, 0, "1")});
  EXPECT_TRUE(history->flush().empty());
  EXPECT_EQ(test::read_text(file("2026-03-10.csv")), "mine,own\r\n");
  EXPECT_EQ(test::read_text(file("2026-03-10-2.csv")), header() + row(kMidnight + 60, 0, "1"));
}

TEST_F(DeviceHistoryTest, CompressesAndRemovesOldDays) {
  for (const char* const name : {"2025-02-01.csv", "2025-02-02.csv.gz", "2025-02-03.csv",
                                 "2026-03-02.csv", "2026-03-03.csv", "2026-03-09.csv"}) {
    test::write_text(file(name), header());
  }
  test::write_text(file("notes.txt"), "2025-02-01");
  auto history = DeviceHistory::open(settings_);
  history->add({.date = "2026-03-10", .rows = row(kMidnight + 60, 0, "1")});
  EXPECT_TRUE(history->flush().empty());
  EXPECT_EQ(names(),
            (std::vector<std::string>{"2025-02-03.csv.gz", "2026-03-02.csv.gz", "2026-03-03.csv",
                                      "2026-03-09.csv", "2026-03-10.csv"}));
  EXPECT_TRUE(fs::exists(file("notes.txt")));
}

TEST_F(DeviceHistoryTest, NeitherCompressesNorRemovesWhereBothAreOff) {
  settings_.compress_after_days = 0;
  settings_.keep_days = 0;
  test::write_text(file("2020-01-01.csv"), header());
  auto history = DeviceHistory::open(settings_);
  history->add({.date = "2026-03-10", .rows = row(kMidnight + 60, 0, "1")});
  EXPECT_TRUE(history->flush().empty());
  EXPECT_EQ(names(), (std::vector<std::string>{"2020-01-01.csv", "2026-03-10.csv"}));
}

TEST_F(DeviceHistoryTest, AFullDiskIsStatedAndNothingIsLost) {
  auto history = DeviceHistory::open(settings_);
  ASSERT_TRUE(history);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit none = before;
  none.rlim_cur = 10;
  setrlimit(RLIMIT_FSIZE, &none);
  history->add({.date = "2026-03-10", .rows = row(kMidnight + 60, 0, "1")});
  const Conditions first = history->flush();
  history->add({.date = "2026-03-10", .rows = row(kMidnight + 120, 0, "2")});
  const Conditions second = history->flush();
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, old_handler);
  ASSERT_EQ(first.size(), 1U);
  ASSERT_EQ(second.size(), 1U);
  EXPECT_EQ(first.front().key, second.front().key) << "so it is said once";
  EXPECT_TRUE(history->flush().empty());
  EXPECT_EQ(test::read_text(file("2026-03-10.csv")),
            header() + row(kMidnight + 60, 0, "1") + row(kMidnight + 120, 0, "2"));
}

TEST_F(DeviceHistoryTest, WhatWaitsIsBounded) {
  auto history = DeviceHistory::open(settings_);
  for (std::size_t i = 0; i < DeviceHistory::kMostWaiting + 5; ++i) {
    history->add(
        {.date = "2026-03-10", .rows = row(kMidnight + 60 * static_cast<std::int64_t>(i), 0, "1")});
  }
  const Conditions conditions = history->flush();
  ASSERT_EQ(conditions.size(), 1U);
  EXPECT_NE(conditions.front().message.find("lost"), std::string::npos);
  const std::string text = test::read_text(file("2026-03-10.csv"));
  EXPECT_EQ(static_cast<std::size_t>(std::ranges::count(text, '\n')),
            DeviceHistory::kMostWaiting + 1);
  EXPECT_EQ(text.find(row(kMidnight + 240, 0, "1")), std::string::npos) << "the oldest goes first";
  EXPECT_TRUE(history->flush().empty());
}

}  // namespace
}  // namespace wemol
