#include "process_table.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include <gtest/gtest.h>

namespace wemol::queue {
namespace {

TEST(ProcessTable, KnowsThisProcess) {
  const ProcessId self = this_process();
  EXPECT_EQ(self.pid, getpid());
  EXPECT_GT(self.start_ticks, 0U);
  EXPECT_TRUE(is_alive(self));
  const auto entry = process_at(getpid());
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->parent_pid, getppid());
  EXPECT_FALSE(is_alive({.pid = getpid(), .start_ticks = self.start_ticks - 1}));
  EXPECT_FALSE(process_at(0));
  EXPECT_FALSE(process_at(-1));
}

TEST(ProcessTable, ANameMayHaveParenthesesAndBlanks) {
  std::array<char, 16> before{};
  prctl(PR_GET_NAME, before.data());
  prctl(PR_SET_NAME, ") R 1 (x");
  const auto entry = process_at(getpid());
  prctl(PR_SET_NAME, before.data());
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->name, ") R 1 (x");
  EXPECT_EQ(entry->parent_pid, getppid());
}

TEST(ProcessTable, AZombieIsNotAlive) {
  const pid_t child = fork();
  if (child == 0) {
    _exit(0);
  }
  siginfo_t info{};
  waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT);
  const auto entry = process_at(child);
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->state, 'Z');
  EXPECT_FALSE(is_alive(entry->id));
  EXPECT_EQ(send_signal(entry->id, SIGTERM), ESRCH);
  waitpid(child, nullptr, 0);
}

TEST(ProcessTable, DescendantsAreFoundThroughTheirParents) {
  const auto process = [](std::int32_t pid, std::int32_t parent, char state = 'S') {
    return ProcessEntry{.id = {.pid = pid}, .parent_pid = parent, .state = state};
  };
  // 12 has ended and was not reaped; 20 and 21 are each other's parents, as pids that change.
  const auto found = descendants_of(
      10, {process(1, 0), process(10, 1), process(11, 10), process(12, 10, 'Z'), process(13, 12),
           process(14, 1), process(20, 21), process(21, 20), process(15, 13), process(10, 15)});
  std::vector<std::int32_t> pids;
  for (const ProcessEntry& entry : found) {
    pids.push_back(entry.id.pid);
  }
  std::sort(pids.begin(), pids.end());
  EXPECT_EQ(pids, (std::vector<std::int32_t>{11, 13, 15}));
}

}  // namespace
}  // namespace wemol::queue
