#include "recorder_fixture.h"

namespace wemol::e2e {
namespace {

/// What the program makes of its options. Needs no engine: docker is not even there.
class CommandLine : public ProgramTest {
 protected:
  CommandLine() { tools().remove("docker"); }

  /// The line that the log begins with names the settings that hold.
  std::string first_log_line(const Arguments& arguments, const Environment& environment = {}) {
    Arguments all{"--rounds", "1"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    RecorderProcess& recorder = start_recorder(all, environment);
    EXPECT_EQ(recorder.wait(), 0);
    return recorder.log().substr(0, recorder.log().find('\n'));
  }

  /// Expects a usage error: status 2 and one line that holds all of `texts`.
  void expect_refused(const std::vector<std::string>& texts, const Arguments& arguments,
                      const Environment& environment = {}) {
    RecorderProcess& recorder = start_recorder(arguments, environment);
    EXPECT_EQ(recorder.wait(), 2);
    const std::string line = recorder.log();
    EXPECT_EQ(line.find('\n'), line.size() - 1) << line;
    for (const std::string& text : texts) {
      EXPECT_NE(line.find(text), std::string::npos) << text << " is not in: " << line;
    }
    EXPECT_FALSE(std::filesystem::exists(folder() / "module_resource"));
  }
};

constexpr std::string_view kIntervalVariable = "WEMOL_RECORDER_INTERVAL";

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_F(CommandLine, version_and_help_end_with_status_0) {
  RecorderProcess& version = start_recorder({"--version"});
  EXPECT_EQ(version.wait(), 0);
  EXPECT_TRUE(version.output().starts_with("wemol-recorder ")) << version.output();
  RecorderProcess& help = start_recorder({"--help"});
  EXPECT_EQ(help.wait(), 0);
  for (const char* option : {"--interval", "--log-level", "--output-dir", "--log-file",
                             "--task-root", "--container-prefix", "--source", "--rounds",
                             "--command-timeout", "--config", "--check", "--version", "--help"}) {
    EXPECT_TRUE(holds(help.output(), option)) << option;
  }
  EXPECT_FALSE(std::filesystem::exists(folder() / "module_resource"));
}

TEST_F(CommandLine, defaults_are_those_of_the_contract) {
  const std::string line = first_log_line({});
  EXPECT_TRUE(holds(line, "named wemol_rc_task_... every 5 s")) << line;
  EXPECT_TRUE(std::filesystem::is_directory(folder() / "module_resource"));
  EXPECT_TRUE(std::filesystem::exists(folder() / "wemol_resource_monitor.log"));
}

TEST_F(CommandLine, a_wrong_value_ends_with_status_2_and_says_what_the_option_takes) {
  expect_refused({"--interval", "0.1", "\"0.05\""}, {"--interval", "0.05"});
  expect_refused({"--interval", "\"fast\""}, {"--interval", "fast"});
  expect_refused({"--log-level", "DEBUG, INFO, WARNING or ERROR"}, {"--log-level", "loud"});
  expect_refused({"--rounds", "-1"}, {"--rounds=-1"});
  expect_refused({"--source", "docker-cli"}, {"--source", "podman"});
  expect_refused({"--command-timeout"}, {"--command-timeout", "0"});
  expect_refused({"--container-prefix"}, {"--container-prefix", "a b"});
  expect_refused({"--output-dir"}, {"--output-dir", ""});
}

TEST_F(CommandLine, an_unknown_option_or_argument_ends_with_status_2) {
  expect_refused({"--intervall"}, {"--intervall", "5"});
  expect_refused({"now"}, {"now"});
}

TEST_F(CommandLine, a_flag_beats_the_environment_which_beats_the_file_which_beats_the_default) {
  const std::string config = folder() / "recorder.toml";
  write_text(config, "interval = 7\ncontainer-prefix = \"file\"\nlog-level = \"DEBUG\"\n");
  const Environment environment{{std::string(kIntervalVariable), "8"}};
  EXPECT_TRUE(holds(first_log_line({"--config", config}), "named file_... every 7 s"));
  EXPECT_TRUE(holds(first_log_line({"--config", config}, environment), "named file_... every 8 s"));
  EXPECT_TRUE(holds(first_log_line({"--config", config, "--interval", "9"}, environment),
                    "named file_... every 9 s"));
  EXPECT_TRUE(holds(first_log_line({}, environment), "named wemol_rc_task_... every 8 s"));
  EXPECT_TRUE(
      holds(first_log_line({}, {{"WEMOL_RECORDER_CONFIG", config}}), "named file_... every 7 s"));
}

TEST_F(CommandLine, a_wrong_environment_or_file_ends_with_status_2) {
  expect_refused({"interval", "\"x\""}, {}, {{std::string(kIntervalVariable), "x"}});
  const std::string config = folder() / "recorder.toml";
  expect_refused({"--config", "TOML", config}, {"--config", config});  // it is not there
  write_text(config, "interval = 0\n");
  expect_refused({"interval", "0.1"}, {"--config", config});
  write_text(config, "intervall = 5\n");
  expect_refused({"line 1", "intervall"}, {"--config", config});
  write_text(config, "# a comment\ninterval = \n");
  expect_refused({"line 2"}, {"--config", config});
}

TEST_F(CommandLine, a_missing_docker_is_no_reason_not_to_start) {
  const std::string line = first_log_line({"--interval", "0.5"});
  EXPECT_TRUE(holds(line, "every 0.5 s"));
}

TEST_F(CommandLine, check_without_docker_fails_and_says_what_to_do) {
  RecorderProcess& recorder = start_recorder({"--check"});
  EXPECT_EQ(recorder.wait(), 1);
  EXPECT_TRUE(holds(recorder.output(), "FAIL docker ps was not found on PATH"))
      << recorder.output();
  EXPECT_TRUE(holds(recorder.output(), "install")) << recorder.output();
  EXPECT_TRUE(holds(recorder.output(), "FAIL the task root ")) << recorder.output();
  EXPECT_FALSE(std::filesystem::exists(folder() / "module_resource"));  // it only looks
}

}  // namespace
}  // namespace wemol::e2e
