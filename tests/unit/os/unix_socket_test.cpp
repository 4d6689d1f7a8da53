#include "unix_socket.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include <gtest/gtest.h>

#include "temp_dir.h"

namespace wemol {
namespace {

class UnixSocket : public testing::Test {
 protected:
  test::TempDir dir_;
  std::filesystem::path path_ = dir_ / "x.sock";
};

TEST_F(UnixSocket, TakesThePlaceOfOneThatNobodyServes) {
  { ASSERT_TRUE(listen_on_unix_socket(path_, 1)); }
  const auto before = file_at(path_);
  ASSERT_TRUE(before);
  ASSERT_TRUE(listen_on_unix_socket(path_, 1));
}

TEST_F(UnixSocket, LeavesOneThatIsServedAlone) {
  const auto served = listen_on_unix_socket(path_, 1);
  ASSERT_TRUE(served);
  const auto before = file_at(path_);
  EXPECT_EQ(listen_on_unix_socket(path_, 1).error().code, EADDRINUSE);
  EXPECT_EQ(file_at(path_), before);
}

TEST_F(UnixSocket, LeavesOneThatItMayNotAskAlone) {
  if (geteuid() != 0) {
    GTEST_SKIP() << "only root can be another user";
  }
  const auto served = listen_on_unix_socket(path_, 1);
  ASSERT_TRUE(served);
  const auto before = file_at(path_);
  ASSERT_EQ(chmod(dir_.path().c_str(), 0777), 0);
  const pid_t child = fork();
  if (child == 0) {
    constexpr uid_t kNobody = 65534;
    const bool is_other = setgid(kNobody) == 0 && setuid(kNobody) == 0;
    const auto taken = listen_on_unix_socket(path_, 1);
    _exit(is_other && !taken && taken.error().code == EADDRINUSE ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(file_at(path_), before);
}

}  // namespace
}  // namespace wemol
