#include "process_reader.h"

#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <functional>
#include <memory>
#include <stdexcept>
#include <thread>

#include <gtest/gtest.h>

#include "fake_clock.h"
#include "gate.h"
#include "host_tree.h"
#include "text_file.h"

namespace wemol {
namespace {

using namespace std::chrono_literals;

/// Processes as files.
class ProcessReaderOfATree : public testing::Test {
 protected:
  void add(unsigned pid, const std::string& name, unsigned start, unsigned flags = 0) const {
    tree.write(path(pid) + "stat", std::to_string(pid) + " (" + name + ") S 1 1 1 0 -1 " +
                                       std::to_string(flags) + " 1 2 3 4 30 12 7 8 20 0 3 0 " +
                                       std::to_string(start) + " 8192 2 5 0\n");
  }
  void set_command_line(unsigned pid, std::string_view text) const {
    tree.write(path(pid) + "cmdline", text);
  }
  void add_with_command_line(unsigned pid, unsigned start, std::string_view text) const {
    add(pid, "name", start);
    set_command_line(pid, text);
  }
  [[nodiscard]] static std::string path(unsigned pid) {
    return "proc/" + std::to_string(pid) + "/";
  }
  [[nodiscard]] std::string command_line_of(unsigned pid) {
    const ProcessList list = reader.read(clock).value();
    const auto process = std::ranges::find(list.processes, std::uint64_t{pid}, &ProcessFacts::pid);
    return process != list.processes.end() ? process->command_line : "no process";
  }

  test::HostTree tree;
  test::FakeClock clock;
  ProcessReader reader{tree.root() / "proc"};
};

TEST_F(ProcessReaderOfATree, ListsProcessesInTheOrderOfTheirPids) {
  add(30, "b c) (d", 900);
  add(4, "a", 100);
  tree.make_folder("proc/sys");
  tree.write("proc/stat", "");
  const auto list = reader.read(clock);
  ASSERT_TRUE(list);
  EXPECT_EQ(list->measured_at, clock.steady);
  ASSERT_EQ(list->processes.size(), 2U);
  EXPECT_EQ(list->processes[0].pid, 4U);
  const ProcessFacts& process = list->processes[1];
  EXPECT_EQ(process.pid, 30U);
  EXPECT_EQ(process.parent_pid, 1U);
  EXPECT_EQ(process.start_ticks, 900U);
  EXPECT_EQ(process.name, "b c) (d");
  EXPECT_EQ(process.state, 'S');
  EXPECT_EQ(process.user_id, getuid());
  EXPECT_EQ(process.cpu_ticks, 42U);
  EXPECT_EQ(process.resident_bytes, 2U * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)));
  EXPECT_EQ(process.threads, 3U);
}

TEST_F(ProcessReaderOfATree, ThatEndMeanwhileOrAreDeniedAreLeftOut) {
  add(4, "a", 100);
  tree.make_folder("proc/5");          // has just ended
  tree.write("proc/6/stat", "");       // ends while it is read
  tree.write("proc/7/stat", "7 (x)");  // is no process
  const auto list = reader.read(clock);
  ASSERT_TRUE(list);
  ASSERT_EQ(list->processes.size(), 1U);
  EXPECT_EQ(list->processes[0].pid, 4U);
}

TEST_F(ProcessReaderOfATree, CannotBeListedWithoutProc) {
  const auto list = reader.read(clock);
  ASSERT_FALSE(list);
  EXPECT_EQ(list.error().code, ENOENT);
  add(4, "a", 100);
  EXPECT_TRUE(reader.read(clock)) << "it has come back";
}

TEST_F(ProcessReaderOfATree, CommandLineIsThereWithTheFirstList) {
  add_with_command_line(4, 100, std::string_view("a\0b\0", 4));
  EXPECT_EQ(command_line_of(4), "a b");
}

/// The command line tells how often it has been read.
class CommandLineReads : public ProcessReaderOfATree {
 protected:
  void read_until(int count) {
    while (reads_seen() != count) {
      std::this_thread::yield();
    }
  }
  [[nodiscard]] int reads_seen() {
    return std::stoi("0" + counting.read(clock).value().processes.at(0).command_line);
  }

  std::shared_ptr<std::atomic<int>> reads = std::make_shared<std::atomic<int>>(0);
  ProcessReader counting{tree.root() / "proc",
                         [own = reads](std::uint64_t /*pid*/) { return std::to_string(++*own); }};
};

TEST_F(CommandLineReads, AreTwoAndThenFew) {
  add(4, "name", 100);
  read_until(2);  // it may have been between fork and exec
  for (int list = 0; list < 50; ++list) {
    EXPECT_EQ(reads_seen(), 2);
  }
  clock.pass(ProcessReader::kDetailsLastFor);
  read_until(3);
  EXPECT_EQ(reads_seen(), 3);
}

TEST_F(CommandLineReads, GoWithANewName) {
  add(4, "bash", 100);
  read_until(2);
  add(4, "python3", 100);
  read_until(3);
}

TEST_F(ProcessReaderOfATree, PidThatIsUsedAgainHasNothingOfTheOld) {
  add_with_command_line(4, 100, "old");
  while (command_line_of(4) != "old") {
    std::this_thread::yield();
  }
  add(4, "name", 200);
  tree.remove("proc/4/cmdline");
  EXPECT_EQ(command_line_of(4), "");
}

TEST_F(ProcessReaderOfATree, ThreadsOfTheKernelAreNotAsked) {
  add(4, "kworker/0:1", 100, 0x200000);
  set_command_line(4, "never read");
  for (int list = 0; list < 5; ++list) {
    EXPECT_EQ(command_line_of(4), "");
  }
}

TEST_F(ProcessReaderOfATree, ProcessWhoseMemoryIsLockedHoldsUpNoList) {
  const test::Gate gate;
  ProcessReader patient(tree.root() / "proc", [gate](std::uint64_t pid) {
    if (pid == 4) {
      gate.pass();
    }
    return "command of " + std::to_string(pid);
  });
  add(4, "stuck", 100);
  add(5, "other", 100);
  const auto texts = [&] {
    const ProcessList list = patient.read(clock).value();
    return std::pair(list.processes.at(0).command_line, list.processes.at(1).command_line);
  };
  while (texts() != std::pair<std::string, std::string>("", "command of 5")) {
    std::this_thread::yield();
  }
  gate.open();
  while (texts().first != "command of 4") {
    std::this_thread::yield();
  }
}

TEST_F(ProcessReaderOfATree, BootTimeStaysUntilTheClockIsSet) {
  add(4, "a", 100);
  const auto first = reader.read(clock)->booted_at;
  clock.wall += 999ms;
  EXPECT_EQ(reader.read(clock)->booted_at, first);
  clock.wall += 1h;
  EXPECT_GT(reader.read(clock)->booted_at, first + 59min);
}

/// One process that rests, and one that does not.
class RestingProcess : public ProcessReaderOfATree {
 protected:
  void add_with_ticks(unsigned pid, unsigned ticks, char state = 'S') const {
    tree.write(path(pid) + "stat", std::to_string(pid) + " (x) " + state +
                                       " 1 1 1 0 -1 0 1 2 3 4 " + std::to_string(ticks) +
                                       " 0 7 8 20 0 3 0 100 8192 2 5 0\n");
  }
  /// The ticks of each process in a list a second later.
  [[nodiscard]] std::vector<std::uint64_t> next() {
    clock.pass(1s);
    std::vector<std::uint64_t> ticks;
    const ProcessList list = reader.read(clock).value();
    for (const ProcessFacts& process : list.processes) {
      ticks.push_back(process.cpu_ticks);
    }
    return ticks;
  }
  void let_rest() {
    for (int list = 0; list < 20; ++list) {
      add_with_ticks(5, ++busy_ticks);
      (void)next();
    }
  }

  unsigned busy_ticks = 0;
};

TEST_F(RestingProcess, IsReadSeldomAndTheOthersAlways) {
  add_with_ticks(4, 1);
  let_rest();
  add_with_ticks(4, 2);
  int lists = 0;
  for (bool is_seen = false; !is_seen; ++lists) {
    ASSERT_LT(lists, 5) << "it is read every 5 s";
    add_with_ticks(5, ++busy_ticks);
    const auto ticks = next();
    EXPECT_EQ(ticks.at(1), busy_ticks);
    is_seen = ticks.at(0) == 2;
  }
  add_with_ticks(4, 3);
  EXPECT_EQ(next().at(0), 3U) << "it is awake again";
}

TEST_F(RestingProcess, IsStaleForAWhileOnly) {
  add_with_ticks(4, 1);
  let_rest();
  int stale = 0;
  for (int list = 0; list < 10; ++list) {
    clock.pass(1s);
    const auto facts = reader.read(clock).value().processes.at(0);
    EXPECT_LT(clock.steady - facts.measured_at, ProcessReader::kRestingEvery);
    stale += facts.measured_at != clock.steady ? 1 : 0;
  }
  EXPECT_EQ(stale, 8) << "it is read in every fifth list";
}

TEST_F(RestingProcess, IsAlwaysReadByWhoeverLooksSeldom) {
  add_with_ticks(4, 1);
  for (unsigned ticks = 2; ticks < 10; ++ticks) {
    clock.pass(ProcessReader::kRestsAfter);
    add_with_ticks(4, ticks / 4);
    EXPECT_EQ(reader.read(clock).value().processes.at(0).measured_at, clock.steady);
  }
}

TEST_F(RestingProcess, IsGoneWithItsFolder) {
  add_with_ticks(4, 1);
  let_rest();
  tree.remove("proc/4");
  EXPECT_EQ(next().size(), 1U);
}

TEST_F(RestingProcess, WhosePidIsUsedAgainIsAnother) {
  add_with_ticks(4, 1);
  let_rest();
  // Made before the old one goes, so that its folder has another inode.
  tree.write("new/stat", "4 (other) S 1 1 1 0 -1 0 1 2 3 4 7 0 7 8 20 0 3 0 999 8192 2 5 0\n");
  tree.remove("proc/4");
  std::filesystem::rename(tree.root() / "new", tree.root() / "proc/4");
  EXPECT_EQ(next().at(0), 7U);
}

TEST_F(RestingProcess, ThatIsRunningDoesNotRest) {
  add_with_ticks(4, 1, 'R');
  let_rest();
  add_with_ticks(4, 2, 'R');
  EXPECT_EQ(next().at(0), 2U);
}

/// A child that waits until it is killed.
class Child {
 public:
  explicit Child(const std::function<void()>& begin) {
    std::array<int, 2> ready{};
    if (pipe(ready.data()) != 0) {
      throw std::runtime_error("no pipe");
    }
    pid_ = fork();
    if (pid_ == 0) {
      begin();
      [[maybe_unused]] const ssize_t said = ::write(ready[1], "x", 1);
      while (true) {
        pause();
      }
    }
    close(ready[1]);
    char x = 0;
    [[maybe_unused]] const ssize_t heard = ::read(ready[0], &x, 1);
    close(ready[0]);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  [[nodiscard]] std::uint64_t pid() const { return static_cast<std::uint64_t>(pid_); }

 private:
  pid_t pid_ = 0;
};

TEST(ProcessReaderOfThisHost, SeesWhatIsTrueOfAProcess) {
  const Child child([] { prctl(PR_SET_NAME, "a (b) c"); });
  test::FakeClock clock;
  ProcessReader reader;
  const auto list = reader.read(clock);
  ASSERT_TRUE(list);
  const auto process = std::ranges::find(list->processes, child.pid(), &ProcessFacts::pid);
  ASSERT_NE(process, list->processes.end());
  EXPECT_EQ(process->name, "a (b) c");
  EXPECT_EQ(process->parent_pid, static_cast<std::uint64_t>(getpid()));
  EXPECT_EQ(process->user_id, getuid());
  EXPECT_EQ(process->state, 'S');
  // A sanitizer may have a thread of its own.
  const std::string status = test::read_text("/proc/" + std::to_string(child.pid()) + "/status");
  EXPECT_NE(status.find("Threads:\t" + std::to_string(process->threads) + "\n"), std::string::npos);
  EXPECT_NE(process->command_line.find("unit_tests"), std::string::npos);
  EXPECT_GT(process->resident_bytes.value_or(0), 100000U);
}

TEST(ProcessReaderOfThisHost, SeesAnotherUserAlsoWhereItsFilesAreRoots) {
  if (getuid() != 0) {
    GTEST_SKIP() << "needs root to become another user";
  }
  const Child child([] {
    // What has changed its user may not be dumped, so the files in its folder are root's.
    if (setuid(54321) != 0) {
      _exit(1);
    }
  });
  test::FakeClock clock;
  ProcessReader reader;
  const auto list = reader.read(clock);
  const auto process = std::ranges::find(list->processes, child.pid(), &ProcessFacts::pid);
  ASSERT_NE(process, list->processes.end());
  EXPECT_EQ(process->user_id, 54321U);
}

TEST(ProcessReaderOfThisHost, HasAsManyAsProcListsWithinWhatComesAndGoes) {
  const auto listed = [] {
    return std::ranges::count_if(std::filesystem::directory_iterator("/proc"),
                                 [](const auto& entry) {
                                   const char first = entry.path().filename().native().front();
                                   return first >= '1' && first <= '9';
                                 });
  };
  test::FakeClock clock;
  ProcessReader reader;
  const auto before = listed();
  const auto own = static_cast<std::ptrdiff_t>(reader.read(clock)->processes.size());
  const auto after = listed();
  const auto coming_and_going = 20;
  EXPECT_GE(own, std::min(before, after) - coming_and_going);
  EXPECT_LE(own, std::max(before, after) + coming_and_going);
}

}  // namespace
}  // namespace wemol
