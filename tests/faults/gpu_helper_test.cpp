#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <functional>
#include <future>
#include <memory>
#include <set>
#include <sstream>
#include <thread>

#include "fault_report.h"
#include "files.h"
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

constexpr auto kLate = 700ms;
constexpr const char* kTask = "132171";

class HelpedStage;

struct Fault {
  std::string what;
  std::function<void(HelpedStage&)> begin;
  std::function<void(HelpedStage&)> end = [](HelpedStage&) {};
  std::chrono::milliseconds lasts = 8s;
};

/// One recorder whose helper loads a stand-in for NVML that does what the test says.
class HelpedStage : public e2e::Stage {
 public:
  HelpedStage(Fault fault, e2e::Environment environment, pid_t gpu_process)
      : fault_(std::move(fault)), gpu_process_(gpu_process) {
    const auto library = folder().parent_path() / "lib" / "libnvidia-ml.so.1";
    std::filesystem::create_directories(library.parent_path());
    std::filesystem::create_symlink(WEMOL_FAKE_NVML, library);
    set_scenario("");
    environment["LD_LIBRARY_PATH"] = library.parent_path().string();
    environment["FAKE_NVML_SCENARIO"] = scenario().string();
    recorder_ = &start_recorder(
        {"--source", "native", "--interval", "2", "--command-timeout", "3", "--log-level", "DEBUG"},
        environment);
  }

  [[nodiscard]] const Fault& fault() const { return fault_; }
  [[nodiscard]] e2e::RecorderProcess& recorder() const { return *recorder_; }
  void begin() {
    began_at_ = Clock::now();
    fault_.begin(*this);
  }
  /// Ends the fault when its time has come.
  void end_when_due() {
    if (!healed_at_ && Clock::now() >= began_at_ + fault_.lasts) {
      rows_at_heal_ = rows(kTask).size();
      fault_.end(*this);
      healed_at_ = Clock::now();
    }
  }
  [[nodiscard]] bool has_recovered() {
    if (healed_at_ && !recovery_) {
      const std::vector<Row> found = rows(kTask);
      if (found.size() > rows_at_heal_ && found.back().at("gpu_count") == "1") {
        recovery_ = std::chrono::ceil<std::chrono::milliseconds>(Clock::now() - *healed_at_);
      }
    }
    return recovery_.has_value();
  }
  [[nodiscard]] std::optional<std::chrono::milliseconds> recovery() const { return recovery_; }

  /// The scenario of a GPU on which the task runs, with what is wrong with it.
  void set_scenario(const std::string& trouble) const {
    const auto draft = scenario().string() + ".draft";
    e2e::write_text(draft,
                    "count 1\n0.uuid GPU-a\n0.name NVIDIA T4\n0.memory 1000 100 300\n"
                    "0.utilization 90 40\n0.processes " +
                        std::to_string(gpu_process_) + ":100\n" + trouble);
    std::filesystem::rename(draft, scenario());
  }
  [[nodiscard]] std::string marker() const { return (folder().parent_path() / "marker").string(); }

  /// The helpers that live now.
  [[nodiscard]] std::vector<pid_t> helpers() const {
    const std::string pid = std::to_string(recorder_->pid());
    std::istringstream children(e2e::read_text("/proc/" + pid + "/task/" + pid + "/children"));
    std::vector<pid_t> found;
    for (pid_t child = 0; children >> child;) {
      if (e2e::is_alive(child)) {
        found.push_back(child);
      }
    }
    return found;
  }
  void note_helpers() {
    const std::vector<pid_t> now = helpers();
    most_helpers_ = std::max(most_helpers_, now.size());
    all_helpers_.insert(now.begin(), now.end());
  }
  [[nodiscard]] std::size_t most_helpers() const { return most_helpers_; }
  [[nodiscard]] const std::set<pid_t>& all_helpers() const { return all_helpers_; }
  void signal_helper(int signal) const {
    for (const pid_t helper : helpers()) {
      kill(helper, signal);
    }
  }
  void freeze_helper() {
    freezer_ = std::make_unique<test::Freezer>();
    for (const pid_t helper : helpers()) {
      e2e::write_text(freezer_->procs(), std::to_string(helper));
    }
    freezer_->freeze();
  }
  void thaw_helper() const { freezer_->thaw(); }

  /// Puts bytes where the helper writes its answers, until nobody takes them.
  void write_answer(const std::string& bytes) {
    const std::vector<pid_t> now = helpers();
    ASSERT_EQ(now.size(), 1U);
    // The helper keeps its answers away from what a library prints to standard output.
    const std::string path = "/proc/" + std::to_string(now.front()) + "/fd/3";
    writing_ = std::async(std::launch::async, [path, bytes] {
      sigset_t broken_pipe;
      sigemptyset(&broken_pipe);
      sigaddset(&broken_pipe, SIGPIPE);
      pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
      const UniqueFd pipe(open(path.c_str(), O_WRONLY | O_CLOEXEC));
      std::string_view left = bytes;
      while (!left.empty()) {
        const ssize_t count = write(pipe.get(), left.data(), left.size());
        if (count <= 0) {
          return;
        }
        left.remove_prefix(static_cast<std::size_t>(count));
      }
    });
  }

 private:
  [[nodiscard]] std::filesystem::path scenario() const {
    return folder().parent_path() / "scenario";
  }

  Fault fault_;
  pid_t gpu_process_;
  e2e::RecorderProcess* recorder_ = nullptr;
  std::unique_ptr<test::Freezer> freezer_;
  std::future<void> writing_;
  Clock::time_point began_at_;
  std::optional<Clock::time_point> healed_at_;
  std::size_t rows_at_heal_ = 0;
  std::optional<std::chrono::milliseconds> recovery_;
  std::size_t most_helpers_ = 0;
  std::set<pid_t> all_helpers_;
};

std::vector<Fault> all_faults() {
  const auto answer = [](const std::string& bytes) {
    return [bytes](HelpedStage& stage) { stage.write_answer(bytes); };
  };
  const auto heal = [](HelpedStage& stage) { stage.set_scenario(""); };
  const auto trouble = [](const std::string& line) {
    return [line](HelpedStage& stage) { stage.set_scenario(line); };
  };
  std::vector<Fault> faults{
      {.what = "a call hangs for ever",
       .begin = trouble("0.nvmlDeviceGetUtilizationRates hang\n"),
       .end = heal,
       .lasts = 3s},  // then one helper hangs
      {.what = "a call hangs for a while",
       .begin =
           [](HelpedStage& stage) {
             stage.set_scenario("0.nvmlDeviceGetUtilizationRates wait " + stage.marker() + "\n");
           },
       .end = [](HelpedStage& stage) { e2e::write_text(stage.marker(), ""); }},
      {.what = "stops for ever", .begin = [](HelpedStage& stage) { stage.signal_helper(SIGSTOP); }},
      {.what = "is killed", .begin = [](HelpedStage& stage) { stage.signal_helper(SIGKILL); }},
      {.what = "crashes in each call",
       .begin = trouble("0.nvmlDeviceGetUtilizationRates crash\n"),
       .end = heal},
      {.what = "answers garbage", .begin = answer("busy?!\n{\"x\":1}\n\x01\xff\n")},
      {.what = "answers half a line", .begin = answer(R"({"devices":[{"ind)")},
      {.what = "answers 100 MB", .begin = answer(std::string(100'000'000, 'x'))},
      {.what = "answers 100 MB of lines",
       .begin =
           [answer](HelpedStage& stage) {
             std::string lines;
             while (lines.size() < 100'000'000) {
               lines += "{\"devices\":[]}\n";
             }
             answer(lines)(stage);
           }},
  };
  if (test::Freezer().available()) {
    faults.push_back({.what = "cannot be killed",
                      .begin = [](HelpedStage& stage) { stage.freeze_helper(); },
                      .end = [](HelpedStage& stage) { stage.thaw_helper(); }});
  }
  return faults;
}

/// The process that asks NVML, at fault in every way. All at once, with one recorder for each
/// fault.
class GpuHelper : public e2e::RecorderTest {
 protected:
  void TearDown() override {
    for (const auto& stage : stages_) {
      if (HasFailure()) {
        std::cout << "=== " << stage->fault().what << ":\n" << stage->logs();
      }
    }
    stages_.clear();
    RecorderTest::TearDown();
  }

  [[nodiscard]] bool each(const std::function<bool(HelpedStage&)>& holds) {
    return eventually([&] {
      std::size_t holding = 0;
      for (const auto& stage : stages_) {
        stage->note_helpers();
        holding += holds(*stage) ? 1U : 0U;
      }
      return holding == stages_.size();
    });
  }

  std::vector<std::unique_ptr<HelpedStage>> stages_;
};

void expect_right(const HelpedStage& stage) {
  SCOPED_TRACE(stage.fault().what);
  const Punctuality rounds = read_punctuality(stage.recorder().log(), scaled(kLate));
  const Recording found = read_recording(stage.folder() / "module_resource");
  EXPECT_TRUE(stage.recovery().has_value()) << "never right again";
  EXPECT_EQ(found.rows, rounds.rounds);
  EXPECT_EQ(found.torn_rows, 0U) << found.first_problem;
  EXPECT_LE(rounds.late_or_skipped(), kHeldUpByTheMachine);
  EXPECT_EQ(stage.most_helpers(), 1U);
  EXPECT_TRUE(std::ranges::none_of(stage.all_helpers(), e2e::is_alive)) << "left at the exit";
  std::size_t without_gpu = 0;
  for (const Row& row : stage.rows(kTask)) {
    EXPECT_TRUE(row.at("cpu_percent").ends_with("%"));
    EXPECT_EQ(row.at("pids"), "1");
    EXPECT_TRUE(row.at("gpu_count") == "1" || row.at("gpu_count") == "N/A") << "no guessed zero";
    without_gpu += row.at("gpu_count") == "N/A" ? 1U : 0U;
  }
  EXPECT_LE(stage.recorder().lines_with("- WARNING - "), 2U);
  report_fault("GPU helper: " + stage.fault().what,
               {.rows_expected = rounds.rounds,
                .rows_written = found.rows,
                .torn_rows = found.torn_rows,
                .late_rounds = rounds.late_or_skipped(),
                .recovery = stage.recovery(),
                .note = std::to_string(without_gpu) + " rows without GPU values"});
}

TEST_F(GpuHelper, at_fault_costs_gpu_values_and_nothing_else) {
  engine().run("wemol_rc_task_gpu_132171_1_1");
  const pid_t gpu_process = host_pid("wemol_rc_task_gpu_132171_1_1");
  for (const Fault& fault : all_faults()) {
    stages_.push_back(
        std::make_unique<HelpedStage>(fault, engine().client_environment(), gpu_process));
    std::this_thread::sleep_for(150ms);
  }
  ASSERT_TRUE(each([](HelpedStage& stage) {
    const std::vector<Row> found = stage.rows(kTask);
    return !found.empty() && found.back().at("gpu_count") == "1";
  }));
  std::ranges::for_each(stages_, [](const auto& stage) { stage->begin(); });
  (void)each([](HelpedStage& stage) {
    stage.end_when_due();
    return stage.has_recovered();
  });
  for (const auto& stage : stages_) {
    stage->recorder().send(SIGTERM);
  }
  for (const auto& stage : stages_) {
    EXPECT_EQ(stage->recorder().wait(), 0) << stage->fault().what;
    expect_right(*stage);
  }
}

}  // namespace
}  // namespace wemol::faults
