// The empty value, which only the log file's option takes, through every way to give an option.

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "options.h"

namespace wemol {
namespace {

class LogFileOption : public testing::Test {
 protected:
  void SetUp() override {
    unsetenv("WEMOL_RECORDER_LOG_FILE");
    unsetenv("WEMOL_RECORDER_CONFIG");
  }
  void TearDown() override { SetUp(); }

  /// Parses with a configuration file that has `config` in it, and then `more`.
  static tl::expected<Options, EarlyExit> parse(const std::string& config,
                                                const std::vector<const char*>& more = {}) {
    const std::string path = testing::TempDir() + "wemol-" + std::to_string(getpid()) + ".toml";
    std::ofstream(path) << config;
    std::vector<const char*> argv{"wemol-recorder", "--config", path.c_str()};
    argv.insert(argv.end(), more.begin(), more.end());
    auto options = parse_options(static_cast<int>(argv.size()), argv.data());
    std::filesystem::remove(path);
    return options;
  }
};

TEST_F(LogFileOption, AnEmptyVariableBeatsTheFile) {
  setenv("WEMOL_RECORDER_LOG_FILE", "", 1);
  const auto options = parse("log-file = \"file.log\"\n");
  ASSERT_TRUE(options) << options.error().text;
  EXPECT_EQ(options->log_file, "");
}

TEST_F(LogFileOption, AFlagBeatsAnEmptyVariable) {
  setenv("WEMOL_RECORDER_LOG_FILE", "", 1);
  const auto options = parse("", {"--log-file", "flag.log"});
  ASSERT_TRUE(options) << options.error().text;
  EXPECT_EQ(options->log_file, "flag.log");
}

TEST_F(LogFileOption, AnEmptyFlagBeatsTheFile) {
  const auto options = parse("log-file = \"file.log\"\n", {"--log-file", ""});
  ASSERT_TRUE(options) << options.error().text;
  EXPECT_EQ(options->log_file, "");
}

TEST_F(LogFileOption, TheFileMayEmptyIt) {
  const auto options = parse("log-file = \"\"\n");
  ASSERT_TRUE(options) << options.error().text;
  EXPECT_EQ(options->log_file, "");
}

TEST(ConfigOption, IsNamedWhenItsFileCannotBeRead) {
  const std::vector<const char*> argv{"wemol-recorder", "--config", "/nonexistent/file.toml"};
  const auto options = parse_options(static_cast<int>(argv.size()), argv.data());
  ASSERT_FALSE(options);
  EXPECT_EQ(options.error().status, 2);
  EXPECT_NE(options.error().text.find("--config: takes "), std::string::npos)
      << options.error().text;
}

}  // namespace
}  // namespace wemol
