#include <sys/mount.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <optional>
#include <random>
#include <sstream>
#include <thread>
#include <vector>

#include "fault_report.h"
#include "loop_disk.h"
#include "recorder_fixture.h"
#include "recording.h"

namespace wemol::faults {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
using e2e::RecorderProcess;
using Clock = std::chrono::steady_clock;

constexpr int kTasks = 10;

/// Recorders that are killed and started again over the same folder, again and again.
class Kills : public e2e::RecorderTest {
 protected:
  /// One of them, with what has been found of its recording so far.
  struct Victim {
    std::string name;
    fs::path output;
    e2e::Arguments arguments;
    std::chrono::milliseconds longest_life;
    RecorderProcess* process = nullptr;
    Clock::time_point dies_at;
    std::vector<std::size_t> rows = std::vector<std::size_t>(kTasks);  ///< by task
    std::size_t kills = 0;
    std::size_t logged = 0;  ///< rows of rounds that had ended, by its own log
    std::size_t torn = 0;
  };

  void SetUp() override {
    RecorderTest::SetUp();
    if (IsSkipped() || HasFailure()) {
      return;
    }
    const char* const wanted = std::getenv("WEMOL_FAULTS_SEED");
    seed_ = wanted != nullptr ? std::stoul(wanted) : std::random_device()();
    random_.seed(seed_);
    std::cout << "repeat with WEMOL_FAULTS_SEED=" << seed_ << '\n';
    for (int task = 0; task < kTasks; ++task) {
      engine().run("wemol_rc_task_" + id_of(task) + "_1_1",
                   task == 0 ? e2e::Arguments{"sh", "-c", "while :; do :; done"}
                             : e2e::Arguments{"sleep", "100000"},
                   {"--cpu-shares", "2"});
    }
  }

  static std::string id_of(int task) { return "13217" + std::to_string(task); }
  [[nodiscard]] unsigned long seed() const { return seed_; }

  Victim victim(const std::string& name, std::chrono::milliseconds longest_life,
                const e2e::Arguments& arguments) const {
    Victim made{.name = name,
                .output = folder() / name,
                .arguments = arguments,
                .longest_life = longest_life};
    made.arguments.insert(made.arguments.end(), {"--output-dir", made.output.string(),
                                                 "--log-file=", "--log-level", "DEBUG"});
    fs::create_directories(made.output);
    return made;
  }
  static e2e::Arguments natively(const e2e::Arguments& more = {}) {
    e2e::Arguments arguments{"--source", "native", "--interval", "0.1"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }

  std::chrono::milliseconds random_time(std::chrono::milliseconds longest) {
    return std::chrono::milliseconds(
        std::uniform_int_distribution<long>(0, e2e::scaled(longest).count())(random_));
  }

  void start(Victim& victim) {
    victim.process = &start_recorder(victim.arguments);
    victim.dies_at = Clock::now() + 50ms + random_time(victim.longest_life);
  }

  void kill_in_time(Victim& victim) {
    std::this_thread::sleep_until(victim.dies_at);
    victim.process->send(SIGKILL);
    ++victim.kills;
  }

  void kill_in_time(std::vector<Victim>& victims) {
    std::ranges::sort(victims, {}, &Victim::dies_at);
    for (Victim& each : victims) {
      kill_in_time(each);
    }
  }

  /// How many rounds its log says have ended with a row of each task. No other number of rows is
  /// expected.
  static std::size_t whole_rounds(const Victim& victim) {
    const std::string log = victim.process->log();
    std::size_t rounds = 0;
    std::istringstream lines(log);
    for (std::string line; std::getline(lines, line);) {
      if (line.find("- DEBUG - round ") != std::string::npos) {
        ++rounds;
        EXPECT_NE(line.find(" rows " + std::to_string(kTasks) + ","), std::string::npos) << line;
      }
    }
    return rounds;
  }

  /// After a kill: each file parses, and each task has one row more for each round that had ended,
  /// and at most one of the round that was running. Rows that wait for the disk may be lost, but
  /// not without a word.
  void examine(Victim& victim, bool is_disk_at_fault = false) {
    ASSERT_EQ(victim.process->wait(), -SIGKILL) << victim.process->log();
    const bool rows_may_wait =
        is_disk_at_fault || victim.process->lines_with("has not answered since") > 0;
    const std::size_t rounds = whole_rounds(victim);
    const Recording found = read_recording(victim.output);
    EXPECT_EQ(found.torn_rows, victim.torn) << victim.name << ": " << found.first_problem;
    EXPECT_TRUE(found.in_order) << victim.name << ": " << found.first_problem;
    victim.torn = found.torn_rows;
    for (int task = 0; task < kTasks; ++task) {
      const auto at = static_cast<std::size_t>(task);
      const std::size_t rows =
          read_recording_of(victim.output / "Unknown_Module" / (id_of(task) + ".csv")).rows;
      const std::size_t more = rows - victim.rows[at];
      EXPECT_LE(more, rounds + 1) << victim.name << ", task " << task;
      EXPECT_TRUE(rows_may_wait || more >= rounds) << victim.name << ", task " << task << ": "
                                                   << more << " rows of " << rounds << " rounds\n"
                                                   << victim.process->log();
      victim.rows[at] = rows;
    }
    victim.logged += rounds * kTasks;
  }

  static void report(const Victim& victim, const std::string& note, bool rows_may_wait = false) {
    std::size_t rows = 0;
    for (const std::size_t count : victim.rows) {
      rows += count;
    }
    report_fault(victim.name,
                 {.rows_expected = rows_may_wait ? std::nullopt : std::optional(victim.logged),
                  .rows_written = rows,
                  .torn_rows = victim.torn,
                  .note = std::to_string(victim.kills) + " kills" + note});
  }

 private:
  unsigned long seed_ = 0;
  std::mt19937 random_;
};

TEST_F(Kills, at_any_moment_cost_no_round_but_the_current_one) {
  const std::size_t waves = is_full_run() ? 50 : 3;
  std::vector<Victim> victims{
      victim("kill -9, native at 0.1 s (1)", 1200ms, natively()),
      victim("kill -9, native at 0.1 s (2)", 1200ms, natively()),
      victim("kill -9, native at 0.1 s, --sync finished", 1200ms, natively({"--sync", "finished"})),
  };
  Victim commands = victim("kill -9, docker commands at 0.5 s", 6s, {"--interval", "0.5"});
  start(commands);
  for (std::size_t wave = 0; wave < waves; ++wave) {
    for (Victim& each : victims) {
      start(each);
    }
    kill_in_time(victims);
    for (Victim& each : victims) {
      examine(each);
    }
    if (Clock::now() >= commands.dies_at) {
      kill_in_time(commands);
      examine(commands);
      start(commands);
    }
  }
  kill_in_time(commands);
  examine(commands);
  victims.push_back(std::move(commands));
  for (const Victim& each : victims) {
    report(each, ", seed " + std::to_string(seed()));
  }
}

/// How often each of the tasks that have ended has a row in a ledger.
std::map<std::string, std::size_t> ends_in(const fs::path& output) {
  std::map<std::string, std::size_t> ends;
  for (const e2e::Row& row :
       e2e::read_csv(output / "Unknown_Module" / "summary.csv", e2e::kLedgerHeader)) {
    EXPECT_EQ(row.at("exit_code"), "3") << row.at("task_id");
    ++ends[row.at("task_id")];
  }
  return ends;
}

TEST_F(Kills, leave_each_end_in_the_ledger_once) {
  const std::size_t waves = is_full_run() ? 30 : 4;
  std::vector<Victim> victims{
      victim("ledger under kill -9, native at 0.1 s", 1500ms, natively()),
      victim("ledger under kill -9, native at 0.1 s, --sync finished", 1500ms,
             natively({"--sync", "finished"})),
      victim("ledger under kill -9, docker commands at 0.5 s", 4s, {"--interval", "0.5"}),
  };
  std::vector<std::string> ended;
  for (std::size_t wave = 0; wave < waves; ++wave) {
    for (Victim& each : victims) {
      start(each);
    }
    for (int task = 0; task < 3; ++task) {
      ended.push_back(std::to_string(20000 + ended.size()));
      engine().run("wemol_rc_task_" + ended.back() + "_1_1",
                   {"sh", "-c", task == 0 ? "exit 3" : "sleep 0.7; exit 3"});
    }
    kill_in_time(victims);
    for (const Victim& each : victims) {
      ASSERT_EQ(each.process->wait(), -SIGKILL) << each.process->log();
    }
  }
  for (Victim& each : victims) {
    start(each);
    EXPECT_TRUE(e2e::eventually([&] { return ends_in(each.output).size() == ended.size(); }))
        << each.name << ": " << ends_in(each.output).size() << " of " << ended.size() << '\n'
        << each.process->log();
    // The one before it may have written them all, and this one not be ready for a signal yet.
    EXPECT_TRUE(e2e::eventually([&] { return each.process->lines_with("- DEBUG - round ") > 0; }));
    EXPECT_EQ(each.process->stop(), 0);
    std::size_t rows = 0;
    for (const auto& [task, times] : ends_in(each.output)) {
      EXPECT_EQ(times, 1U) << each.name << ": task " << task;
      rows += times;
    }
    report_fault(each.name,
                 {.rows_expected = ended.size(),
                  .rows_written = rows,
                  .note = std::to_string(each.kills) + " kills, seed " + std::to_string(seed())});
  }
}

TEST_F(Kills, while_the_disk_is_full_tear_no_row) {
  const std::size_t kills = is_full_run() ? 25 : 3;
  Victim full = victim("kill -9 while rows wait on a full disk", 1500ms, natively());
  ASSERT_EQ(mount("tmpfs", full.output.c_str(), "tmpfs", 0, "size=512k,mode=755"), 0);
  const fs::path filler = full.output / "filler";
  for (std::size_t i = 0; i < kills; ++i) {
    // Every other time there is room again, or all files would stand at the end of a page for good.
    if (i % 2 == 0) {
      std::ofstream(filler, std::ios::binary) << std::string(1 << 20, 'x') << std::flush;
    } else {
      fs::remove(filler);
    }
    start(full);
    kill_in_time(full);
    examine(full, i % 2 == 0);
  }
  report(full, "; of " + std::to_string(full.logged) + " rows those that waited are lost", true);
}

TEST_F(Kills, while_the_disk_hangs_tear_no_row) {
  const std::size_t kills = is_full_run() ? 25 : 3;
  Victim slow = victim("kill -9 while the disk hangs", 800ms, natively());
  const LoopDisk disk(folder().parent_path() / "image", slow.output);
  if (!disk.available()) {
    GTEST_SKIP() << "no ext4 on a loop device here";
  }
  for (std::size_t i = 0; i < kills; ++i) {
    if (i % 2 == 1) {
      slow.arguments.insert(slow.arguments.end(), {"--sync", i % 4 == 1 ? "finished" : "started"});
    }
    start(slow);
    std::this_thread::sleep_for(random_time(300ms));
    disk.freeze();
    kill_in_time(slow);
    std::this_thread::sleep_for(random_time(100ms));
    disk.thaw();
    // Rounds go on while it hangs, and their rows wait in memory: a kill takes those.
    examine(slow, true);
    slow.arguments.resize(slow.arguments.size() - (i % 2 == 1 ? 2 : 0));
  }
  report(slow, "", true);
}

}  // namespace
}  // namespace wemol::faults
