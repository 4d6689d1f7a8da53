// A disk that is full: a small tmpfs for root, else a limit on the size of files.
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <wemol/monitor.h>

#include "run_lines.h"
#include "temp_dir.h"

namespace wemol::test {
namespace {

using namespace wemol::monitor;

constexpr std::size_t kSmall = 64 << 10;

/// In the child: the limits are its own.
int fill_the_disk(const TempDir& dir) {
  const bool has_tmpfs = mount("none", dir.path().c_str(), "tmpfs", 0, "size=64k") == 0;
  const rlimit limit{.rlim_cur = kSmall, .rlim_max = kSmall};
  if (!has_tmpfs && setrlimit(RLIMIT_FSIZE, &limit) != 0) {
    return 1;
  }
  monitor::Run run = init({.run_id = "run", .system_monitor = false, .dir = dir.path().string()});
  const std::string text(1000, 'x');
  std::uint64_t written = 0;
  for (int i = 0; i < 200; ++i) {
    written += run.log({{"text", text}}) ? 1U : 0U;
  }
  RunStatus status = run.status();
  if (written == 0 || status.lines_written != written || status.lines_lost != 200 - written ||
      status.last_error.empty()) {
    return 2;
  }
  if (run_lines(status.file).size() != written) {
    return 3;
  }
  status = run.finish();
  if (has_tmpfs) {
    umount2(dir.path().c_str(), MNT_DETACH);
  }
  return status.lines_lost > 0 ? 0 : 4;
}

TEST(SdkSmallDisk, LostLinesAreCountedAndTheFileStaysWhole) {
  const TempDir dir;
  const pid_t child = fork();
  if (child == 0) {
    alarm(60);
    int result = 9;
    try {
      result = fill_the_disk(dir);
    } catch (const std::exception&) {
      result = 8;  // a line that is no JSON
    }
    _exit(result);
  }
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status)) << "a signal ended it: " << WTERMSIG(status);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace wemol::test
