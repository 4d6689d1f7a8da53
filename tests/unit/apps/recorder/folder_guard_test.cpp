#include <gtest/gtest.h>

#include "instance_lock.h"
#include "temp_dir.h"
#include "text_file.h"

namespace wemol {
namespace {

class Guard : public testing::Test {
 protected:
  test::TempDir dir;
  std::filesystem::path folder = dir / "out";
};

TEST_F(Guard, FolderThatWasRemovedIsLockedAgain) {
  FolderGuard guard(folder, InstanceLock::acquire(folder));
  EXPECT_TRUE(guard.write({}).empty());
  std::filesystem::remove_all(folder);
  EXPECT_TRUE(guard.write({}).empty());
  EXPECT_FALSE(InstanceLock::acquire(folder));
}

TEST_F(Guard, SecondRecorderThatCameMeanwhileIsAnErrorUntilItIsGone) {
  FolderGuard guard(folder, InstanceLock::acquire(folder));
  std::filesystem::remove_all(folder);
  {
    const auto second = InstanceLock::acquire(folder);
    ASSERT_TRUE(second);
    const Conditions conditions = guard.write({});
    ASSERT_EQ(conditions.size(), 1U);
    EXPECT_EQ(conditions[0].severity, Severity::error);
    EXPECT_TRUE(conditions[0].message.starts_with("another recorder (pid "))
        << conditions[0].message;
  }
  EXPECT_TRUE(guard.write({}).empty());
  EXPECT_FALSE(InstanceLock::acquire(folder));
}

TEST_F(Guard, LockThatCouldNotBeHadAtTheStartIsTriedAgain) {
  test::write_text(folder, "a file");
  FolderGuard guard(folder, InstanceLock::acquire(folder));
  const Conditions conditions = guard.write({});
  ASSERT_EQ(conditions.size(), 1U);
  EXPECT_TRUE(conditions[0].message.starts_with(
      "the output folder cannot be locked against a second recorder: "));
  std::filesystem::remove(folder);
  EXPECT_TRUE(guard.write({}).empty());
}

}  // namespace
}  // namespace wemol
