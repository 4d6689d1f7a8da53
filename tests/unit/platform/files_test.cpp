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

}  // namespace
}  // namespace wemol
