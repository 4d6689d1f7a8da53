#include <regex>
#include <sstream>

#include "recorder_fixture.h"

namespace wemol::e2e {
namespace {

namespace fs = std::filesystem;
using LogLines = RecorderTest;

TEST_F(LogLines, have_time_level_and_text_and_go_to_standard_error_and_to_the_file) {
  engine().run("wemol_rc_task_132171_1_1");
  engine().run("wemol_rc_task_x");
  RecorderProcess& recorder = record_rounds(2, {"--log-level", "DEBUG"});
  const std::regex form(
      R"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} - (DEBUG|INFO|WARNING|ERROR) - \S.*)");
  std::istringstream lines(recorder.log());
  for (std::string line; std::getline(lines, line);) {
    EXPECT_TRUE(std::regex_match(line, form)) << line;
  }
  EXPECT_EQ(read_text(folder() / "wemol_resource_monitor.log"), recorder.log());
  EXPECT_GE(recorder.lines_with(" s after its time; containers 2, tasks 1, rows 1"), 1U);
  EXPECT_EQ(recorder.output(), "");
}

TEST_F(LogLines, say_nothing_in_a_round_in_which_nothing_changes) {
  engine().run("wemol_rc_task_132171_1_1");
  // Longer than docker stats takes, so that no round is late.
  RecorderProcess& recorder = start_recorder(
      {"--interval", std::to_string(scaled(std::chrono::seconds(4)).count() / 1000)});
  ASSERT_TRUE(wait_for_rows(1, "132171"));
  ASSERT_TRUE(eventually([&] { return recorder.lines_with("the module is Unknown") == 1; }));
  const std::string log = recorder.log();
  ASSERT_TRUE(wait_for_rows(3, "132171"));
  EXPECT_EQ(recorder.log(), log);
  EXPECT_EQ(recorder.stop(), 0);
}

TEST_F(LogLines, tell_once_that_there_is_no_task_and_once_that_there_is_one_again) {
  engine().run("nginx");
  RecorderProcess& recorder = start_recorder({"--interval", "0.1", "--log-level", "DEBUG"});
  ASSERT_TRUE(eventually([&] { return recorder.lines_with("- DEBUG - round ") >= 5; }));
  EXPECT_EQ(recorder.lines_with("- INFO - no task container is running"), 1U);
  engine().run("wemol_rc_task_132171_1_1");
  ASSERT_TRUE(
      eventually([&] { return recorder.lines_with("rounds: no task container is running") == 1; }));
  EXPECT_EQ(recorder.stop(), 0);
}

TEST_F(LogLines, name_both_figures_of_a_round_that_overruns_and_count_the_skipped_rounds) {
  engine().run("wemol_rc_task_132171_1_1");
  RecorderProcess& recorder = record_rounds(2);  // 0.1 s apart; docker stats takes two seconds
  const std::regex overrun(
      "- WARNING - round 1 began \\d\\.\\d+ s after its time and took \\d+\\.\\d+ s with an "
      "interval of 0\\.100 s: \\d+ rounds? skipped");
  EXPECT_TRUE(std::regex_search(recorder.log(), overrun));
  EXPECT_EQ(recorder.lines_with("- WARNING - round "), 1U);
}

TEST_F(LogLines, are_limited_by_the_level_and_a_log_file_can_be_switched_off) {
  engine().run("wemol_rc_task_132171_1_1");
  RecorderProcess& recorder = record_rounds(1, {"--log-level", "error", "--log-file", ""});
  EXPECT_EQ(recorder.log(), "");
  EXPECT_FALSE(fs::exists(folder() / "wemol_resource_monitor.log"));
  EXPECT_EQ(rows("132171").size(), 1U);
}

TEST_F(LogLines, a_log_file_that_cannot_be_written_does_not_stop_the_recording) {
  engine().run("wemol_rc_task_132171_1_1");
  write_text(folder() / "a-file", "");
  RecorderProcess& recorder = record_rounds(1, {"--log-file", "a-file/log"});
  EXPECT_EQ(recorder.lines_with("- ERROR - the log file a-file/log cannot be written"), 1U);
  EXPECT_EQ(rows("132171").size(), 1U);
}

}  // namespace
}  // namespace wemol::e2e
