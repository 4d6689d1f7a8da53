#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "fault_report.h"
#include "process_figures.h"
#include "recorder_fixture.h"
#include "recording.h"

namespace wemol::faults {
namespace {

using namespace std::chrono_literals;
using e2e::eventually;
using e2e::RecorderProcess;

constexpr std::size_t kSteadyTasks = 5;
// A CSV stays open for 100 rounds after its task's last row.
constexpr std::size_t kRoundsUntilForgotten = 110;
constexpr std::size_t kMostGrowthKib = 1024;

/// Recorders that run for long while tasks come and go.
class Soak : public e2e::RecorderTest {
 protected:
  void SetUp() override {
    RecorderTest::SetUp();
    if (IsSkipped() || HasFailure()) {
      return;
    }
    for (std::size_t i = 0; i < kSteadyTasks; ++i) {
      engine().run("wemol_rc_task_" + steady_task(i) + "_1_1");
    }
  }

  static std::string steady_task(std::size_t number) { return "13217" + std::to_string(number); }

  static std::size_t rounds_in(const RecorderProcess& recorder) {
    return recorder.lines_with("- DEBUG - round ");
  }

  /// Tasks start and end, about one in a second or two, until that round. Each second one has a
  /// module.
  void churn_until(std::size_t round, const RecorderProcess& recorder) {
    while (rounds_in(recorder) < round) {
      const std::string task = std::to_string(140000 + started_);
      if (++started_ % 2 == 0) {
        write_task_json(task, "Module " + std::to_string(started_ % 20));
      }
      engine().docker({"run", "--detach", "--rm", "--network", "none", "--name",
                       "wemol_rc_task_" + task + "_1_1", e2e::DockerEngine::image(), "sleep",
                       std::to_string(1 + started_ % 4)});
      std::this_thread::sleep_for(1s);
    }
  }

  /// Waits until nothing is left of the churn, neither with docker nor with the recorder.
  static void let_settle(const RecorderProcess& recorder) {
    EXPECT_TRUE(eventually([] {
      const std::string ids = engine().docker({"ps", "--all", "--quiet"}).output;
      return static_cast<std::size_t>(std::ranges::count(ids, '\n')) == kSteadyTasks;
    }));
    const std::size_t settled = rounds_in(recorder) + kRoundsUntilForgotten;
    EXPECT_TRUE(eventually([&] { return rounds_in(recorder) >= settled; }, 180s));
  }

  /// The least of some seconds: docker commands come and go, with their pipes.
  static ProcessFigures figures_at_rest(const RecorderProcess& recorder) {
    ProcessFigures least = figures_of(recorder.pid());
    for (int i = 0; i < 50; ++i) {
      std::this_thread::sleep_for(100ms);
      const ProcessFigures now = figures_of(recorder.pid());
      least.resident_kib = std::min(least.resident_kib, now.resident_kib);
      least.descriptors = std::min(least.descriptors, now.descriptors);
      least.csv_descriptors = std::min(least.csv_descriptors, now.csv_descriptors);
      least.children = std::min(least.children, now.children);
    }
    return least;
  }

  [[nodiscard]] std::size_t steady_rows() const {
    std::size_t count = 0;
    for (std::size_t i = 0; i < kSteadyTasks; ++i) {
      count += rows(steady_task(i)).size();
    }
    return count;
  }
  [[nodiscard]] std::size_t started() const { return started_; }

 private:
  std::size_t started_ = 0;
};

/// What one recorder held at some moments of the soak.
struct Course {
  RecorderProcess* recorder = nullptr;
  std::vector<std::size_t> rounds = {};
  std::vector<ProcessFigures> figures = {};

  [[nodiscard]] std::string text() const {
    std::string text;
    for (std::size_t i = 0; i < figures.size(); ++i) {
      text += (i == 0 ? "" : "; ") + std::string("round ") + std::to_string(rounds[i]) + ": " +
              std::to_string(figures[i].descriptors) + " descriptors, " +
              std::to_string(figures[i].resident_kib) + " KiB, " +
              std::to_string(figures[i].children) + " children";
    }
    return text;
  }
};

TEST_F(Soak, descriptors_memory_and_children_stay_flat) {
  const std::size_t rounds = is_full_run() ? 10'000 : 350;
  Course native{
      &start_recorder({"--interval", "0.1", "--source", "native", "--log-level", "DEBUG"})};
  Course commands{&start_recorder(
      {"--interval", "3", "--log-level", "DEBUG", "--output-dir", "by-commands", "--log-file="})};
  const auto measure = [&] {
    let_settle(*native.recorder);
    for (Course* each : {&native, &commands}) {
      each->rounds.push_back(rounds_in(*each->recorder));
      each->figures.push_back(figures_at_rest(*each->recorder));
    }
  };
  for (const std::size_t until : {std::size_t{20}, rounds / 2, rounds - kRoundsUntilForgotten}) {
    churn_until(until, *native.recorder);
    measure();
  }
  EXPECT_TRUE(eventually([&] { return rounds_in(*native.recorder) >= rounds; }, 300s));
  EXPECT_EQ(native.recorder->stop(), 0);
  EXPECT_EQ(commands.recorder->stop(), 0);

  const auto& at_first = native.figures.front();
  for (const ProcessFigures& later : native.figures) {
    // Fewer is fine: not all that was open in the first rounds is needed later.
    EXPECT_LE(later.descriptors, at_first.descriptors);
    EXPECT_LE(later.resident_kib, at_first.resident_kib + kMostGrowthKib);
    EXPECT_EQ(later.children, 0U);
  }
  const auto& commands_first = commands.figures.front();
  for (const ProcessFigures& later : commands.figures) {
    EXPECT_EQ(later.descriptors - later.csv_descriptors,
              commands_first.descriptors - commands_first.csv_descriptors);
    EXPECT_LE(later.resident_kib, commands_first.resident_kib + kMostGrowthKib);
    EXPECT_EQ(later.children, 0U);
  }
  const Punctuality punctuality = read_punctuality(native.recorder->log(), e2e::scaled(250ms));
  const Recording found = read_recording(folder() / "module_resource");
  EXPECT_EQ(found.torn_rows, 0U) << found.first_problem;
  EXPECT_EQ(steady_rows(), punctuality.rounds * kSteadyTasks);
  EXPECT_GE(punctuality.rounds, rounds);
  report_fault("soak, native at 0.1 s, " + std::to_string(started()) + " tasks come and go",
               {.rows_expected = punctuality.rounds * kSteadyTasks,
                .rows_written = steady_rows(),
                .torn_rows = found.torn_rows,
                .late_rounds = punctuality.late_or_skipped(),
                .note = native.text()});
  const Recording by_commands = read_recording(folder() / "by-commands");
  EXPECT_EQ(by_commands.torn_rows, 0U) << by_commands.first_problem;
  report_fault(
      "soak, docker commands at 3 s beside it",
      {.rows_written = by_commands.rows,
       .torn_rows = by_commands.torn_rows,
       .late_rounds = read_punctuality(commands.recorder->log(), e2e::scaled(1s)).late_or_skipped(),
       .note = commands.text()});
}

}  // namespace
}  // namespace wemol::faults
