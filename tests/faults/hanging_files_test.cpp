#include <algorithm>
#include <chrono>

#include "fault_report.h"
#include "recorder_fixture.h"
#include "recording.h"

namespace wemol::faults {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
using e2e::eventually;
using e2e::RecorderProcess;
using e2e::scaled;
using Clock = std::chrono::steady_clock;

constexpr const char* kTask = "132171";
constexpr const char* kLate = "the output folder ";  // with the begin and with the end
constexpr std::size_t kRoundsOfFault = 20;

/// Folders that answer no more, as NFS whose server is away.
class HangingFiles : public e2e::RecorderTest {
 protected:
  void SetUp() override {
    RecorderTest::SetUp();
    if (!IsSkipped() && !HasFailure()) {
      engine().run("wemol_rc_task_132171_1_1");
    }
  }
  void TearDown() override {
    let_answer();
    RecorderTest::TearDown();
  }

  RecorderProcess& start(const fs::path& folder_that_hangs, const e2e::Arguments& more = {}) {
    e2e::Arguments arguments{"--interval", "0.2", "--log-level", "DEBUG"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return start_recorder(arguments, {{"LD_PRELOAD", WEMOL_HANGING_FILES},
                                      {"HANGING_FOLDER", folder_that_hangs.string()},
                                      {"HANGING_WHILE", flag().string()}});
  }
  void let_hang() const { e2e::write_text(flag(), ""); }
  void let_answer() const { fs::remove(flag()); }

  [[nodiscard]] fs::path output() const { return folder() / "module_resource"; }
  [[nodiscard]] fs::path csv_of_task() const { return csv("Unknown_Module", kTask); }
  [[nodiscard]] static bool wait_for_rounds(const RecorderProcess& recorder, std::size_t more) {
    const auto rounds = [&] { return recorder.lines_with("- DEBUG - round "); };
    const std::size_t wanted = rounds() + more;
    return eventually([&] { return rounds() >= wanted; });
  }

 private:
  [[nodiscard]] fs::path flag() const { return folder().parent_path() / "hangs"; }
};

TEST_F(HangingFiles, an_output_folder_that_hangs_holds_no_round_and_loses_no_row) {
  engine().run("wemol_rc_task_132172_1_1");
  RecorderProcess& recorder = start(output(), {"--source", "native"});
  ASSERT_TRUE(wait_for_rows(3, kTask));
  ASSERT_TRUE(wait_for_rows(3, "132172"));
  let_hang();
  ASSERT_TRUE(eventually([&] { return recorder.lines_with(kLate) == 1; }));
  const auto size = fs::file_size(csv_of_task());
  engine().must_docker({"rm", "--force", "wemol_rc_task_132172_1_1"});
  ASSERT_TRUE(wait_for_rounds(recorder, kRoundsOfFault));
  EXPECT_EQ(fs::file_size(csv_of_task()), size);
  const auto answered = Clock::now();
  let_answer();
  ASSERT_TRUE(eventually([&] { return fs::file_size(csv_of_task()) > size; }));
  const auto recovered_in = std::chrono::ceil<std::chrono::milliseconds>(Clock::now() - answered);
  EXPECT_TRUE(eventually([&] { return recorder.lines_with(kLate) == 2; })) << "that it is over";
  EXPECT_EQ(recorder.stop(), 0);

  EXPECT_EQ(recorder.lines_with("- ERROR - "), 0U);
  const Punctuality rounds = read_punctuality(recorder.log(), scaled(150ms));
  EXPECT_LE(rounds.late_or_skipped(), kHeldUpByTheMachine);
  const Recording found = read_recording_of(csv_of_task());
  EXPECT_EQ(found.rows, rounds.rounds);
  EXPECT_EQ(found.torn_rows, 0U) << found.first_problem;
  EXPECT_TRUE(found.in_order) << found.first_problem;
  const std::string ledger = e2e::read_text(output() / "Unknown_Module" / "summary.csv");
  EXPECT_EQ(std::count(ledger.begin(), ledger.end(), '\n'), 2) << "a task that ended meanwhile";
  report_fault("output folder hangs for " + std::to_string(kRoundsOfFault) + " rounds",
               {.rows_expected = rounds.rounds,
                .rows_written = found.rows,
                .torn_rows = found.torn_rows,
                .late_rounds = rounds.late_or_skipped(),
                .recovery = recovered_in,
                .note = {}});
}

TEST_F(HangingFiles, an_output_folder_that_hangs_at_the_start_is_waited_for) {
  let_hang();
  RecorderProcess& recorder = start(output(), {"--source", "native"});
  ASSERT_TRUE(eventually([&] { return recorder.lines_with("nothing is recorded until it does"); }));
  let_answer();
  EXPECT_TRUE(wait_for_rows(3, kTask));
  EXPECT_EQ(recorder.stop(), 0);
}

TEST_F(HangingFiles, a_start_that_waits_for_the_output_folder_can_be_stopped) {
  let_hang();
  RecorderProcess& recorder = start(output(), {"--source", "native"});
  ASSERT_TRUE(eventually([&] { return recorder.lines_with("nothing is recorded until it does"); }));
  recorder.send(SIGTERM);
  EXPECT_EQ(recorder.wait(2s), 0);
}

TEST_F(HangingFiles, the_check_names_the_folder_that_hangs_and_goes_on) {
  let_hang();
  RecorderProcess& recorder = start(output(), {"--source", "native", "--check"});
  EXPECT_EQ(recorder.wait(), 1);
  EXPECT_NE(recorder.output().find("FAIL --output-dir"), std::string::npos) << recorder.output();
  EXPECT_NE(recorder.output().find("does not answer"), std::string::npos) << recorder.output();
}

TEST_F(HangingFiles, a_stop_does_not_wait_for_an_output_folder_that_hangs) {
  RecorderProcess& recorder = start(output(), {"--source", "native"});
  ASSERT_TRUE(wait_for_rows(3, kTask));
  let_hang();
  ASSERT_TRUE(eventually([&] { return recorder.lines_with(kLate) == 1; }));
  const auto sent = Clock::now();
  recorder.send(SIGTERM);
  EXPECT_EQ(recorder.wait(), 0);
  const auto took = std::chrono::ceil<std::chrono::milliseconds>(Clock::now() - sent);
  EXPECT_LT(took, scaled(4s));
  EXPECT_EQ(recorder.lines_with("that wait for it are lost"), 1U);
  EXPECT_EQ(recorder.lines_with("- INFO - stopped after "), 1U);
  const Recording found = read_recording_of(csv_of_task());
  EXPECT_EQ(found.torn_rows, 0U) << found.first_problem;
  report_fault("stop while the output folder hangs",
               {.rows_expected = {},
                .rows_written = {},
                .torn_rows = found.torn_rows,
                .late_rounds = {},
                .recovery = {},
                .note = "ended in " + std::to_string(took.count()) + " ms"});
}

TEST_F(HangingFiles, a_task_root_that_hangs_holds_no_round_and_no_row) {
  write_task_json("132172", "MD");
  RecorderProcess& recorder = start(folder() / "tasks", {"--source", "native"});
  ASSERT_TRUE(wait_for_rows(3, kTask));
  let_hang();
  engine().run("wemol_rc_task_132172_1_1");
  ASSERT_TRUE(wait_for_rows(kRoundsOfFault, "132172"));
  let_answer();
  EXPECT_TRUE(wait_for_rows(1, "132172", "MD"));
  EXPECT_EQ(recorder.stop(), 0);
  const Punctuality rounds = read_punctuality(recorder.log(), scaled(150ms));
  EXPECT_LE(rounds.late_or_skipped(), kHeldUpByTheMachine);
  const Recording found = read_recording_of(csv_of_task());
  EXPECT_EQ(found.rows, rounds.rounds);
  report_fault("task root hangs for " + std::to_string(kRoundsOfFault) + " rounds",
               {.rows_expected = rounds.rounds,
                .rows_written = found.rows,
                .torn_rows = found.torn_rows,
                .late_rounds = rounds.late_or_skipped(),
                .recovery = {},
                .note = {}});
}

}  // namespace
}  // namespace wemol::faults
