#include <sys/wait.h>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <iomanip>
#include <memory>
#include <sstream>
#include <thread>

#include "fault_report.h"
#include "recorder_fixture.h"
#include "recording.h"

namespace wemol::faults {
namespace {

using namespace std::chrono_literals;
using e2e::eventually;
using e2e::Row;
using e2e::scaled;
using std::chrono::system_clock;

constexpr const char* kTask = "132171";

struct Timing {
  const char* source;
  const char* interval;
  std::chrono::milliseconds late;
  std::chrono::milliseconds round_takes;  ///< from its begin to the reading, at most
};
constexpr Timing kNative{"native", "0.5", 400ms, 1000ms};
constexpr Timing kDockerCli{"docker-cli", "4", 1500ms, 5000ms};

system_clock::time_point time_of(const Row& row) {
  std::tm parts{};
  std::istringstream(row.at("timestamp")) >> std::get_time(&parts, "%Y-%m-%d %H:%M:%S");
  parts.tm_isdst = -1;
  return system_clock::from_time_t(std::mktime(&parts));
}

/// Time that passes in leaps, for recorders of both sources.
class WallClock : public e2e::RecorderTest {
 protected:
  struct Stage : e2e::Stage {
    Stage(const Timing& when, e2e::Environment environment)
        : e2e::Stage(std::move(environment)), timing(when) {}
    void start(const e2e::Environment& environment = {}) {
      recorder = &start_recorder(
          {"--source", timing.source, "--interval", timing.interval, "--log-level", "DEBUG"},
          environment);
    }
    const Timing& timing;
    e2e::RecorderProcess* recorder = nullptr;
  };

  void SetUp() override {
    RecorderTest::SetUp();
    if (!IsSkipped() && !HasFailure()) {
      engine().run("wemol_rc_task_132171_1_1");
      for (const Timing* timing : {&kNative, &kDockerCli}) {
        stages_.push_back(std::make_unique<Stage>(*timing, engine().client_environment()));
      }
    }
  }
  void TearDown() override {
    for (const auto& stage : stages_) {
      if (HasFailure()) {
        std::cout << "=== " << stage->timing.source << ":\n" << stage->logs();
      }
    }
    stages_.clear();
    RecorderTest::TearDown();
  }

  void report(const std::string& fault, const Stage& stage, std::size_t late,
              const std::string& note) const {
    const Recording found = read_recording(stage.folder() / "module_resource");
    // Beside other engines docker stats may answer a round later.
    const std::size_t expected = read_punctuality(stage.recorder->log(), 0ms).rounds -
                                 stage.recorder->lines_with("has no valid reading in this round");
    // One that is woken shortly before its next round may not wait for docker; it says so.
    const std::size_t given_up =
        stage.recorder->lines_with("has not answered by the time of the next round");
    EXPECT_LE(found.rows, expected);
    EXPECT_GE(found.rows + given_up, expected);
    EXPECT_EQ(found.torn_rows, 0U) << found.first_problem;
    report_fault(fault + " (" + stage.timing.source + ")", {.rows_expected = expected,
                                                            .rows_written = found.rows,
                                                            .torn_rows = found.torn_rows,
                                                            .late_rounds = late,
                                                            .recovery = {},
                                                            .note = note});
  }

  std::vector<std::unique_ptr<Stage>> stages_;
};

TEST_F(WallClock, steps_of_hours_change_the_timestamps_and_no_distance) {
  for (const auto& stage : stages_) {
    const auto file = stage->folder().parent_path() / "clock";
    const auto set_clock = [&](int hours) {
      e2e::write_text(file.string() + ".draft", std::to_string(hours * 3600));
      std::filesystem::rename(file.string() + ".draft", file);
    };
    set_clock(0);
    stage->start({{"LD_PRELOAD", WEMOL_STEPPED_CLOCK}, {"STEPPED_CLOCK", file.string()}});
    ASSERT_TRUE(stage->wait_for_rows(2, kTask));
    for (const int hours : {5, -7, 2, 0}) {
      const std::size_t before = stage->rows(kTask).size();
      set_clock(hours);
      ASSERT_TRUE(stage->wait_for_rows(before + 2, kTask));
      const auto expected = system_clock::now() + std::chrono::hours(hours);
      const auto apart = std::chrono::abs(expected - time_of(stage->rows(kTask)[before + 1]));
      EXPECT_LE(apart, scaled(stage->timing.round_takes + 2000ms)) << hours << " h";
    }
    EXPECT_EQ(stage->recorder->stop(), 0);
    const Punctuality rounds = read_punctuality(stage->recorder->log(), scaled(stage->timing.late));
    EXPECT_LE(rounds.late_or_skipped(), kHeldUpByTheMachine);
    report("wall clock steps by +5, -12, +9, -2 h", *stage, rounds.late_or_skipped(), "");
  }
}

TEST_F(WallClock, a_suspended_recorder_counts_what_it_has_missed_and_goes_on_without_a_burst) {
  const auto asleep = is_full_run() ? 30s : 6s;
  for (const auto& stage : stages_) {
    stage->start();
  }
  for (const auto& stage : stages_) {
    ASSERT_TRUE(stage->wait_for_rows(3, kTask));
  }
  for (const auto& stage : stages_) {
    stage->recorder->send(SIGSTOP);
  }
  const auto stopped_at = system_clock::now();
  std::this_thread::sleep_for(asleep);
  std::vector<std::size_t> before;
  for (const auto& stage : stages_) {
    before.push_back(stage->rows(kTask).size());
    stage->recorder->send(SIGCONT);
  }
  const auto woken_at = system_clock::now();
  for (std::size_t i = 0; i < stages_.size(); ++i) {
    const Stage& stage = *stages_[i];
    SCOPED_TRACE(stage.timing.source);
    ASSERT_TRUE(stage.wait_for_rows(before[i] + 4, kTask));
    const auto seen_at = system_clock::now();
    const std::vector<Row> rows = stage.rows(kTask);
    const double interval = std::stod(stage.timing.interval);
    const double since = std::chrono::duration<double>(seen_at - woken_at).count();
    // The one that was due, and then one at each tick; one more where a tick is just over.
    EXPECT_LE(static_cast<double>(rows.size() - before[i]), since / interval + 3) << "a burst";
    for (std::size_t row = 0; row < rows.size(); ++row) {
      const auto time = time_of(rows[row]);
      EXPECT_TRUE(time <= stopped_at || time >= woken_at - 1s) << rows[row].at("timestamp");
    }
    EXPECT_EQ(stages_[i]->recorder->stop(), 0);
    const Punctuality rounds = read_punctuality(stage.recorder->log(), scaled(stage.timing.late));
    const double missed = std::chrono::duration<double>(woken_at - stopped_at).count() / interval;
    // The first tick of that time is not skipped: its round begins late.
    EXPECT_NEAR(static_cast<double>(rounds.skipped), missed - 0.5, 1.5);
    EXPECT_EQ(stage.recorder->lines_with("- WARNING - round "), rounds.skipped > 0 ? 1U : 0U);
    EXPECT_LE(rounds.late, 1U) << "after the one that was due while it slept";
    report("suspended for " + std::to_string(asleep.count()) + " s", stage, rounds.late,
           std::to_string(rounds.skipped) + " ticks skipped and said so in one line");
  }
}

}  // namespace
}  // namespace wemol::faults
