#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <string>

#include <gtest/gtest.h>

#include "files.h"
#include "open_files_limit.h"
#include "temp_dir.h"
#include "text_file.h"

namespace wemol {
namespace {

using test::OpenFilesLimit;
using test::TempDir;
using test::write_text;

/// A process that only waits, and is ended with the test at the latest.
class WaitingProcess {
 public:
  WaitingProcess() : pid_(fork()) {
    if (pid_ == 0) {
      for (;;) {
        pause();
      }
    }
  }
  WaitingProcess(const WaitingProcess&) = delete;
  WaitingProcess& operator=(const WaitingProcess&) = delete;
  ~WaitingProcess() { end(); }

  void end() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
      pid_ = -1;
    }
  }
  [[nodiscard]] std::string file(const std::string& name) const {
    return "/proc/" + std::to_string(pid_) + "/" + name;
  }

 private:
  pid_t pid_;
};

std::array<char, 32768> buffer;

TEST(PersistentFile, OfTheKernelIsReadAnewEachTime) {
  std::array<char, 16> old_name{};
  prctl(PR_GET_NAME, old_name.data());
  prctl(PR_SET_NAME, "first");
  const auto file = PersistentFile::open("/proc/thread-self/comm");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->read(buffer), "first\n");
  prctl(PR_SET_NAME, "second one");
  EXPECT_EQ(file->read(buffer), "second one\n");
  prctl(PR_SET_NAME, "3");
  EXPECT_EQ(file->read(buffer), "3\n");
  prctl(PR_SET_NAME, old_name.data());
}

TEST(PersistentFile, LongTextIsReadWhole) {
  const test::TempDir dir;
  const std::string text(20000, 'x');
  test::write_text(dir / "file", text);
  const auto file = PersistentFile::open(dir / "file");
  EXPECT_EQ(file->read(buffer), text);
  EXPECT_EQ(PersistentFile::open("/proc/self/smaps")->read(buffer)->size(), buffer.size())
      << "which the kernel gives in pieces";
}

TEST(PersistentFile, WhatDoesNotFitIntoTheBufferIsLeftOut) {
  const test::TempDir dir;
  test::write_text(dir / "file", "123456");
  const auto file = PersistentFile::open(dir / "file");
  std::array<char, 4> small{};
  EXPECT_EQ(file->read(small), "1234");
  EXPECT_EQ(file->read(buffer), "123456");
}

TEST(PersistentFile, EmptyFileIsAnEmptyText) {
  const test::TempDir dir;
  test::write_text(dir / "file", "");
  EXPECT_EQ(PersistentFile::open(dir / "file")->read(buffer), "");
}

TEST(PersistentFile, ThatIsNotThereIsAnErrorWithItsPath) {
  const test::TempDir dir;
  const auto file = PersistentFile::open(dir / "none");
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().code, ENOENT);
  EXPECT_EQ(file.error().message, (dir / "none").string() + ": No such file or directory");
}

TEST(PersistentFile, OfAnEndedProcessTellsSo) {
  WaitingProcess process;
  const auto file = PersistentFile::open(process.file("comm"));
  ASSERT_TRUE(file);
  EXPECT_TRUE(file->read(buffer));
  process.end();
  const auto text = file->read(buffer);
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code, ESRCH);
}

TEST(PersistentFile, ThatWasNeverOpenedFailsToBeRead) {
  const PersistentFile file;
  EXPECT_FALSE(file.is_file());
  EXPECT_EQ(file.read(buffer).error().code, EBADF);
  EXPECT_EQ(file.inode(), 0U);
}

TEST(PersistentFile, IsOpenedForEachReadingWhenHalfOfTheDescriptorsAreInUse) {
  const TempDir dir;
  write_text(dir / "counter", "1\n");
  const OpenFilesLimit limit(1);  // enough for one file at a time
  const auto first = PersistentFile::open(dir / "counter");
  const auto second = PersistentFile::open(dir / "counter");
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->read(buffer), "1\n");
  EXPECT_EQ(second->read(buffer), "1\n");
  std::filesystem::remove(dir / "counter");
  EXPECT_EQ(second->read(buffer).error().code, ENOENT);
}

TEST(PersistentFile, FilesOfOneNetworkAreToldToBeTheSame) {
  const WaitingProcess process;
  const auto own = PersistentFile::open("/proc/self/net/dev");
  const auto of_child = PersistentFile::open(process.file("net/dev"));
  ASSERT_TRUE(own && of_child);
  EXPECT_TRUE(own->is_file());
  EXPECT_NE(own->inode(), 0U);
  EXPECT_EQ(own->inode(), of_child->inode());
  EXPECT_NE(own->inode(), PersistentFile::open("/proc/self/net/tcp")->inode());
}

}  // namespace
}  // namespace wemol
