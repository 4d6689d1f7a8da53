#include "files.h"

#include <sys/stat.h>

#include <gtest/gtest.h>

#include "lease.h"
#include "temp_dir.h"
#include "text_file.h"

namespace wemol {
namespace {

using test::TempDir;
using test::write_text;

class Reading : public testing::Test {
 protected:
  TempDir dir;
  SystemFileReader files;
};

TEST_F(Reading, GivesTheWholeContent) {
  const std::string content(100000, 'x');
  write_text(dir / "file", content);
  EXPECT_EQ(files.read(dir / "file", 100000).value(), content);
}

TEST_F(Reading, FileOfTheKernelIsRead) {
  EXPECT_FALSE(files.read("/proc/self/cgroup", 65536).value().empty());
}

TEST_F(Reading, FileThatIsTooLargeIsRefused) {
  write_text(dir / "file", "12345");
  EXPECT_FALSE(files.read(dir / "file", 4));
}

TEST_F(Reading, MissingFileIsToldByItsCode) {
  const auto content = files.read(dir / "file", 100);
  ASSERT_FALSE(content);
  EXPECT_EQ(content.error().code, ENOENT);
  EXPECT_EQ(content.error().message, (dir / "file").string() + ": No such file or directory");
}

TEST_F(Reading, WhatIsNoRegularFileIsRefusedWithoutWaiting) {
  mkfifo((dir / "pipe").c_str(), 0600);
  std::filesystem::create_symlink(dir / "pipe", dir / "link");
  std::filesystem::create_symlink("loop", dir / "loop");
  EXPECT_FALSE(files.read(dir / "pipe", 100));
  EXPECT_FALSE(files.read(dir / "link", 100));
  EXPECT_FALSE(files.read(dir / "loop", 100));
  EXPECT_FALSE(files.read(dir.path(), 100));
  EXPECT_FALSE(files.read("/dev/zero", 100));
}

TEST_F(Reading, FileUnderALeaseIsRefusedWithoutWaiting) {
  write_text(dir / "file", "12345");
  const test::Lease lease(dir / "file");
  ASSERT_TRUE(lease.held());
  const auto content = files.read(dir / "file", 100);
  ASSERT_FALSE(content);
  EXPECT_EQ(content.error().code, EWOULDBLOCK);
}

class Replacing : public Reading {};

TEST_F(Replacing, FileHasTheNewContentAndNothingIsLeftBesideIt) {
  for (const std::string content : {"first and long", "second"}) {
    ASSERT_TRUE(replace_file(dir / "file", content, Durability::at_once));
    EXPECT_EQ(files.read(dir / "file", 100).value(), content);
  }
  EXPECT_FALSE(std::filesystem::exists(dir / "file.new"));
}

TEST_F(Replacing, WhatLiesInTheDraftsPlaceIsNotWrittenTo) {
  write_text(dir / "other", "precious");
  std::filesystem::create_symlink(dir / "other", dir / "file.new");
  EXPECT_TRUE(replace_file(dir / "file", "1", Durability::by_and_by));
  ASSERT_EQ(mkfifo((dir / "file.new").c_str(), 0600), 0);
  EXPECT_TRUE(replace_file(dir / "file", "2", Durability::by_and_by));
  std::filesystem::create_hard_link(dir / "other", dir / "file.new");
  EXPECT_TRUE(replace_file(dir / "file", "3", Durability::by_and_by));
  EXPECT_EQ(files.read(dir / "file", 100).value(), "3");
  EXPECT_EQ(files.read(dir / "other", 100).value(), "precious");
  std::filesystem::create_directory(dir / "file.new");
  EXPECT_FALSE(replace_file(dir / "file", "4", Durability::by_and_by));
}

TEST_F(Replacing, MissingFolderIsToldByItsCode) {
  const auto replaced = replace_file(dir / "none/file", "new", Durability::at_once);
  ASSERT_FALSE(replaced);
  EXPECT_EQ(replaced.error().code, ENOENT);
}

}  // namespace
}  // namespace wemol
