#include "options.h"

#include <cstdlib>

#include <gtest/gtest.h>

#include "temp_dir.h"
#include "text_file.h"

namespace wemol {
namespace {

using namespace std::chrono_literals;
using test::TempDir;
using test::write_text;

tl::expected<Options, EarlyExit> parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "wemol-recorder");
  return parse_options(static_cast<int>(arguments.size()), arguments.data());
}

/// An environment variable that is set while it lives.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) { setenv(name, value, 1); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() { unsetenv(name_); }

 private:
  const char* name_;
};

TEST(Options, DefaultsAreTheContracts) {
  const Options options = parse({}).value();
  EXPECT_EQ(options.interval, 5s);
  EXPECT_EQ(options.log_level, LogLevel::info);
  EXPECT_EQ(options.output_dir, "module_resource");
  EXPECT_EQ(options.log_file, "wemol_resource_monitor.log");
  EXPECT_EQ(options.task_root, "/data/PRG/RCall");
  EXPECT_EQ(options.container_prefix, "wemol_rc_task");
  EXPECT_EQ(options.rounds, 0U);
  EXPECT_EQ(options.command_timeout, 10s);
  EXPECT_FALSE(options.check);
}

TEST(Options, FlagsAreTaken) {
  const Options options =
      parse({"--interval", "0.1",        "--log-level", "debug", "--output-dir",       "o",
             "--log-file", "l",          "--task-root", "t",     "--container-prefix", "p",
             "--source",   "docker-cli", "--rounds",    "7",     "--command-timeout",  "1.5",
             "--sync",     "finished",   "--check"})
          .value();
  EXPECT_EQ(options.interval, 100ms);
  EXPECT_EQ(options.log_level, LogLevel::debug);
  EXPECT_EQ(options.output_dir, "o");
  EXPECT_EQ(options.log_file, "l");
  EXPECT_EQ(options.task_root, "t");
  EXPECT_EQ(options.container_prefix, "p");
  EXPECT_EQ(options.rounds, 7U);
  EXPECT_EQ(options.command_timeout, 1500ms);
  EXPECT_EQ(options.sync, SyncLevel::finished);
  EXPECT_TRUE(options.check);
}

TEST(Options, NativeSourceTakesTheEnginesSocketFromTheEnvironment) {
  EXPECT_EQ(parse({})->source, SourceKind::docker_cli);
  {
    const Variable nothing("DOCKER_HOST", "");
    EXPECT_EQ(parse({"--source", "native"})->source, SourceKind::native);
    EXPECT_EQ(parse({"--source", "native"})->engine_socket, "/var/run/docker.sock");
  }
  const Variable socket("DOCKER_HOST", "unix:///run/user/1000/docker.sock");
  EXPECT_EQ(parse({"--source", "native"})->engine_socket, "/run/user/1000/docker.sock");
}

TEST(Options, AutoTakesTheSameSocketAndKeepsWhyThereIsNone) {
  {
    const Variable nothing("DOCKER_HOST", "");
    const Variable usual("DOCKER_CONTEXT", "default");
    EXPECT_EQ(parse({"--source", "auto"})->source, SourceKind::automatic);
    EXPECT_EQ(parse({"--source", "auto"})->engine_socket, "/var/run/docker.sock");
    EXPECT_EQ(parse({"--source", "auto"})->why_no_engine_socket, "");
  }
  const Variable context("DOCKER_CONTEXT", "rootless");
  {
    const Variable nothing("DOCKER_HOST", "");
    EXPECT_NE(parse({"--source", "auto"})->why_no_engine_socket.find("of rootless"),
              std::string::npos);
    EXPECT_EQ(parse({"--source", "native"})->engine_socket, "/var/run/docker.sock");
  }
  {
    const Variable socket("DOCKER_HOST", "unix:///run/user/1000/docker.sock");
    EXPECT_EQ(parse({"--source", "auto"})->engine_socket, "/run/user/1000/docker.sock")
        << "as for the docker command it beats the context";
  }
  const Variable far("DOCKER_HOST", "tcp://10.0.0.1:2375");
  const auto elsewhere = parse({"--source", "auto"});
  ASSERT_TRUE(elsewhere);
  EXPECT_EQ(elsewhere->engine_socket, "");
  EXPECT_NE(elsewhere->why_no_engine_socket.find("tcp://10.0.0.1:2375"), std::string::npos);
}

TEST(Options, NativeSourceRefusesAnEngineThatNeedNotBeOnThisHost) {
  const Variable far("DOCKER_HOST", "tcp://10.0.0.1:2375");
  const auto refused = parse({"--source", "native"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().status, 2);
  EXPECT_EQ(refused.error().text,
            "--source: the source native takes a DOCKER_HOST of the form "
            "unix:///path, not \"tcp://10.0.0.1:2375\": it reads the kernel of this host");
  EXPECT_TRUE(parse({})) << "docker itself can deal with it";
}

TEST(Options, LogLevelMayBeInAnyLetterCase) {
  EXPECT_EQ(parse({"--log-level", "WaRnInG"})->log_level, LogLevel::warning);
  EXPECT_EQ(parse({"--log-level=ERROR"})->log_level, LogLevel::error);
}

TEST(Options, EmptyLogFileSwitchesItOff) {
  EXPECT_TRUE(parse({"--log-file", ""})->log_file.empty());
  EXPECT_TRUE(parse({"--log-file="})->log_file.empty());
}

TEST(Options, EmptyLogFileOfTheEnvironmentSwitchesItOffUnlessAFlagSaysOtherwise) {
  const Variable variable("WEMOL_RECORDER_LOG_FILE", "");
  EXPECT_TRUE(parse({})->log_file.empty());
  EXPECT_EQ(parse({"--log-file", "x"})->log_file, "x");
}

struct BadCase {
  std::vector<const char*> arguments;
  const char* option;
};

void PrintTo(const BadCase& test_case, std::ostream* out) {
  *out << test_case.option;
}

class BadOption : public testing::TestWithParam<BadCase> {};

TEST_P(BadOption, IsAUsageErrorInOneLineThatNamesIt) {
  const auto options = parse(GetParam().arguments);
  ASSERT_FALSE(options);
  EXPECT_EQ(options.error().status, 2);
  const std::string& text = options.error().text;
  EXPECT_NE(text.find(GetParam().option), std::string::npos) << text;
  EXPECT_EQ(text.find('\n'), std::string::npos) << text;
}

INSTANTIATE_TEST_SUITE_P(
    All, BadOption,
    testing::Values(
        BadCase{{"--interval", "0.09"}, "--interval"}, BadCase{{"--interval", "abc"}, "--interval"},
        BadCase{{"--interval", "5s"}, "--interval"}, BadCase{{"--interval", "nan"}, "--interval"},
        BadCase{{"--interval", "inf"}, "--interval"}, BadCase{{"--interval", "-5"}, "--interval"},
        BadCase{{"--interval", "1e9"}, "--interval"}, BadCase{{"--interval"}, "--interval"},
        BadCase{{"--interval", "5", "--interval", "6"}, "--interval"},
        BadCase{{"--log-level", "loud"}, "--log-level"},
        BadCase{{"--output-dir", ""}, "--output-dir"}, BadCase{{"--task-root", ""}, "--task-root"},
        BadCase{{"--container-prefix", ""}, "--container-prefix"},
        BadCase{{"--container-prefix", "a/b"}, "--container-prefix"},
        BadCase{{"--source", "magic"}, "docker-cli, native or auto"},
        BadCase{{"--sync", "often"}, "started or finished"},
        BadCase{{"--rounds", "-1"}, "--rounds"}, BadCase{{"--rounds", "1.5"}, "--rounds"},
        BadCase{{"--command-timeout", "0"}, "--command-timeout"},
        BadCase{{"--config", "/nonexistent.toml"}, "/nonexistent.toml"},
        BadCase{{"--no-such"}, "--no-such"}, BadCase{{"word"}, "word"}));

TEST(Options, HelpAndVersionAreForStandardOutput) {
  EXPECT_EQ(parse({"--help"}).error().status, 0);
  EXPECT_NE(parse({"--help"}).error().text.find("--interval SECONDS"), std::string::npos);
  EXPECT_EQ(parse({"--version"}).error().status, 0);
  EXPECT_TRUE(parse({"--version"}).error().text.starts_with("wemol-recorder "));
}

class Config : public testing::Test {
 protected:
  tl::expected<Options, EarlyExit> with_config(const std::string& text,
                                               std::vector<const char*> arguments = {}) {
    write_text(path, text);
    arguments.push_back("--config");
    arguments.push_back(path.c_str());
    return parse(arguments);
  }
  std::string error_of(const std::string& text) {
    const auto options = with_config(text);
    EXPECT_FALSE(options) << text;
    return options ? "" : options.error().text;
  }
  TempDir dir;
  std::filesystem::path path = dir / "config.toml";
};

TEST_F(Config, FileIsTrueToml) {
  const Options options = with_config(
                              "# a comment\ninterval = 2.5 # seconds\nlog-level = \"debug\"\n"
                              "output-dir = '/data/a#b, c'\nlog-file = \"\"\nrounds = 3\n"
                              "command-timeout = 4\ncontainer-prefix = \"p\"\n"
                              "task-root = \"/数据\"\nsource = \"docker-cli\"\n")
                              .value();
  EXPECT_EQ(options.interval, 2500ms);
  EXPECT_EQ(options.log_level, LogLevel::debug);
  EXPECT_EQ(options.output_dir, "/data/a#b, c");
  EXPECT_TRUE(options.log_file.empty());
  EXPECT_EQ(options.rounds, 3U);
  EXPECT_EQ(options.command_timeout, 4s);
  EXPECT_EQ(options.task_root, "/数据");
}

TEST_F(Config, FlagBeatsEnvironmentBeatsFileBeatsDefault) {
  EXPECT_EQ(with_config("interval = 7\n")->interval, 7s);
  const Variable variable("WEMOL_RECORDER_INTERVAL", "8");
  EXPECT_EQ(parse({})->interval, 8s);
  EXPECT_EQ(with_config("interval = 7\nrounds = 2\n")->interval, 8s);
  EXPECT_EQ(with_config("interval = 7\nrounds = 2\n")->rounds, 2U);
  EXPECT_EQ(with_config("interval = 7\n", {"--interval", "9"})->interval, 9s);
}

TEST_F(Config, FileMayBeNamedByTheEnvironment) {
  write_text(path, "interval = 7\n");
  const Variable variable("WEMOL_RECORDER_CONFIG", path.c_str());
  EXPECT_EQ(parse({})->interval, 7s);
}

TEST_F(Config, WrongFileIsAUsageErrorThatNamesLineAndKey) {
  EXPECT_NE(error_of("\nintervall = 3\n").find("line 2: unknown key intervall"), std::string::npos);
  EXPECT_NE(error_of("check = true\n").find("unknown key check"), std::string::npos);
  EXPECT_NE(error_of("interval = [1, 2]\n").find("interval"), std::string::npos);
  EXPECT_NE(error_of("[recorder]\ninterval = 1\n").find("recorder"), std::string::npos);
  EXPECT_NE(error_of("interval = \n").find("line 1"), std::string::npos);
  EXPECT_NE(error_of("interval = 0.01\n").find("--interval: takes"), std::string::npos);
  EXPECT_NE(error_of("interval = 1\ninterval = 2\n").find("line 2"), std::string::npos);
}

TEST_F(Config, FileThatIsTooLargeIsRefusedAndNotReadToItsEnd) {
  std::string deep = "a";
  while (deep.size() < 1'000'000) {
    deep += ".a";
  }
  EXPECT_NE(error_of(deep + " = 1\n").find("64 KiB"), std::string::npos);
  const auto endless = parse({"--config", "/dev/zero"});
  ASSERT_FALSE(endless);
  EXPECT_NE(endless.error().text.find("64 KiB"), std::string::npos) << endless.error().text;
  const std::string full = "interval = 7 #" + std::string((64 << 10) - 14, 'x');
  EXPECT_EQ(with_config(full)->interval, 7s);
  EXPECT_FALSE(with_config(full + "x"));
}

TEST_F(Config, WrongFileIsShownWithoutItsControlCharacters) {
  EXPECT_NE(error_of("\"a\\u001b[31mb\" = 3\n").find("unknown key a [31mb;"), std::string::npos);
  EXPECT_NE(error_of("interval = \"\\r\\u009b\"\n").find("not \"  \""), std::string::npos);
}

TEST(Environment, WrongValueIsAUsageError) {
  const Variable variable("WEMOL_RECORDER_INTERVAL", "fast");
  const auto options = parse({});
  ASSERT_FALSE(options);
  EXPECT_EQ(options.error().status, 2);
  EXPECT_NE(options.error().text.find("--interval"), std::string::npos);
}

}  // namespace
}  // namespace wemol
