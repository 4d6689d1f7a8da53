#include <chrono>

#include "fault_report.h"
#include "recorder_fixture.h"
#include "recording.h"

namespace wemol::faults {
namespace {

using namespace std::chrono_literals;
using e2e::eventually;
using e2e::RecorderProcess;
using Clock = std::chrono::steady_clock;

/// Two recorders, one folder.
class Instances : public e2e::RecorderTest {
 protected:
  void SetUp() override {
    RecorderTest::SetUp();
    if (!IsSkipped() && !HasFailure()) {
      engine().run("wemol_rc_task_132171_1_1");
    }
  }

  RecorderProcess& start() {
    return start_recorder({"--interval", "0.2", "--source", "native", "--log-level", "DEBUG"});
  }

  [[nodiscard]] Recording recording() const { return read_recording(folder() / "module_resource"); }
};

TEST_F(Instances, a_second_one_names_the_first_and_does_not_disturb_it) {
  RecorderProcess& first = start();
  ASSERT_TRUE(wait_for_rows(5, "132171"));
  RecorderProcess& second = start();
  EXPECT_EQ(second.wait(), 1);
  EXPECT_NE(second.log().find("(pid " + std::to_string(first.pid()) + ")"), std::string::npos);
  ASSERT_TRUE(wait_for_more_rows(5, "132171"));
  EXPECT_EQ(first.stop(), 0);
  const Punctuality rounds = read_punctuality(first.log(), e2e::scaled(100ms));
  const Recording found = recording();
  EXPECT_EQ(found.rows, rounds.rounds);
  EXPECT_EQ(found.torn_rows, 0U) << found.first_problem;
  report_fault("second instance on the same folder", {.rows_expected = rounds.rounds,
                                                      .rows_written = found.rows,
                                                      .torn_rows = found.torn_rows,
                                                      .late_rounds = rounds.late_or_skipped()});
}

TEST_F(Instances, a_lock_left_by_kill_is_no_obstacle) {
  RecorderProcess& killed = start();
  ASSERT_TRUE(wait_for_rows(3, "132171"));
  killed.send(SIGKILL);
  ASSERT_EQ(killed.wait(), -SIGKILL);
  const std::size_t before = recording().rows;
  const auto again = Clock::now();
  RecorderProcess& next = start();
  ASSERT_TRUE(wait_for_rows(before + 1, "132171"));
  const auto recovery = std::chrono::ceil<std::chrono::milliseconds>(Clock::now() - again);
  EXPECT_EQ(next.stop(), 0);
  const Recording found = recording();
  EXPECT_EQ(found.torn_rows, 0U) << found.first_problem;
  const std::size_t expected = before + read_punctuality(next.log(), 0ms).rounds;
  EXPECT_EQ(found.rows, expected);
  report_fault("stale lock after kill -9", {.rows_expected = expected,
                                            .rows_written = found.rows,
                                            .torn_rows = found.torn_rows,
                                            .recovery = recovery});
}

}  // namespace
}  // namespace wemol::faults
