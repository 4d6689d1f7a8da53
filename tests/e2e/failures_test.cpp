#include <string>

#include "recorder_fixture.h"

namespace wemol::e2e {
namespace {

namespace fs = std::filesystem;

class Failures : public RecorderTest {
 protected:
  /// Two tasks, 132171 and 132172.
  void run_two_tasks() {
    first_ = engine().run("wemol_rc_task_132171_1_1");
    engine().run("wemol_rc_task_132172_1_1");
  }

  /// docker stats prints for the first task what `awk` makes of the tab-separated fields of its
  /// row; the other rows are docker's own.
  void put_docker_that_spoils_first(const std::string& awk) const {
    tools().put_script("docker",
                       "case \"$1\" in stats) ;; *) exec \"$docker\" \"$@\" ;; esac\n"
                       "\"$docker\" \"$@\" | awk -F '\\t' -v OFS='\\t' '\n"
                       "index($1, \"" +
                           first_.substr(0, 12) + "\") == 1 {" + awk + "} { print }'\n");
  }

  std::string first_;
};

// What docker prints for a container that it could not measure: no id, no name, no figure.
constexpr const char* kUnmeasured =
    "for (i = 2; i <= NF; ++i) $i = $i ~ / \\/ / && $i ~ /iB/ ? \"-- / --\" :"
    " length($i) >= 12 && index($1, substr($i, 1, 12)) == 1 ? \"\" : \"--\"";
// What docker prints for a container whose record the engine has replaced by an empty one.
constexpr const char* kAllZero =
    "for (i = 2; i <= NF; ++i) $i = $i ~ / \\/ / ? \"0B / 0B\" : $i ~ /%$/ ? \"0.00%\" :"
    " length($i) >= 12 && index($1, substr($i, 1, 12)) == 1 ? $i : \"0\"";

TEST_F(Failures, a_container_without_a_reading_gets_no_row_and_costs_the_others_none) {
  run_two_tasks();
  for (const char* awk : {kUnmeasured, kAllZero, "next"}) {
    put_docker_that_spoils_first(awk);
    const std::size_t before = rows("132172").size();
    RecorderProcess& recorder = record_rounds(2, {"--log-level", "DEBUG"});
    EXPECT_EQ(rows("132171").size(), 0U) << awk;
    EXPECT_EQ(rows("132172").size(), before + 2) << awk;
    EXPECT_EQ(recorder.lines_with("- DEBUG - container wemol_rc_task_132171_1_1 "), 2U) << awk;
    EXPECT_EQ(recorder.lines_with("- ERROR - "), 0U);
  }
  tools().put_docker();
  record_rounds(1);
  EXPECT_EQ(rows("132171").size(), 1U);
}

TEST_F(Failures, a_docker_stats_that_fails_is_an_empty_round_and_is_said_once) {
  run_two_tasks();
  tools().put_script("docker",
                     "case \"$1\" in stats) echo 'EOF' >&2; exit 1 ;; esac\n"
                     "exec \"$docker\" \"$@\"\n");
  RecorderProcess& recorder = start_recorder({"--interval", "0.1", "--log-level", "DEBUG"});
  ASSERT_TRUE(eventually([&] { return recorder.lines_with("- DEBUG - round ") >= 5; }));
  EXPECT_EQ(rows("132171").size(), 0U);
  tools().put_docker();
  ASSERT_TRUE(wait_for_rows(1, "132171"));
  EXPECT_EQ(recorder.stop(), 0);
  EXPECT_EQ(recorder.lines_with("- ERROR - "), 1U);
  EXPECT_EQ(recorder.lines_with("rounds: docker stats exited with status 1: EOF"), 1U);
}

TEST_F(Failures, a_docker_ps_without_rights_says_what_to_do_and_is_tried_again) {
  run_two_tasks();
  tools().put_script("docker",
                     "echo 'permission denied while trying to connect to the Docker daemon socket "
                     "at unix:///var/run/docker.sock' >&2; exit 1\n");
  RecorderProcess& recorder = start_recorder({"--interval", "0.1"});
  ASSERT_TRUE(eventually([&] { return recorder.lines_with("group docker") == 1; }));
  tools().put_docker();
  EXPECT_TRUE(wait_for_rows(1, "132171"));
  EXPECT_EQ(recorder.stop(), 0);
  EXPECT_EQ(recorder.lines_with("- ERROR - "), 1U);
}

TEST_F(Failures, a_docker_that_is_not_installed_is_an_error_and_is_found_when_it_comes) {
  run_two_tasks();
  tools().remove("docker");
  RecorderProcess& recorder = start_recorder({"--interval", "0.1", "--log-level", "DEBUG"});
  ASSERT_TRUE(eventually([&] { return recorder.lines_with("- DEBUG - round ") >= 5; }));
  EXPECT_EQ(recorder.lines_with("- ERROR - docker ps was not found on PATH"), 1U);
  tools().put_docker();
  EXPECT_TRUE(wait_for_rows(1, "132171"));
  EXPECT_EQ(recorder.stop(), 0);
}

TEST_F(Failures, a_container_that_is_gone_after_the_listing_costs_the_others_no_row) {
  run_two_tasks();
  // Between the list and the readings, and, in the second round, while the readings are taken.
  tools().put_script("docker",
                     "\"$docker\" \"$@\" || exit $?\n"
                     "case \"$1\" in ps) \"$docker\" rm --force wemol_rc_task_132171_1_1 "
                     ">/dev/null 2>&1 ;; esac\n");
  record_rounds(1);
  EXPECT_EQ(rows("132171").size(), 0U);
  EXPECT_EQ(rows("132172").size(), 1U);
}

TEST_F(Failures, a_container_that_is_removed_while_it_is_measured_costs_the_others_no_row) {
  run_two_tasks();
  tools().put_script("docker",
                     "case \"$1\" in stats) (sleep 0.5; \"$docker\" rm --force "
                     "wemol_rc_task_132171_1_1 >/dev/null 2>&1) & ;; esac\n"
                     "exec \"$docker\" \"$@\"\n");
  RecorderProcess& recorder = record_rounds(2);
  EXPECT_LE(rows("132171").size(), 1U);
  EXPECT_EQ(rows("132172").size(), 2U);
  EXPECT_EQ(recorder.lines_with("- ERROR - "), 0U);
}

TEST_F(Failures, a_broken_task_json_is_unknown_until_it_can_be_read_and_then_kept) {
  run_two_tasks();
  write_text(task_json("132171"), R"({"Module": {"Name": )");
  write_text(task_json("132172"), R"({"Module": {"Name": ""}})");
  RecorderProcess& recorder = start_recorder({"--interval", "0.1"});
  ASSERT_TRUE(wait_for_rows(2, "132171"));
  EXPECT_EQ(rows("132171")[1].at("module_name"), "Unknown");
  write_task_json("132171", "Dock");
  ASSERT_TRUE(wait_for_rows(1, "132171", "Dock"));
  fs::remove(task_json("132171"));
  ASSERT_TRUE(wait_for_more_rows(2, "132171", "Dock"));
  EXPECT_EQ(recorder.stop(), 0);
  EXPECT_EQ(recorder.lines_with("WARNING - task 132171: the module is Unknown"), 1U);
  EXPECT_EQ(recorder.lines_with("WARNING - task 132172: the module is Unknown"), 1U);
  EXPECT_EQ(rows("132172").back().at("module_name"), "Unknown");
}

TEST_F(Failures, where_the_folder_cannot_be_made_the_file_is_in_the_current_directory) {
  run_two_tasks();
  write_task_json("132171", "Dock");
  write_text(folder() / "module_resource" / "Dock", "a file stands here");
  RecorderProcess& recorder = record_rounds(3);
  EXPECT_EQ(read_csv(folder() / "132171.csv").size(), 3U);
  EXPECT_EQ(rows("132172").size(), 3U);
  EXPECT_EQ(recorder.lines_with("- ERROR - "), 1U);
  EXPECT_NE(recorder.log().find("module_resource/Dock"), std::string::npos);
}

}  // namespace
}  // namespace wemol::e2e
