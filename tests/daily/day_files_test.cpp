// The files of a day on the disk: whole ones, and one writer.

#include "day_files.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "node_day_samples.h"
#include "temp_dir.h"
#include "text_file.h"

namespace {

/// What is about to be done to the disk, by number from 0; before that, and before the next one.
std::atomic<int> steps = 0;
std::atomic<int> signal_at = -1;
std::atomic<int> signal_then = SIGKILL;

void step() {
  if (steps++ == signal_at) {
    kill(getpid(), signal_then);
  }
}

}  // namespace

// Found before those of the C library.
extern "C" int fsync(int fd) {
  step();
  return fdatasync(fd);
}
extern "C" int rename(const char* from, const char* to) {
  step();
  return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

namespace wemol::report::daily {
namespace {

namespace fs = std::filesystem;
using test::kDay;

NodeOfDay of_day(NodeDay node) {
  const FiguresRules rules{.piece_seconds = test::kPiece, .now_epoch = kDay.end_epoch};
  NodeFigures figures = figures_of(node, kDay, rules, false);
  return {.day = kDay, .data = std::move(node), .figures = std::move(figures)};
}

std::set<std::string> names_in(const fs::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    names.insert(entry.path().filename());
  }
  return names;
}

class DayFiles : public testing::Test {
 protected:
  Result<bool> write(const NodeOfDay& node, DataFolder::Form form = {}) {
    const auto folder = DataFolder::open(data_);
    EXPECT_TRUE(folder);
    return folder->write({node}, zone_, form).at(0);
  }

  wemol::test::TempDir dir_;
  fs::path data_ = dir_ / "data";
  fs::path folder_ = data_ / "gpu4" / "2025-08-01";
  Zone zone_ = *Zone::of("Asia/Taipei");
};

TEST_F(DayFiles, AreThoseOfTheContract) {
  ASSERT_TRUE(write(of_day(test::amd_node())));
  std::set<std::string> expected{"average_2025-08-01.csv", "summary_2025-08-01.txt"};
  for (int i = 0; i < 8; ++i) {
    expected.insert("gpu" + std::to_string(i) + "_2025-08-01.csv");
  }
  EXPECT_EQ(names_in(folder_), expected);
  EXPECT_EQ(wemol::test::read_text(folder_ / "summary_2025-08-01.txt"),
            wemol::test::read_text(fs::path(WEMOL_GOLDEN) / "zh/gpu4/summary_2025-08-01.txt"));
}

TEST_F(DayFiles, OfASecondRunTakeThePlaceOfThoseOfTheFirst) {
  ASSERT_TRUE(write(of_day(test::amd_node())));
  NodeDay later = test::amd_node();
  later.cards[2].buckets.resize(1);
  ASSERT_TRUE(write(of_day(later), {.titles = Titles::english}));
  EXPECT_EQ(wemol::test::read_text(folder_ / "gpu2_2025-08-01.csv"),
            "epoch,time,GPU utilization (%),VRAM utilization (%)\n"
            "1753999200,\"2025-08-01 06:00:00\",10,83\n");
}

TEST_F(DayFiles, OfACardThatFailedNowAreNotAveragedAgain) {
  ASSERT_TRUE(write(of_day(test::amd_node())));
  NodeDay later = test::amd_node();
  later.cards[2].buckets.clear();
  later.cards[2].failure = "404";
  ASSERT_TRUE(write(of_day(later)));
  const std::string average = wemol::test::read_text(folder_ / "average_2025-08-01.csv");
  EXPECT_NE(average.find("GPU[2],N/A,N/A,nycubme\n"), std::string::npos);
}

TEST_F(DayFiles, AreKeptWhereTheNodeGaveNothingThisTime) {
  ASSERT_TRUE(write(of_day(test::amd_node())));
  const std::string before = wemol::test::read_text(folder_ / "average_2025-08-01.csv");
  const auto written = write(of_day({.node = "gpu4", .failure = "dead"}));
  ASSERT_TRUE(written);
  EXPECT_FALSE(*written);
  EXPECT_EQ(wemol::test::read_text(folder_ / "average_2025-08-01.csv"), before);
}

TEST_F(DayFiles, OfADeadNodeSayThatItIsDead) {
  const auto written = write(of_day({.node = "gpu4", .failure = "no answer"}));
  ASSERT_TRUE(written);
  EXPECT_TRUE(*written);
  EXPECT_NE(wemol::test::read_text(folder_ / "summary_2025-08-01.txt").find("no answer"),
            std::string::npos);
}

TEST_F(DayFiles, HaveOneWriter) {
  const auto first = DataFolder::open(data_);
  ASSERT_TRUE(first);
  const auto second = DataFolder::open(data_);
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message.find("another run"), std::string::npos);
}

TEST_F(DayFiles, ADraftThatAKilledRunLeftIsInNobodysWay) {
  fs::create_directories(folder_);
  wemol::test::write_text(folder_ / "average_2025-08-01.csv.tmp", "half a li");
  ASSERT_TRUE(write(of_day(test::amd_node())));
  EXPECT_FALSE(fs::exists(folder_ / "average_2025-08-01.csv.tmp"));
}

TEST_F(DayFiles, WhatCannotBeWrittenIsNamed) {
  wemol::test::write_text(data_ / "gpu4", "a file in the folder's place");
  const auto written = write(of_day(test::amd_node()));
  ASSERT_FALSE(written);
  EXPECT_NE(written.error().message.find("gpu4"), std::string::npos);
}

// A file system that is full: the old file stays.
TEST_F(DayFiles, AFileThatDoesNotFitLeavesTheOldOne) {
  ASSERT_TRUE(write(of_day(test::amd_node())));
  const auto before = wemol::test::read_text(folder_ / "gpu2_2025-08-01.csv");
  const pid_t child = fork();
  if (child == 0) {
    const rlimit limit{100, 100};
    setrlimit(RLIMIT_FSIZE, &limit);
    std::signal(SIGXFSZ, SIG_IGN);
    NodeDay later = test::amd_node();
    later.cards[2].buckets.resize(1);
    later.cards[2].buckets[0].memory_percent = 1.5;
    const auto folder = DataFolder::open(data_);
    _exit(folder && !folder->write({of_day(later)}, zone_, {}).at(0) ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(wemol::test::read_text(folder_ / "gpu2_2025-08-01.csv"), before);
}

/// All files below the folder but the lock.
std::map<std::string, std::string> contents(const fs::path& folder) {
  std::map<std::string, std::string> texts;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && entry.path().extension() != ".lock") {
      texts.emplace(entry.path().filename(), wemol::test::read_text(entry.path()));
    }
  }
  return texts;
}

NodeDay other_day() {
  NodeDay node = test::amd_node();
  for (CardDay& card : node.cards) {
    card.buckets.pop_back();
  }
  return node;
}

class EndedWriter : public DayFiles {
 protected:
  void SetUp() override {
    ASSERT_TRUE(write(of_day(other_day())));
    new_ = contents(folder_);
    fs::remove_all(folder_);
    ASSERT_TRUE(write(of_day(test::amd_node())));
    old_ = contents(folder_);
  }

  /// Writes the other day over the first one and gets the signal at a step. Returns whether it
  /// ended by it.
  bool end_at(int at, int signal) {
    const pid_t child = fork();
    if (child == 0) {
      signal_at = steps + at;
      signal_then = signal;
      _exit(write(of_day(other_day())) ? 0 : 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
    return WIFSIGNALED(status) && WTERMSIG(status) == signal;
  }

  void expect_whole_files(int at) {
    for (const auto& [name, text] : contents(folder_)) {
      if (!name.ends_with(".tmp")) {
        EXPECT_TRUE(text == old_.at(name) || text == new_.at(name)) << at << ": " << name;
      }
    }
  }

  std::map<std::string, std::string> old_;
  std::map<std::string, std::string> new_;
};

// Ten files, each with two steps, and a sync of three folders.
constexpr int kSteps = 23;

TEST_F(EndedWriter, KilledAtAnyStepLeavesEachFileOldOrNew) {
  for (int at = 0; at < kSteps; ++at) {
    EXPECT_TRUE(end_at(at, SIGKILL)) << at;
    expect_whole_files(at);
  }
  EXPECT_FALSE(end_at(kSteps, SIGKILL));
  EXPECT_EQ(contents(folder_), new_);
}

TEST_F(EndedWriter, InterruptedAtAnyStepLeavesNoDraftEither) {
  for (int at = 0; at < kSteps; ++at) {
    EXPECT_TRUE(end_at(at, SIGINT)) << at;
    expect_whole_files(at);
    EXPECT_EQ(contents(folder_).size(), old_.size()) << at;
  }
}

}  // namespace
}  // namespace wemol::report::daily
