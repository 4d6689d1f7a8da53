#include "card_locks.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>

#include <gtest/gtest.h>

#include "card_holder.h"
#include "temp_dir.h"
#include "text_file.h"

namespace wemol::queue {
namespace {

constexpr const char* kCard = "GPU-8f1c3a5b";
constexpr uid_t kNobody = 65534;

class CardLocksTest : public testing::Test {
 protected:
  test::TempDir dir;
  const std::filesystem::path folder = dir / "locks";
};

mode_t mode_of(const std::filesystem::path& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
}

TEST_F(CardLocksTest, OneHoldsACardAtATime) {
  const CardLocks ours(folder);
  const CardLocks others(folder);
  EXPECT_FALSE(ours.why_alone());
  EXPECT_FALSE(others.is_locked(kCard));
  {
    const auto held = ours.lock(kCard);
    ASSERT_TRUE(held) << held.error().message;
    EXPECT_TRUE(others.is_locked(kCard));
    const auto second = others.lock(kCard);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, EWOULDBLOCK);
    EXPECT_TRUE(others.lock("GPU-another"));
  }
  EXPECT_FALSE(others.is_locked(kCard));
  EXPECT_TRUE(others.lock(kCard));
}

TEST_F(CardLocksTest, AnInstanceIsHeldByItselfAlsoByItsOlderName) {
  const CardLocks ours(folder);
  const CardLocks others(folder);
  const auto held = ours.lock("MIG-GPU-8f1c3a5b/1/0");
  ASSERT_TRUE(held) << held.error().message;
  EXPECT_TRUE(others.is_locked("MIG-GPU-8f1c3a5b/1/0"));
  EXPECT_FALSE(others.is_locked("MIG-GPU-8f1c3a5b/2/0"));
  EXPECT_TRUE(std::filesystem::exists(folder / "MIG-GPU-8f1c3a5b_1_0.lock"));
  EXPECT_FALSE(ours.lock("GPU-8f1c3a5b/1"));
}

TEST_F(CardLocksTest, FolderAndFilesAreForAllUsersWhateverTheUmask) {
  const mode_t before = umask(0077);
  const CardLocks locks(folder);
  const auto held = locks.lock(kCard);
  umask(before);
  ASSERT_TRUE(held);
  EXPECT_EQ(mode_of(folder), 01777U);
  EXPECT_EQ(mode_of(folder / (std::string(kCard) + ".lock")), 0644U);
}

TEST_F(CardLocksTest, TwoWhoLookDoNotSeeEachOther) {
  const CardLocks locks(folder);
  ASSERT_TRUE(locks.lock(kCard));
  const UniqueFd looking(open((folder / (std::string(kCard) + ".lock")).c_str(), O_RDONLY));
  ASSERT_TRUE(looking);
  EXPECT_FALSE(locks.is_locked(kCard));
}

TEST_F(CardLocksTest, WithoutAFolderOnlyTheOwnTableCounts) {
  test::write_text(dir / "file", "");
  const CardLocks locks(dir / "file" / "locks");
  ASSERT_TRUE(locks.why_alone());
  EXPECT_NE(locks.why_alone()->find("not reserved"), std::string::npos);
  EXPECT_TRUE(locks.folder().empty());
  EXPECT_FALSE(locks.is_locked(kCard));
  const auto held = locks.lock(kCard);
  ASSERT_TRUE(held);
  EXPECT_FALSE(held->fd);
}

TEST_F(CardLocksTest, WhatIsNoFileIsNeitherFollowedNorWaitedFor) {
  const CardLocks locks(folder);
  test::write_text(dir / "precious", "text");
  std::filesystem::create_symlink(dir / "precious", folder / "GPU-link.lock");
  ASSERT_EQ(mkfifo((folder / "GPU-pipe.lock").c_str(), 0666), 0);
  EXPECT_FALSE(locks.lock("GPU-link"));
  EXPECT_FALSE(locks.lock("GPU-pipe"));
  EXPECT_FALSE(locks.is_locked("GPU-link"));
}

TEST_F(CardLocksTest, ANameThatLeavesTheFolderIsRefused) {
  const CardLocks locks(folder);
  for (const char* name : {"../GPU-1", "", ".", "a/b"}) {
    EXPECT_FALSE(locks.lock(name)) << name;
  }
}

/// Runs as another user; only root can try it.
template <typename Action>
int as_nobody(Action action) {
  const pid_t child = fork();
  if (child == 0) {
    const bool is_other = setgid(kNobody) == 0 && setuid(kNobody) == 0;
    _exit(is_other ? action() : 99);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_F(CardLocksTest, UsersSeeEachOther) {
  if (getuid() != 0) {
    GTEST_SKIP() << "only root can be two users";
  }
  chmod(dir.path().c_str(), 0755);
  const CardLocks locks(folder);
  { ASSERT_TRUE(locks.lock(kCard)); }
  EXPECT_EQ(as_nobody([&] { return CardLocks(folder).lock(kCard) ? 0 : 1; }), 0)
      << "a file of another user is locked, too";
  const auto held = locks.lock(kCard);
  ASSERT_TRUE(held);
  EXPECT_EQ(as_nobody([&] {
              const auto refused = CardLocks(folder).lock(kCard);
              return !refused && refused.error().code == EWOULDBLOCK ? 0 : 1;
            }),
            0);
  EXPECT_EQ(as_nobody([&] { return CardLocks(folder).lock("GPU-new") ? 0 : 1; }), 0);
  EXPECT_TRUE(locks.lock("GPU-new"));
}

CardHolder holder_of_this_process() {
  return {.user = "alice",
          .uid = getuid(),
          .queue = "1",
          .job = 17,
          .uni_id = "compete_803275",
          .keeper_pid = getpid(),
          .since = std::chrono::system_clock::from_time_t(1'700'000'000)};
}

TEST_F(CardLocksTest, TheHolderIsNamed) {
  std::filesystem::create_directory(folder);
  EXPECT_FALSE(read_card_holder(folder, kCard));
  const CardHolder holder = holder_of_this_process();
  ASSERT_TRUE(write_card_holder(folder, kCard, holder));
  const auto read = read_card_holder(folder, kCard);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->user, "alice");
  EXPECT_EQ(read->queue, "1");
  EXPECT_EQ(read->job, 17U);
  EXPECT_EQ(read->uni_id, holder.uni_id);
  EXPECT_EQ(read->since, holder.since);
  EXPECT_FALSE(read_card_holder(folder, "GPU-8f1c")) << "another card";
  remove_card_holder(folder, kCard, holder.uid);
  EXPECT_FALSE(read_card_holder(folder, kCard));
}

TEST_F(CardLocksTest, AHolderThatIsNotTheFilesOwnerOrDoesNotRunIsNone) {
  std::filesystem::create_directory(folder);
  CardHolder holder = holder_of_this_process();
  holder.keeper_pid = 0;
  ASSERT_TRUE(write_card_holder(folder, kCard, holder));
  EXPECT_FALSE(read_card_holder(folder, kCard));
  holder = holder_of_this_process();
  ++holder.uid;
  ASSERT_TRUE(write_card_holder(folder, kCard, holder));
  EXPECT_FALSE(read_card_holder(folder, kCard));
  for (const char* text : {"", "{", "[]", R"({"user":1})", "null"}) {
    test::write_text(folder / (std::string(kCard) + "." + std::to_string(getuid()) + ".json"),
                     text);
    EXPECT_FALSE(read_card_holder(folder, kCard)) << text;
  }
}

}  // namespace
}  // namespace wemol::queue
