#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <thread>

#include "fault_report.h"
#include "freezer.h"
#include "recorder_fixture.h"
#include "recording.h"

namespace wemol::faults {
namespace {

using namespace std::chrono_literals;
using e2e::eventually;
using e2e::Row;
using e2e::scaled;
using Clock = std::chrono::steady_clock;

constexpr auto kInterval = 5s;
constexpr auto kTimeout = 10s;
constexpr auto kFaultLasts = 30s;  // long enough for two calls to reach their deadline
constexpr auto kLate = 1500ms;
constexpr std::size_t kFaultsOfACommand = 8;
constexpr const char* kGpuTask = "132171";
constexpr const char* kOtherTask = "132172";
constexpr pid_t kPidThatOnlyDockerTopKnows = 4999999;  // greater than any that Linux gives

/// How one of the commands fails. `script` is the body of a shell script.
struct Fault {
  std::string command;  ///< "docker ps"
  std::string what;
  std::string script;
  bool is_unkillable = false;
};

/// One recorder, one of whose commands is at fault for a while.
class FaultyStage : public e2e::Stage {
 public:
  FaultyStage(Fault fault, e2e::Environment environment, std::string gpu_container)
      : Stage(std::move(environment)),
        fault_(std::move(fault)),
        gpu_container_(std::move(gpu_container)) {
    heal();
    recorder_ =
        &start_recorder({"--interval", std::to_string(kInterval.count()), "--command-timeout",
                         std::to_string(kTimeout.count()), "--log-level", "DEBUG"});
  }

  [[nodiscard]] const Fault& fault() const { return fault_; }
  [[nodiscard]] std::string name() const { return fault_.command + ": " + fault_.what; }
  [[nodiscard]] e2e::RecorderProcess& recorder() const { return *recorder_; }

  void break_command() {
    rows_before_ = rows(kGpuTask).size();
    if (is_missing_docker()) {
      tools().remove("docker");
    } else if (fault_.command != "nvidia-smi") {
      put_docker(subcommand());
    } else if (fault_.script.empty()) {
      tools().remove("nvidia-smi");
    } else {
      tools().put_script("nvidia-smi", noted_fault());
    }
  }

  void heal() {
    put_docker("");
    tools().put_script(
        "nvidia-smi",
        e2e::nvidia_smi_script({e2e::gpu(0, "GPU-a")}, {{kPidThatOnlyDockerTopKnows, "GPU-a"}}));
    if (freezer_) {
      freezer_->thaw();
    }
    healed_at_ = Clock::now();
  }

  /// Counts the calls at fault that live now.
  void count_stuck() { stuck_at_most_ = std::max(stuck_at_most_, alive_calls()); }
  [[nodiscard]] std::size_t stuck_at_most() const { return stuck_at_most_; }
  [[nodiscard]] std::size_t alive_calls() const {
    return static_cast<std::size_t>(std::ranges::count_if(e2e::pids_in(calls()), e2e::is_alive));
  }

  /// True when a round has come after the fault that is as good as those before it.
  [[nodiscard]] bool has_recovered() {
    if (!recovery_) {
      const std::vector<Row> found = rows(kGpuTask);
      if (found.size() > std::max<std::size_t>(rows_before_, rows_at_heal_) &&
          found.back().at("gpu_count") == "1") {
        recovery_ = std::chrono::ceil<std::chrono::milliseconds>(Clock::now() - healed_at_);
      }
    }
    return recovery_.has_value();
  }
  void note_end_of_fault() { rows_at_heal_ = rows(kGpuTask).size(); }
  [[nodiscard]] std::optional<std::chrono::milliseconds> recovery() const { return recovery_; }
  /// The GPU task's rows of the time of the fault, without those of a round that began before it.
  [[nodiscard]] std::vector<Row> rows_of_the_fault() const {
    std::vector<Row> all = rows(kGpuTask);
    const auto at = [&](std::size_t index) {
      return all.begin() + static_cast<std::ptrdiff_t>(std::min(index, all.size()));
    };
    return rows_at_heal_ <= rows_before_ + 1
               ? std::vector<Row>()
               : std::vector<Row>(at(rows_before_ + 1), at(rows_at_heal_));
  }

 private:
  [[nodiscard]] std::filesystem::path calls() const { return folder().parent_path() / "calls"; }
  [[nodiscard]] std::string subcommand() const {
    return fault_.command.substr(fault_.command.find(' ') + 1);
  }
  [[nodiscard]] bool is_missing_docker() const {
    return fault_.command == "docker ps" && fault_.script.empty();
  }

  [[nodiscard]] std::string noted_fault() {
    std::string script = "echo $$ >> " + calls().string() + "\n";
    if (fault_.is_unkillable) {
      freezer_ = std::make_unique<test::Freezer>();
      script += "echo $$ > " + freezer_->procs() + "\necho FROZEN > " + freezer_->state() + "\n";
    }
    return script + fault_.script;
  }

  /// docker top knows of a process that nobody else can assign.
  void put_docker(const std::string& faulty_subcommand) {
    const std::string fault =
        faulty_subcommand.empty()
            ? ""
            : "if [ \"$1\" = " + faulty_subcommand + " ]; then\n" + noted_fault() + "exit\nfi\n";
    tools().put_script("docker", fault + "case \"$1 $2\" in\n  'top " + gpu_container_ +
                                     "') echo PID; echo " +
                                     std::to_string(kPidThatOnlyDockerTopKnows) +
                                     " ;;\n  'top '*) echo PID; echo 2 ;;\n"
                                     "  *) exec \"$docker\" \"$@\" ;;\nesac\n");
  }

  Fault fault_;
  std::string gpu_container_;
  std::unique_ptr<test::Freezer> freezer_;
  e2e::RecorderProcess* recorder_ = nullptr;
  std::size_t rows_before_ = 0;
  std::size_t rows_at_heal_ = 0;
  std::size_t stuck_at_most_ = 0;
  Clock::time_point healed_at_;
  std::optional<std::chrono::milliseconds> recovery_;
};

/// What the command would print, cut in the middle of its last line.
std::string half_a_line(const std::string& command) {
  if (command == "nvidia-smi") {
    return "printf '4999999, GPU-a, 5'\n";
  }
  if (command == "docker top") {
    return "printf 'PID\\n4999'\n";
  }
  if (command == "docker events") {
    return "printf '{\"Type\":\"contai'\n";
  }
  return "\"$docker\" \"$@\" | tr -d '\\n' | head -c 90\n";
}

/// A command that is not there: no script. Of docker's own commands each has its words.
std::string missing(const std::string& command) {
  if (command != "nvidia-smi" && command != "docker ps") {
    return "echo \"docker: '$1' is not a docker command.\" >&2; echo \"See 'docker --help'\" >&2\n"
           "exit 1\n";
  }
  return "";
}

std::vector<Fault> all_faults() {
  std::vector<Fault> faults;
  const bool can_freeze = test::Freezer().available();
  for (const std::string command :
       {"nvidia-smi", "docker ps", "docker stats", "docker events", "docker top"}) {
    const auto add = [&](const std::string& what, const std::string& script) {
      faults.push_back({.command = command, .what = what, .script = script});
    };
    add("hangs, ignores SIGTERM", "trap '' TERM\nsleep 100000\nwhile :; do sleep 100000; done\n");
    add("stops for ever", "kill -STOP $$\n");
    add("half a line", half_a_line(command));
    add("prints 100 MB", "exec head -c 100000000 /dev/zero\n");
    add("dies by a signal", "kill -SEGV $$\n");
    add("garbage, exit 0", "echo 'busy?!'; printf '\\001\\377,\\t,7\\n'; echo; exit 0\n");
    add("is missing", missing(command));
    if (can_freeze) {
      faults.push_back({.command = command,
                        .what = "cannot be killed",
                        .script = "exit\n",
                        .is_unkillable = true});
    }
  }
  return faults;
}

/// Each of the commands at fault in every way, beside the others in good order. Half of all at
/// once, with one recorder for each fault: as many as two processors can start commands for.
class FaultyCommands : public e2e::RecorderTest {
 protected:
  void TearDown() override {
    stages_.clear();
    RecorderTest::TearDown();
  }

  void SetUp() override {
    RecorderTest::SetUp();
    if (!IsSkipped() && !HasFailure()) {
      gpu_container_ = engine().run("wemol_rc_task_gpu_132171_1_1");
      engine().run("wemol_rc_task_132172_1_1");
    }
  }

  void start(const std::vector<Fault>& faults) {
    stages_.clear();
    for (const Fault& fault : faults) {
      stages_.push_back(
          std::make_unique<FaultyStage>(fault, engine().client_environment(), gpu_container_));
      // Not all rounds at the same moment.
      std::this_thread::sleep_for(std::chrono::milliseconds(kInterval) / faults.size());
    }
  }

  [[nodiscard]] bool each(const std::function<bool(FaultyStage&)>& holds,
                          std::chrono::milliseconds limit) {
    return eventually(
        [&] {
          std::size_t holding = 0;
          for (const auto& stage : stages_) {
            holding += holds(*stage) ? 1U : 0U;
          }
          return holding == stages_.size();
        },
        limit);
  }

  void let_them_fail() {
    for (const auto& stage : stages_) {
      stage->break_command();
    }
    const auto until = Clock::now() + kFaultLasts;
    while (Clock::now() < until) {
      std::ranges::for_each(stages_, [](const auto& stage) { stage->count_stuck(); });
      std::this_thread::sleep_for(200ms);
    }
    for (const auto& stage : stages_) {
      stage->note_end_of_fault();
      stage->heal();
    }
  }

  void stop_all();
  void run(const std::vector<Fault>& faults);

  std::string gpu_container_;
  std::vector<std::unique_ptr<FaultyStage>> stages_;
};

/// Where nvidia-smi is missing the host itself tells that it has no GPU.
bool is_known_to_have_no_gpu(const FaultyStage& stage) {
  return stage.recorder().lines_with("no GPU on the PCI bus") > 0;
}

/// The rows while the command was at fault.
void expect_right_rows(const FaultyStage& stage) {
  const std::string& command = stage.fault().command;
  const std::vector<Row> found = stage.rows_of_the_fault();
  if (command == "docker ps" || command == "docker stats") {
    EXPECT_TRUE(found.empty()) << "who could have read them?";
    return;
  }
  EXPECT_GE(found.size(), 3U);
  const bool has_gpus = command == "docker events";
  const std::string without = is_known_to_have_no_gpu(stage) ? "0" : "N/A";
  for (const Row& row : found) {
    EXPECT_EQ(row.at("gpu_count"), has_gpus ? "1" : without) << row.at("timestamp");
    EXPECT_EQ(row.at("gpu_names") == "N/A", !has_gpus) << row.at("timestamp");
    EXPECT_TRUE(row.at("cpu_percent").ends_with("%")) << row.at("timestamp");
    EXPECT_EQ(row.at("pids"), "1") << row.at("timestamp");
  }
}

void expect_right(FaultyStage& stage) {
  SCOPED_TRACE(stage.name());
  const std::string log = stage.recorder().log();
  const Punctuality rounds = read_punctuality(log, scaled(kLate));
  const Recording found = read_recording(stage.folder() / "module_resource");
  const std::size_t expected = rounds.rows;
  EXPECT_TRUE(stage.recovery().has_value()) << "never right again";
  EXPECT_EQ(found.rows, expected);
  EXPECT_EQ(found.torn_rows, 0U) << found.first_problem;
  EXPECT_EQ(found.files, 2U);
  EXPECT_LE(rounds.late_or_skipped(), kHeldUpByTheMachine);
  EXPECT_EQ(stage.alive_calls(), 0U) << "left at the exit";
  EXPECT_LE(stage.stuck_at_most(), 1U);
  const std::string level = stage.fault().command.starts_with("docker ps") ||
                                    stage.fault().command.starts_with("docker stats")
                                ? "- ERROR - "
                                : "- WARNING - ";
  if (!is_known_to_have_no_gpu(stage)) {
    EXPECT_GE(stage.recorder().lines_with(level + stage.fault().command), 1U);
  }
  EXPECT_LE(stage.recorder().lines_with(level + stage.fault().command), 4U) << "not in every round";
  expect_right_rows(stage);
  report_fault(stage.name(),
               {.rows_expected = expected,
                .rows_written = found.rows,
                .torn_rows = found.torn_rows,
                .late_rounds = rounds.late_or_skipped(),
                .recovery = stage.recovery(),
                .note = std::to_string(stage.stuck_at_most()) + " at fault at once at most"});
}

int failures_so_far() {
  return testing::UnitTest::GetInstance()->current_test_info()->result()->total_part_count();
}

void FaultyCommands::stop_all() {
  for (const auto& stage : stages_) {
    stage->recorder().send(SIGTERM);
  }
  for (const auto& stage : stages_) {
    EXPECT_EQ(stage->recorder().wait(10s), 0) << stage->name();
  }
}

void FaultyCommands::run(const std::vector<Fault>& faults) {
  start(faults);
  ASSERT_TRUE(each(
      [](FaultyStage& stage) {
        const std::vector<Row> found = stage.rows(kGpuTask);
        return !found.empty() && found.back().at("gpu_count") == "1" &&
               !stage.rows(kOtherTask).empty();
      },
      40s))
      << "not even before the fault";
  let_them_fail();
  (void)each([](FaultyStage& stage) { return stage.has_recovered(); }, 60s);
  stop_all();
  for (const auto& stage : stages_) {
    const int before = failures_so_far();
    expect_right(*stage);
    if (failures_so_far() > before) {
      std::cout << "=== " << stage->name() << ":\n" << stage->logs();
    }
  }
}

TEST_F(FaultyCommands, cost_what_they_would_have_read_and_nothing_else) {
  std::array<std::vector<Fault>, 2> halves;  // each has some faults of each command
  const std::vector<Fault> faults = all_faults();
  for (std::size_t i = 0; i < faults.size(); ++i) {
    halves[(i + i / kFaultsOfACommand) % 2].push_back(faults[i]);
  }
  run(halves[0]);
  if (is_full_run()) {
    run(halves[1]);
  }
}

}  // namespace
}  // namespace wemol::faults
