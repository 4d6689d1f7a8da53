#include "instance_lock.h"

#include <unistd.h>

#include <gtest/gtest.h>

#include "temp_dir.h"
#include "text_file.h"

namespace wemol {
namespace {

using test::TempDir;
using test::write_text;

TEST(InstanceLock, SecondOneIsRefusedAndToldTheFirstOnesPid) {
  TempDir dir;
  const auto first = InstanceLock::acquire(dir / "out");
  ASSERT_TRUE(first);
  const auto second = InstanceLock::acquire(dir / "out");
  ASSERT_FALSE(second);
  EXPECT_TRUE(second.error().held_by_other);
  EXPECT_NE(second.error().message.find("pid " + std::to_string(getpid())), std::string::npos);
}

TEST(InstanceLock, FreedLockCanBeTakenWhateverTheFileHolds) {
  TempDir dir;
  { ASSERT_TRUE(InstanceLock::acquire(dir.path())); }
  write_text(dir / ".wemol-recorder.lock", "4711\n");
  EXPECT_TRUE(InstanceLock::acquire(dir.path()));
  EXPECT_EQ(test::read_text(dir / ".wemol-recorder.lock"), std::to_string(getpid()) + "\n");
}

TEST(InstanceLock, FolderThatCannotBeMadeIsNotAnotherInstance) {
  TempDir dir;
  write_text(dir / "file", "");
  const auto lock = InstanceLock::acquire(dir / "file");
  ASSERT_FALSE(lock);
  EXPECT_FALSE(lock.error().held_by_other);
}

}  // namespace
}  // namespace wemol
