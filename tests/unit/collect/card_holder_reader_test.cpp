#include "card_holder_reader.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "files.h"
#include "temp_dir.h"
#include "text_file.h"

namespace wemol {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kCard = "GPU-5c1b6fd4";

/// A real folder with real locks.
class CardHolders : public testing::Test {
 protected:
  [[nodiscard]] UniqueFd lock(const std::string& card = kCard) const {
    UniqueFd fd(open((dir_ / (card + ".lock")).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
    EXPECT_EQ(flock(fd.get(), LOCK_EX | LOCK_NB), 0);
    return fd;
  }
  [[nodiscard]] static Json holder(uid_t user_id = getuid(), pid_t keeper = getpid()) {
    return {{"user", "somebody"},
            {"uid", user_id},
            {"queue", "night"},
            {"job", 17},
            {"uni_id", "compete_1"},
            {"keeper_pid", keeper},
            {"since", "2026-01-15T10:30:00+08:00"}};
  }
  void write(const Json& json, uid_t named = getuid(), const std::string& card = kCard) const {
    test::write_text(path_of(named, card), json.dump());
  }
  [[nodiscard]] std::filesystem::path path_of(uid_t named = getuid(),
                                              const std::string& card = kCard) const {
    return dir_ / (card + "." + std::to_string(named) + ".json");
  }
  [[nodiscard]] std::size_t count() const {
    const auto holders = CardHolderReader({.folder = dir_.path()}).read();
    EXPECT_TRUE(holders);
    return holders ? holders->size() : 0;
  }

  test::TempDir dir_;
};

TEST_F(CardHolders, AreReadWhileTheyHoldTheLock) {
  UniqueFd fd = lock();
  const UniqueFd other = lock("MIG-1");
  write(holder());
  write(holder(), getuid(), "MIG-1");
  const auto holders = CardHolderReader({.folder = dir_.path()}).read();
  ASSERT_TRUE(holders);
  ASSERT_EQ(holders->size(), 2U);
  EXPECT_EQ(holders->front().card, kCard);
  EXPECT_EQ(holders->front().user_id, getuid());
  EXPECT_EQ(holders->front().job, 17U);
  EXPECT_EQ(holders->back().card, "MIG-1");
  fd.reset();
  EXPECT_EQ(count(), 1U) << "its file is still there, its lock is not";
}

TEST_F(CardHolders, AreUnknownWithoutTheFolderOrTheKernelsLocks) {
  EXPECT_FALSE(CardHolderReader({.folder = dir_ / "none"}).read());
  std::filesystem::create_directory_symlink(dir_.path(), dir_ / "link");
  EXPECT_FALSE(CardHolderReader({.folder = dir_ / "link"}).read());
  EXPECT_EQ(count(), 0U) << "an empty folder";
  write(holder());
  EXPECT_FALSE(CardHolderReader({.folder = dir_.path(), .proc = dir_ / "proc"}).read());
}

TEST_F(CardHolders, AreBelievedOnlyWhatTheKernelBearsOut) {
  const UniqueFd fd = lock();
  write(holder());
  ASSERT_EQ(count(), 1U);
  write(holder(getuid() + 1));
  EXPECT_EQ(count(), 0U) << "another user than the file's owner";
  write(holder(), getuid() + 1);
  std::filesystem::remove(path_of());
  EXPECT_EQ(count(), 0U) << "another user than the file's name says";
  std::filesystem::remove(path_of(getuid() + 1));
  test::write_text(path_of(), "{\"user\": \"lin\"");
  EXPECT_EQ(count(), 0U) << "torn";
  test::write_text(path_of(), holder().dump() + std::string(5000, ' '));
  EXPECT_EQ(count(), 0U) << "too long";
}

TEST_F(CardHolders, AreGoneWithTheirKeeper) {
  const UniqueFd fd = lock();
  const pid_t keeper = fork();
  if (keeper == 0) {
    pause();
    _exit(0);
  }
  write(holder(getuid(), keeper));
  EXPECT_EQ(count(), 1U);
  kill(keeper, SIGKILL);
  waitpid(keeper, nullptr, 0);
  EXPECT_EQ(count(), 0U);
}

TEST_F(CardHolders, TheLockMayOutliveWhoTookIt) {
  // The scheduler takes it and ends; the keeper has inherited the descriptor.
  const UniqueFd fd(open((dir_ / (std::string(kCard) + ".lock")).c_str(), O_RDWR | O_CREAT, 0666));
  const pid_t scheduler = fork();
  if (scheduler == 0) {
    _exit(flock(fd.get(), LOCK_EX | LOCK_NB) == 0 ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(scheduler, &status, 0), scheduler);
  ASSERT_EQ(status, 0);
  write(holder());
  EXPECT_EQ(count(), 1U);
}

TEST_F(CardHolders, NothingInTheFolderIsFollowedOrWaitedFor) {
  const UniqueFd fd = lock();
  const std::filesystem::path elsewhere = dir_ / "elsewhere";
  test::write_text(elsewhere, holder().dump());
  std::filesystem::create_symlink(elsewhere, path_of());
  EXPECT_EQ(count(), 0U);
  std::filesystem::remove(path_of());
  std::filesystem::create_hard_link(elsewhere, path_of());
  EXPECT_EQ(count(), 0U) << "it may be of another card";
  std::filesystem::remove(path_of());
  ASSERT_EQ(mkfifo(path_of().c_str(), 0644), 0);
  EXPECT_EQ(count(), 0U);
  std::filesystem::remove(path_of());
  std::filesystem::create_directory(path_of());
  EXPECT_EQ(count(), 0U);
}

TEST_F(CardHolders, TheLockFileIsNoLinkEither) {
  const UniqueFd fd = lock("GPU-other");
  std::filesystem::create_symlink(dir_ / "GPU-other.lock", dir_ / (std::string(kCard) + ".lock"));
  write(holder());
  EXPECT_EQ(count(), 0U);
}

TEST_F(CardHolders, OfTwoUsersItIsTheOneWhoseProcessTookTheLock) {
  if (getuid() != 0) {
    GTEST_SKIP() << "needs files and a process of another user, which takes root";
  }
  constexpr uid_t kOther = 65534;
  std::filesystem::permissions(dir_.path(), std::filesystem::perms::all);
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
  const UniqueFd ready_read(ends[0]);
  const UniqueFd ready_write(ends[1]);
  const pid_t other = fork();
  if (other == 0) {
    const bool is_other = setgid(kOther) == 0 && setuid(kOther) == 0;
    const int fd = open((dir_ / (std::string(kCard) + ".lock")).c_str(), O_RDWR | O_CREAT, 0666);
    const bool is_held = is_other && flock(fd, LOCK_EX | LOCK_NB) == 0;
    (void)!::write(ready_write.get(), is_held ? "y" : "n", 1);
    pause();
    _exit(0);
  }
  char answer = 0;
  ASSERT_EQ(::read(ready_read.get(), &answer, 1), 1);
  ASSERT_EQ(answer, 'y');
  write(holder(kOther, other), kOther);
  ASSERT_EQ(chown(path_of(kOther).c_str(), kOther, kOther), 0);
  write(holder());  // ours, with a keeper that is alive: only the lock is not ours
  const auto holders = CardHolderReader({.folder = dir_.path()}).read();
  kill(other, SIGKILL);
  waitpid(other, nullptr, 0);
  ASSERT_TRUE(holders);
  ASSERT_EQ(holders->size(), 1U);
  EXPECT_EQ(holders->front().user_id, kOther);
}

TEST_F(CardHolders, AFloodOfNamesEnds) {
  const UniqueFd fd = lock();
  for (std::size_t i = 0; i < CardHolderReader::kMostNames + 10; ++i) {
    const UniqueFd file(open((dir_ / (std::to_string(i) + ".1.json")).c_str(), O_CREAT, 0644));
    ASSERT_TRUE(file);
  }
  EXPECT_EQ(count(), 0U);
}

}  // namespace
}  // namespace wemol
