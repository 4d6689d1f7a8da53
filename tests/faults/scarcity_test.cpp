#include <unistd.h>

#include <algorithm>
#include <memory>
#include <sstream>
#include <thread>

#include "crowded_engine.h"
#include "fault_report.h"
#include "recorder_fixture.h"
#include "recording.h"

namespace wemol::faults {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using e2e::eventually;
using e2e::scaled;

constexpr std::size_t kDescriptors = 64;
/// That native can record with so few descriptors, with some to spare.
constexpr std::size_t kTasksWithoutLoss = 12;
constexpr std::size_t kMemoryMib = 64;
constexpr std::size_t kManyTasks = 5000;
constexpr const char* kNoCrowd = "needs root and control groups v1";

/// What a process has used of the CPU, in seconds.
double cpu_seconds_of(pid_t pid) {
  const std::string stat = e2e::read_text("/proc/" + std::to_string(pid) + "/stat");
  std::istringstream fields(stat.substr(stat.rfind(')') + 2));
  std::string skipped;
  for (int i = 0; i < 11; ++i) {
    fields >> skipped;
  }
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

std::size_t resident_mib_of(pid_t pid) {
  const std::string status = e2e::read_text("/proc/" + std::to_string(pid) + "/status");
  const std::size_t at = status.find("VmHWM:");
  return at == std::string::npos ? 0 : std::stoul(status.substr(at + 6)) / 1024;
}

/// A memory control group (v1) that kills what goes beyond its limit.
class MemoryGroup {
 public:
  explicit MemoryGroup(std::size_t mib)
      : path_("/sys/fs/cgroup/memory/wemol-test-" + std::to_string(getpid())) {
    std::error_code error;
    if (!fs::is_regular_file("/sys/fs/cgroup/memory/cgroup.procs", error) ||
        !fs::create_directory(path_, error)) {
      return;
    }
    e2e::write_text(path_ / "memory.limit_in_bytes", std::to_string(mib << 20));
    available_ = true;
  }
  MemoryGroup(const MemoryGroup&) = delete;
  MemoryGroup& operator=(const MemoryGroup&) = delete;
  ~MemoryGroup() {
    std::error_code error;
    for (int i = 0; available_ && i < 200 && !fs::remove(path_, error); ++i) {
      std::this_thread::sleep_for(5ms);
    }
  }
  [[nodiscard]] bool available() const { return available_; }
  [[nodiscard]] fs::path procs() const { return path_ / "cgroup.procs"; }
  [[nodiscard]] std::size_t peak_mib() const {
    return std::stoul(e2e::read_text(path_ / "memory.max_usage_in_bytes")) >> 20;
  }
  [[nodiscard]] bool has_killed() const {
    return e2e::read_text(path_ / "memory.oom_control").find("oom_kill 0") == std::string::npos;
  }

 private:
  fs::path path_;
  bool available_ = false;
};

/// Processes that stand in for the first ones of containers, each in control groups (v1) of its own
/// that are named as the engine would name them.
class Crowd {
 public:
  explicit Crowd(std::size_t count) {
    for (std::size_t number = 0; number < count; ++number) {
      auto& process = processes_.emplace_back(std::make_unique<e2e::Process>(
          e2e::Arguments{"sleep", "100000"}, e2e::Process::Setting{}));
      for (const fs::path& root : roots()) {
        const fs::path group = root / CrowdedEngine::id_of(number);
        fs::create_directories(group);
        e2e::write_text(group / "cgroup.procs", std::to_string(process->pid()));
      }
    }
  }
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;
  ~Crowd() {
    const std::size_t count = processes_.size();
    processes_.clear();
    std::error_code error;
    for (const fs::path& root : roots()) {
      for (std::size_t number = 0; number < count; ++number) {
        // The last process leaves it a moment after it has ended.
        (void)eventually([&] { return fs::remove(root / CrowdedEngine::id_of(number), error); },
                         1s);
      }
      fs::remove(root, error);
    }
  }
  [[nodiscard]] static bool is_possible() {
    return fs::is_regular_file("/sys/fs/cgroup/cpuacct/cgroup.procs") && geteuid() == 0;
  }
  [[nodiscard]] std::vector<pid_t> pids() const {
    std::vector<pid_t> all;
    std::ranges::transform(processes_, std::back_inserter(all),
                           [](const auto& process) { return process->pid(); });
    return all;
  }

 private:
  [[nodiscard]] static std::vector<fs::path> roots() {
    std::vector<fs::path> all;
    for (const char* controller : {"cpuacct", "memory", "pids"}) {
      all.push_back(fs::path("/sys/fs/cgroup") / controller /
                    ("wemol-test-crowd-" + std::to_string(getpid())));
    }
    return all;
  }

  std::vector<std::unique_ptr<e2e::Process>> processes_;
};

/// Less of everything than the recorder would like to have, with a stand-in for the engine.
class Scarcity : public e2e::ProgramTest {
 protected:
  /// For the source native. Of all those the first ones have processes of their own.
  void set_up_containers_of_native(std::size_t count, std::size_t with_process) {
    crowd_ = std::make_unique<Crowd>(with_process);
    engine_ = std::make_unique<CrowdedEngine>(socket(), count, crowd_->pids());
  }
  /// For the source docker-cli.
  void set_up_containers_of_docker(std::size_t count) {
    std::string listed;
    std::string stats;
    for (std::size_t number = 0; number < count; ++number) {
      const std::string id = CrowdedEngine::id_of(number);
      listed += id + "\t" + CrowdedEngine::name_of(number) + "\trunning\n";
      stats += id + "\t" + id + "\t1.00%\t1MiB / 2MiB\t50.00%\t0B / 0B\t0B / 0B\t1\n";
    }
    e2e::write_text(answers() / "ps", listed);
    e2e::write_text(answers() / "stats", stats);
    tools().put_script("docker", "exec cat " + answers().string() + "/\"$1\"\n");
  }

  /// Runs a recorder for some rounds, looks at it and at what it has written.
  struct Run {
    Punctuality rounds;
    Recording recording;
    std::size_t resident_mib = 0;
    double cpu_seconds = 0;
    e2e::RecorderProcess* recorder = nullptr;
  };
  Run record(const std::string& source, const std::string& interval, std::size_t rows,
             std::chrono::milliseconds late) {
    Run run;
    run.recorder =
        &start_recorder({"--source", source, "--interval", interval, "--log-level", "DEBUG"},
                        {{"DOCKER_HOST", "unix://" + socket().string()}});
    EXPECT_TRUE(eventually([&] { return run.recorder->lines_with("- DEBUG - round ") >= 4; }));
    EXPECT_TRUE(
        eventually([&] { return read_recording(folder() / "module_resource").rows >= rows; }));
    run.resident_mib = resident_mib_of(run.recorder->pid());
    run.cpu_seconds = cpu_seconds_of(run.recorder->pid());
    EXPECT_EQ(run.recorder->stop(), 0);
    run.rounds = read_punctuality(run.recorder->log(), scaled(late));
    run.recording = read_recording(folder() / "module_resource");
    EXPECT_EQ(run.recording.torn_rows, 0U) << run.recording.first_problem;
    return run;
  }

  static void report(const std::string& fault, const Run& run, std::size_t expected,
                     const std::string& note = "") {
    std::ostringstream figures;
    figures.precision(2);
    figures << run.resident_mib << " MiB resident at most, " << std::fixed << run.cpu_seconds
            << " s of CPU in " << run.rounds.rounds << " rounds" << (note.empty() ? "" : "; ")
            << note;
    report_fault(fault, {.rows_expected = expected,
                         .rows_written = run.recording.rows,
                         .torn_rows = run.recording.torn_rows,
                         .late_rounds = run.rounds.late_or_skipped(),
                         .recovery = {},
                         .note = figures.str()});
  }

  void limit_descriptors() {
    set_launcher({"prlimit",
                  "--nofile=" + std::to_string(kDescriptors) + ":" + std::to_string(kDescriptors)});
  }

  /// With all those containers, in a control group with little memory.
  void expect_right_with_little_memory(const std::string& source, std::size_t containers) {
    const MemoryGroup group(kMemoryMib);
    if (!group.available()) {
      GTEST_SKIP() << "needs root and the memory control group of v1";
    }
    set_launcher({"sh", "-c", "echo $$ > " + group.procs().string() + " && exec \"$@\"", "sh"});
    const Run run = record(source, "3", 4 * containers, 1500ms);
    EXPECT_FALSE(group.has_killed());
    EXPECT_EQ(run.recording.rows, containers * run.rounds.rounds);
    EXPECT_EQ(run.recording.files, containers);
    EXPECT_EQ(run.recorder->lines_with("- ERROR - "), 0U);
    report("64 MiB of memory, " + std::to_string(containers) + " tasks (" + source + ")", run,
           containers * run.rounds.rounds,
           std::to_string(group.peak_mib()) + " MiB with commands and page cache");
  }

 private:
  [[nodiscard]] fs::path socket() const { return folder().parent_path() / "engine.sock"; }
  [[nodiscard]] fs::path answers() const { return folder().parent_path() / "answers"; }

  std::unique_ptr<Crowd> crowd_;
  std::unique_ptr<CrowdedEngine> engine_;
};

TEST_F(Scarcity, of_descriptors_costs_docker_cli_no_row) {
  set_up_containers_of_docker(200);
  limit_descriptors();
  const Run run = record("docker-cli", "1", 600, 500ms);
  EXPECT_EQ(run.recording.rows, 200 * run.rounds.rounds);
  EXPECT_LE(run.rounds.late_or_skipped(), kHeldUpByTheMachine);
  EXPECT_EQ(run.recorder->lines_with("- ERROR - "), 0U);
  report("64 descriptors, 200 tasks (docker-cli)", run, 200 * run.rounds.rounds);
}

TEST_F(Scarcity, of_descriptors_costs_native_no_row_of_a_few_tasks) {
  if (!Crowd::is_possible()) {
    GTEST_SKIP() << kNoCrowd;
  }
  set_up_containers_of_native(kTasksWithoutLoss, kTasksWithoutLoss);
  limit_descriptors();
  const Run run = record("native", "0.5", 60, 400ms);
  EXPECT_EQ(run.recording.rows, kTasksWithoutLoss * run.rounds.rounds);
  EXPECT_LE(run.rounds.late_or_skipped(), kHeldUpByTheMachine);
  EXPECT_EQ(run.recorder->lines_with("- ERROR - "), 0U);
  report("64 descriptors, 12 tasks (native)", run, kTasksWithoutLoss * run.rounds.rounds);
}

TEST_F(Scarcity, of_descriptors_costs_native_the_tasks_for_which_there_are_none_and_is_said_once) {
  if (!Crowd::is_possible()) {
    GTEST_SKIP() << kNoCrowd;
  }
  set_up_containers_of_native(200, 60);
  limit_descriptors();
  const Run run = record("native", "0.5", 60, 400ms);
  const std::size_t recorded = run.recording.files;
  EXPECT_GE(recorded, kTasksWithoutLoss);
  EXPECT_LT(recorded, 60U);
  EXPECT_EQ(run.recording.rows, recorded * run.rounds.rounds) << "the same ones in each round";
  EXPECT_LE(run.rounds.late_or_skipped(), kHeldUpByTheMachine);
  EXPECT_EQ(run.recorder->lines_with("- ERROR - "), 1U);
  EXPECT_EQ(run.recorder->lines_with("- ERROR - " + std::to_string(200 - recorded) +
                                     " containers cannot be read and are not recorded"),
            1U);
  EXPECT_EQ(run.recorder->lines_with("had ended before"), 1U) << "the sum at the end alone";
  report("64 descriptors, 200 tasks (native)", run, recorded * run.rounds.rounds,
         std::to_string(recorded) + " tasks recorded");
}

TEST_F(Scarcity, five_thousand_tasks_are_recorded_by_docker_cli) {
  set_up_containers_of_docker(kManyTasks);
  const Run run = record("docker-cli", "5", 2 * kManyTasks, 1500ms);
  EXPECT_EQ(run.recording.rows, kManyTasks * run.rounds.rounds);
  EXPECT_EQ(run.recording.files, kManyTasks);
  EXPECT_EQ(run.recorder->lines_with("- ERROR - "), 0U);
  EXPECT_LE(run.resident_mib, 64U);
  report("5,000 tasks (docker-cli)", run, kManyTasks * run.rounds.rounds);
}

TEST_F(Scarcity, five_thousand_tasks_with_64_descriptors_are_one_condition) {
  if (!Crowd::is_possible()) {
    GTEST_SKIP() << kNoCrowd;
  }
  set_up_containers_of_native(kManyTasks, 60);
  limit_descriptors();
  const Run run = record("native", "2", 60, 1000ms);
  EXPECT_EQ(run.recorder->lines_with("- ERROR - "), 1U);
  EXPECT_EQ(run.recording.rows, run.rounds.rows);
  report("64 descriptors, 5,000 tasks (native)", run, run.rounds.rows,
         std::to_string(run.recording.files) + " tasks recorded");
}

TEST_F(Scarcity, of_memory_costs_docker_cli_nothing) {
  set_up_containers_of_docker(1000);
  expect_right_with_little_memory("docker-cli", 1000);
}

TEST_F(Scarcity, of_memory_costs_native_nothing) {
  if (!Crowd::is_possible()) {
    GTEST_SKIP() << kNoCrowd;
  }
  set_up_containers_of_native(200, 200);
  expect_right_with_little_memory("native", 200);
}

}  // namespace
}  // namespace wemol::faults
