// Files that share one look at their folder.
#include "shared_looks.h"

#include <linux/magic.h>
#include <sys/vfs.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "csv_file.h"
#include "fake_clock.h"
#include "temp_dir.h"
#include "text_file.h"

namespace wemol {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using test::read_text;
using test::write_text;

class SharedLook : public testing::Test {
 protected:
  SharedLook() { let_changes_be_old(); }

  /// What has been changed so far was changed long ago, as the clock has it.
  void let_changes_be_old() { clock.wall = std::chrono::system_clock::now() + 1h; }
  void append(std::string_view row) {
    looks.begin_round();
    ASSERT_TRUE(file.append(row));
  }
  /// Three rounds: the folder's date is known and the name has been seen since.
  void settle() {
    for (const char* row : {"1,1\r\n", "2,2\r\n", "3,3\r\n"}) {
      append(row);
    }
  }
  std::uint64_t state_in_new_round() {
    looks.begin_round();
    return looks.state_of(*folder);
  }
  [[nodiscard]] bool has_file_system_that_dates() const {
    struct statfs found {};
    statfs(dir.path().c_str(), &found);
    return found.f_type == EXT4_SUPER_MAGIC || found.f_type == XFS_SUPER_MAGIC ||
           found.f_type == BTRFS_SUPER_MAGIC || found.f_type == TMPFS_MAGIC;
  }

  static constexpr std::string_view kSettled = "a,b\r\n1,1\r\n2,2\r\n3,3\r\n";

  test::TempDir dir;
  test::FakeClock clock;
  SharedLooks looks{clock};
  std::shared_ptr<SharedLooks::Folder> folder = looks.folder(dir / "module");
  CsvFile file{dir / "module", "7", "a,b\r\n", &looks};
  fs::path path = dir / "module/7.csv";
};

TEST_F(SharedLook, FolderOfOldDateKeepsItsState) {
  if (!has_file_system_that_dates()) {
    GTEST_SKIP() << "a file system that is looked at for each file";
  }
  settle();
  const std::uint64_t state = state_in_new_round();
  EXPECT_EQ(state_in_new_round(), state);
  write_text(dir / "module/other", "");
  const std::uint64_t later = state_in_new_round();
  EXPECT_NE(later, state);
  fs::rename(dir / "module/other", dir / "module/another");
  EXPECT_NE(state_in_new_round(), later);
}

// A file system's clock ticks: a change right behind the look would have the same date.
TEST_F(SharedLook, FolderOfNewDateIsTakenToHaveChanged) {
  settle();
  clock.wall = std::chrono::system_clock::now();
  const std::uint64_t state = state_in_new_round();
  EXPECT_NE(state_in_new_round(), state);
  let_changes_be_old();
  EXPECT_NE(state_in_new_round(), state) << "since the look before it was too early";
}

TEST_F(SharedLook, IsNewAfterAWhileInTheSameRound) {
  settle();
  const std::uint64_t state = state_in_new_round();
  fs::remove(path);
  EXPECT_EQ(looks.state_of(*folder), state);
  clock.pass(11ms);
  EXPECT_NE(looks.state_of(*folder), state);
}

TEST_F(SharedLook, MissingFolderHasNoLastingState) {
  const std::uint64_t state = state_in_new_round();
  EXPECT_NE(state_in_new_round(), state);
}

TEST_F(SharedLook, FolderIsSharedWhileSomebodyHasIt) {
  EXPECT_EQ(looks.folder(dir / "module"), folder);
  EXPECT_NE(looks.folder(dir / "other"), folder);
}

TEST_F(SharedLook, RowsFollowEachOther) {
  settle();
  EXPECT_EQ(read_text(path), kSettled);
}

TEST_F(SharedLook, RemovedFileIsBegunAnew) {
  settle();
  fs::remove(path);
  append("4,4\r\n");
  EXPECT_EQ(read_text(path), "a,b\r\n4,4\r\n");
}

TEST_F(SharedLook, FileRemovedAndBegunAnewTimeAndAgainIsNoticedEachTime) {
  for (int i = 0; i < 5; ++i) {
    settle();
    EXPECT_EQ(read_text(path), kSettled);
    fs::remove(path);
  }
}

TEST_F(SharedLook, RenamedFileIsBegunAnew) {
  settle();
  fs::rename(path, dir / "module/old.csv");
  append("4,4\r\n");
  EXPECT_EQ(read_text(path), "a,b\r\n4,4\r\n");
  EXPECT_EQ(read_text(dir / "module/old.csv"), kSettled);
}

TEST_F(SharedLook, FileOfTheSameSizeInItsPlaceIsSeen) {
  settle();
  std::string other(kSettled);
  other[0] = 'x';
  write_text(dir / "module/new", other);
  fs::rename(dir / "module/new", path);
  append("4,4\r\n");
  EXPECT_EQ(read_text(path), other);
  EXPECT_EQ(read_text(dir / "module/7-2.csv"), "a,b\r\n4,4\r\n");
}

TEST_F(SharedLook, FolderInThePlaceOfTheOldOneIsSeen) {
  settle();
  fs::create_directories(dir / "new");
  fs::rename(dir / "module", dir / "old");
  fs::rename(dir / "new", dir / "module");
  append("4,4\r\n");
  EXPECT_EQ(read_text(path), "a,b\r\n4,4\r\n");
  EXPECT_EQ(read_text(dir / "old/7.csv"), kSettled);
}

TEST_F(SharedLook, FolderAboveInThePlaceOfTheOldOneIsSeen) {
  CsvFile deep(dir / "above/module", "7", "a,b\r\n", &looks);
  for (int round = 0; round < 3; ++round) {
    looks.begin_round();
    ASSERT_TRUE(deep.append("1,1\r\n"));
  }
  fs::rename(dir / "above", dir / "old");
  looks.begin_round();
  ASSERT_TRUE(deep.append("2,2\r\n"));
  EXPECT_EQ(read_text(dir / "above/module/7.csv"), "a,b\r\n2,2\r\n");
}

TEST_F(SharedLook, ForeignRowAndCutAreSeen) {
  settle();
  std::ofstream(path, std::ios::app) << "half";
  append("4,4\r\n");
  EXPECT_EQ(read_text(path), std::string(kSettled) + "half\r\n4,4\r\n");
  settle();
  fs::resize_file(path, 0);
  append("4,4\r\n");
  EXPECT_EQ(read_text(path), "a,b\r\n4,4\r\n");
}

// Its target may go without a trace in this folder.
TEST_F(SharedLook, FileBehindALinkIsLookedAtItself) {
  fs::create_directories(dir / "module");
  fs::create_directories(dir / "elsewhere");
  fs::create_symlink(dir / "elsewhere/7.csv", path);
  settle();
  EXPECT_EQ(read_text(dir / "elsewhere/7.csv"), kSettled);
  fs::rename(dir / "elsewhere/7.csv", dir / "elsewhere/old");
  append("4,4\r\n");
  EXPECT_EQ(read_text(dir / "elsewhere/7.csv"), "a,b\r\n4,4\r\n");
  EXPECT_EQ(read_text(dir / "elsewhere/old"), kSettled);
}

}  // namespace
}  // namespace wemol
