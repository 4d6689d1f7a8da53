#include <sys/mount.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <fstream>
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
using e2e::eventually;
using e2e::RecorderProcess;
using e2e::Row;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kTasks = 5;
// One row in some twenty crosses the end of a page: with as many rounds each file meets it, and has
// rows that wait for ten rounds and more.
constexpr std::size_t kRoundsOfFault = 30;

/// What disks do to a recorder of five tasks, whose rows are of different length. What is removed
/// stays below folder() by a second link, so that every row can be counted.
class Disk : public e2e::RecorderTest {
 protected:
  void SetUp() override {
    RecorderTest::SetUp();
    if (IsSkipped() || HasFailure()) {
      return;
    }
    fs::create_directories(output());
    for (std::size_t i = 0; i < kTasks; ++i) {
      tasks_.push_back("13217" + std::to_string(i));
      engine().run("wemol_rc_task_" + tasks_.back() + "_1_1");
      write_task_json(tasks_.back(), kModule + std::string(1 + i * 9, 'x'));
    }
  }

  RecorderProcess& start(const std::string& log_level = "DEBUG") {
    return start_recorder({"--interval", "0.1", "--source", "native", "--log-level", log_level});
  }

  [[nodiscard]] fs::path output() const { return folder() / "module_resource"; }
  [[nodiscard]] std::string module_of(std::size_t task) const {
    return kModule + std::string(1 + task * 9, 'x');
  }
  [[nodiscard]] fs::path csv_of(std::size_t task) const {
    return csv(module_of(task), tasks_[task]);
  }
  [[nodiscard]] const std::vector<std::string>& tasks() const { return tasks_; }

  void mount_on(const fs::path& where, const std::string& options) {
    fs::create_directories(where);
    ASSERT_EQ(mount("tmpfs", where.c_str(), "tmpfs", 0, options.c_str()), 0);
  }

  [[nodiscard]] bool wait_for_rows_of_all(std::size_t count) const {
    bool all = true;
    for (std::size_t i = 0; i < kTasks; ++i) {
      all = wait_for_rows(count, tasks_[i], module_of(i)) && all;
    }
    return all;
  }

  [[nodiscard]] static std::size_t rounds_in(const RecorderProcess& recorder) {
    return recorder.lines_with("- DEBUG - round ");
  }
  [[nodiscard]] static bool wait_for_rounds(const RecorderProcess& recorder, std::size_t more) {
    const std::size_t wanted = rounds_in(recorder) + more;
    return eventually([&] { return rounds_in(recorder) >= wanted; });
  }

  /// From now on until each task has a new row.
  [[nodiscard]] std::chrono::milliseconds recovery(Clock::time_point since) const {
    EXPECT_TRUE(eventually([&] {
      for (std::size_t i = 0; i < kTasks; ++i) {
        if (sizes_now()[i] <= sizes_at_fault_[i]) {
          return false;
        }
      }
      return true;
    }));
    return std::chrono::ceil<std::chrono::milliseconds>(Clock::now() - since);
  }
  /// What `recovery` compares with: the files as the fault has left them.
  void note_sizes() { sizes_at_fault_ = sizes_now(); }

  /// Stops the recorder and states that each task has one whole row of each round, in order, and
  /// `old_rows` more in all. Prints the line.
  void expect_complete(const std::string& fault, RecorderProcess& recorder,
                       std::chrono::milliseconds recovered_in, const std::string& note = {}) {
    EXPECT_EQ(recorder.stop(), 0);
    const Punctuality rounds = read_punctuality(recorder.log(), e2e::scaled(250ms));
    ASSERT_GE(rounds.rounds, kRoundsOfFault);
    const Recording found = read_recording(folder());
    EXPECT_EQ(found.rows, rounds.rounds * kTasks);
    EXPECT_EQ(found.torn_rows, 0U) << found.first_problem;
    EXPECT_TRUE(found.in_order) << found.first_problem;
    EXPECT_EQ(recorder.lines_with("rows are lost"), 0U);
    report_fault(fault, {.rows_expected = rounds.rounds * kTasks,
                         .rows_written = found.rows,
                         .torn_rows = found.torn_rows,
                         .late_rounds = rounds.late_or_skipped(),
                         .recovery = recovered_in,
                         .note = note});
  }

  static constexpr const char* kModule = "Module_";

 private:
  [[nodiscard]] std::vector<std::uintmax_t> sizes_now() const {
    std::vector<std::uintmax_t> sizes;
    for (std::size_t i = 0; i < kTasks; ++i) {
      std::error_code gone;
      const std::uintmax_t size = fs::file_size(csv_of(i), gone);
      sizes.push_back(gone ? 0 : size);
    }
    return sizes;
  }

  std::vector<std::string> tasks_;
  std::vector<std::uintmax_t> sizes_at_fault_ = std::vector<std::uintmax_t>(kTasks);
};

/// Until the disk is full.
void fill(const fs::path& filler) {
  std::ofstream(filler, std::ios::binary) << std::string(1 << 20, 'x') << std::flush;
}

TEST_F(Disk, a_full_disk_loses_no_row) {
  mount_on(output(), "size=256k,mode=755");
  RecorderProcess& recorder = start();
  ASSERT_TRUE(wait_for_rows_of_all(3));
  fill(output() / "filler");
  ASSERT_TRUE(wait_for_rounds(recorder, kRoundsOfFault));
  EXPECT_EQ(recorder.lines_with("- ERROR - rows cannot be written"), 1U);
  EXPECT_EQ(read_recording(folder()).torn_rows, 0U);
  note_sizes();
  const auto freed = Clock::now();
  fs::remove(output() / "filler");
  const auto recovered_in = recovery(freed);
  expect_complete("disk full for " + std::to_string(kRoundsOfFault) + " rounds", recorder,
                  recovered_in);
}

// Docker's own answer is taken once and played back with the number of the round as its first
// figure, which shows that no row is missing, doubled or in another place.
TEST_F(Disk, a_full_disk_loses_no_row_of_the_docker_commands) {
  mount_on(output(), "size=256k,mode=755");
  tools().put_script("docker",
                     "[ \"$1\" = stats ] || exec \"$docker\" \"$@\"\n"
                     "[ -e $tools/answer ] || \"$docker\" \"$@\" > $tools/answer\n"
                     "echo >> $tools/calls\n"
                     "sed \"s/[0-9.]*%/$(wc -l < $tools/calls).00%/\" $tools/answer\n");
  record_rounds(1, {"--output-dir", "first-answer"});
  fs::remove_all(folder() / "first-answer");
  fs::remove(tools().folder() / "calls");
  RecorderProcess& recorder = start_recorder({"--interval", "0.3", "--log-level", "DEBUG"});
  ASSERT_TRUE(wait_for_rows_of_all(3));
  fill(output() / "filler");
  ASSERT_TRUE(wait_for_rounds(recorder, kRoundsOfFault));
  note_sizes();
  const auto freed = Clock::now();
  fs::remove(output() / "filler");
  const auto recovered_in = recovery(freed);
  expect_complete("disk full, docker commands, numbered rows", recorder, recovered_in);
  for (std::size_t task = 0; task < kTasks; ++task) {
    std::size_t round = 0;
    for (const Row& row : rows(tasks()[task], module_of(task))) {
      EXPECT_EQ(row.at("cpu_percent"), std::to_string(++round) + ".00%");
    }
  }
}

/// Lets the recorder keep no CSV open, as with too many tasks for its limit of descriptors: a disk
/// with files open for writing cannot be made read-only by an administrator.
void let_keep_no_csv_open(pid_t recorder) {
  rlim_t lowest = RLIM_INFINITY;
  for (const auto& entry : fs::directory_iterator("/proc/" + std::to_string(recorder) + "/fd")) {
    std::error_code gone;
    if (fs::read_symlink(entry.path(), gone).extension() == ".csv") {
      lowest = std::min<rlim_t>(lowest, std::stoul(entry.path().filename()));
    }
  }
  rlimit limit{};
  ASSERT_EQ(prlimit(recorder, RLIMIT_NOFILE, nullptr, &limit), 0);
  limit.rlim_cur = 2 * lowest;
  ASSERT_EQ(prlimit(recorder, RLIMIT_NOFILE, &limit, nullptr), 0);
}

TEST_F(Disk, a_read_only_remount_loses_no_row) {
  mount_on(output() / module_of(0), "size=256k,mode=755");
  const fs::path disk = output() / module_of(0);
  RecorderProcess& recorder = start();
  ASSERT_TRUE(wait_for_rows_of_all(3));
  let_keep_no_csv_open(recorder.pid());
  ASSERT_TRUE(eventually(
      [&] { return mount(nullptr, disk.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) == 0; }));
  ASSERT_TRUE(wait_for_rounds(recorder, kRoundsOfFault));
  EXPECT_EQ(recorder.lines_with("- ERROR - rows cannot be written"), 1U);
  EXPECT_GE(recorder.lines_with("Read-only file system"), 1U);
  note_sizes();
  const auto freed = Clock::now();
  ASSERT_EQ(mount(nullptr, disk.c_str(), nullptr, MS_REMOUNT, nullptr), 0);
  const auto recovered_in = recovery(freed);
  expect_complete("read-only remount of one module's folder", recorder, recovered_in);
}

// As ext4 is set up on most hosts: an error in its structures makes it read-only.
TEST_F(Disk, a_disk_that_the_kernel_made_read_only_loses_no_row) {
  LoopDisk disk(folder().parent_path() / "image", output() / module_of(0));
  if (!disk.available()) {
    GTEST_SKIP() << "no ext4 on a loop device here";
  }
  RecorderProcess& recorder = start();
  ASSERT_TRUE(wait_for_rows_of_all(3));
  recorder.send(SIGSTOP);  // between two rounds: what was not on the disk yet would be lost
  disk.meet_an_error();
  recorder.send(SIGCONT);
  ASSERT_TRUE(wait_for_rounds(recorder, kRoundsOfFault));
  EXPECT_EQ(recorder.lines_with("- ERROR - rows cannot be written"), 1U);
  EXPECT_GE(recorder.lines_with("Read-only file system"), 1U);
  note_sizes();
  recorder.send(SIGSTOP);  // or rows would go below the place where the disk belongs
  const auto repaired = Clock::now();
  EXPECT_TRUE(disk.repair());
  recorder.send(SIGCONT);
  const auto recovered_in = recovery(repaired);
  expect_complete("read-only by the kernel after an ext4 error", recorder, recovered_in,
                  "stopped for the repair");
}

TEST_F(Disk, a_removed_output_folder_is_made_again) {
  RecorderProcess& recorder = start();
  ASSERT_TRUE(wait_for_rows_of_all(3));
  // Its files live on by a second name: a row that went there is no lost one.
  fs::create_directories(folder() / "kept");
  for (std::size_t i = 0; i < kTasks; ++i) {
    fs::create_hard_link(csv_of(i), folder() / "kept" / (tasks()[i] + ".csv"));
  }
  const auto removed = Clock::now();
  fs::rename(output(), folder() / "removed");
  fs::remove_all(folder() / "removed");
  const auto recovered_in = recovery(removed);
  ASSERT_TRUE(wait_for_rounds(recorder, kRoundsOfFault));
  EXPECT_EQ(start().wait(), 1) << "the lock is gone with the folder";
  EXPECT_EQ(recorder.lines_with("- ERROR - "), 0U);
  expect_complete("removed output folder", recorder, recovered_in);
}

TEST_F(Disk, removed_files_are_begun_anew) {
  RecorderProcess& recorder = start();
  ASSERT_TRUE(wait_for_rows_of_all(3));
  fs::create_directories(folder() / "kept");
  const auto removed = Clock::now();
  for (std::size_t i = 0; i < kTasks; ++i) {
    fs::create_hard_link(csv_of(i), folder() / "kept" / (tasks()[i] + ".csv"));
    fs::remove(csv_of(i));
  }
  const auto recovered_in = recovery(removed);
  ASSERT_TRUE(wait_for_rounds(recorder, kRoundsOfFault));
  EXPECT_EQ(recorder.lines_with("- ERROR - "), 0U);
  expect_complete("removed CSV of each task", recorder, recovered_in);
}

TEST_F(Disk, a_module_folder_that_is_a_file_costs_no_row) {
  RecorderProcess& recorder = start();
  ASSERT_TRUE(wait_for_rows_of_all(3));
  const fs::path module_folder = output() / module_of(0);
  e2e::write_text(folder() / "file", "not a folder");
  fs::rename(module_folder, folder() / "kept");
  fs::rename(folder() / "file", module_folder);
  ASSERT_TRUE(wait_for_rounds(recorder, kRoundsOfFault));
  EXPECT_EQ(recorder.lines_with("- ERROR - the folder cannot be made"), 1U);
  EXPECT_GE(e2e::read_csv(folder() / (tasks()[0] + ".csv")).size(), kRoundsOfFault - 1);
  EXPECT_EQ(e2e::read_text(module_folder), "not a folder");
  note_sizes();
  const auto freed = Clock::now();
  fs::remove(module_folder);
  const auto recovered_in = recovery(freed);
  expect_complete("module folder that is a file", recorder, recovered_in);
}

// A quota ends a write as a limit on the size of a file does: after some bytes of a row, then with
// an error.
TEST_F(Disk, a_quota_in_mid_row_loses_no_row) {
  RecorderProcess& recorder = start("INFO");  // a long log would meet the limit too
  ASSERT_TRUE(wait_for_rows_of_all(15));
  std::uintmax_t largest = 0;
  for (std::size_t i = 0; i < kTasks; ++i) {
    largest = std::max(largest, fs::file_size(csv_of(i)));
  }
  rlimit old{};
  ASSERT_EQ(prlimit(recorder.pid(), RLIMIT_FSIZE, nullptr, &old), 0);
  const rlimit limit{largest + 1000, old.rlim_max};
  ASSERT_EQ(prlimit(recorder.pid(), RLIMIT_FSIZE, &limit, nullptr), 0);
  ASSERT_TRUE(eventually([&] { return recorder.lines_with("rows cannot be written") == 1; }));
  std::this_thread::sleep_for(kRoundsOfFault * 100ms);
  note_sizes();
  const auto freed = Clock::now();
  ASSERT_EQ(prlimit(recorder.pid(), RLIMIT_FSIZE, &old, nullptr), 0);
  const auto recovered_in = recovery(freed);
  expect_complete("size limit in mid-row (as a quota)", recorder, recovered_in);
}

// The CSVs follow the journal by seconds: what the device has of them is completed from there.
TEST_F(Disk, a_power_cut_takes_no_round_that_has_ended) {
  const std::size_t cuts = is_full_run() ? 30 : 3;
  const LoopDisk disk(folder().parent_path() / "image", output());
  if (!disk.available()) {
    GTEST_SKIP() << "no ext4 on a loop device here";
  }
  RecorderProcess& recorder = start_recorder(
      {"--interval", "0.1", "--source", "native", "--log-level", "DEBUG", "--sync", "finished"});
  std::size_t restored = 0;
  std::size_t torn = 0;
  std::size_t expected = 0;
  std::size_t written = 0;
  for (std::size_t cut = 0; cut < cuts; ++cut) {
    ASSERT_TRUE(wait_for_rounds(recorder, 5 + cut * 7 % 20));
    const std::size_t rounds = rounds_in(recorder);
    const fs::path found = folder() / ("found" + std::to_string(cut));
    const auto after = disk.after_power_cut(folder().parent_path() / "image-after-cut", found);
    ASSERT_TRUE(after && after->available());
    RecorderProcess& next =
        start_recorder({"--interval", "0.1", "--source", "native", "--rounds", "1", "--sync",
                        "finished", "--output-dir", found.string(), "--log-file="});
    ASSERT_EQ(next.wait(), 0) << next.log();
    restored += next.lines_with("- INFO - the journal had ");
    EXPECT_EQ(next.lines_with("are left out"), 0U) << next.log();
    for (std::size_t task = 0; task < kTasks; ++task) {
      const Recording rows = read_recording_of(found / module_of(task) / (tasks()[task] + ".csv"));
      EXPECT_GT(rows.rows, rounds) << "cut " << cut << ", task " << task << '\n' << next.log();
      EXPECT_TRUE(rows.in_order) << rows.first_problem;
      torn += rows.torn_rows;
      expected += rounds;
      written += rows.rows - 1;  // one is of the recorder that replays
    }
  }
  EXPECT_GT(restored, 0U) << "the device had all rows each time: nothing was tried";
  EXPECT_EQ(recorder.stop(), 0);
  EXPECT_FALSE(fs::exists(output() / ".wemol-recorder.journal"));
  report_fault("power cut, --sync finished",
               {.rows_expected = expected,
                .rows_written = written,
                .torn_rows = torn,
                .note = std::to_string(cuts) + " cuts, " + std::to_string(restored) +
                        " with rows from the journal"});
}

}  // namespace
}  // namespace wemol::faults
