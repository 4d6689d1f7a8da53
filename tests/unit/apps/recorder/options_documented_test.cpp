// The options are written down in six places. Here each of them is compared with the contract.

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <optional>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "documented_block.h"
#include "options.h"

namespace wemol {
namespace {

using Strings = std::vector<std::string>;

struct ContractOption {
  std::string_view name;
  std::string_view value_name = {};     ///< empty: a flag
  std::string_view default_value = {};  ///< empty: none
};

constexpr std::array<ContractOption, 19> kContract{{
    {.name = "interval", .value_name = "SECONDS", .default_value = "5"},
    {.name = "log-level", .value_name = "LEVEL", .default_value = "INFO"},
    {.name = "output-dir", .value_name = "DIR", .default_value = "module_resource"},
    {.name = "log-file", .value_name = "FILE", .default_value = "wemol_resource_monitor.log"},
    {.name = "task-root", .value_name = "DIR", .default_value = "/data/PRG/RCall"},
    {.name = "container-prefix", .value_name = "P", .default_value = "wemol_rc_task"},
    {.name = "source", .value_name = "S", .default_value = "docker-cli"},
    {.name = "rounds", .value_name = "N", .default_value = "0"},
    {.name = "command-timeout", .value_name = "SECONDS", .default_value = "10"},
    {.name = "sync", .value_name = "LEVEL", .default_value = "started"},
    {.name = "publish", .value_name = "PATH"},
    {.name = "device-history", .value_name = "DIR"},
    {.name = "device-interval", .value_name = "SECONDS", .default_value = "60"},
    {.name = "device-compress-after", .value_name = "DAYS", .default_value = "7"},
    {.name = "device-keep", .value_name = "DAYS", .default_value = "400"},
    {.name = "config", .value_name = "FILE"},
    {.name = "check"},
    {.name = "version"},
    {.name = "help"},
}};

/// One option as all places write it: "--interval SECONDS = 5", "--config FILE", "--check".
std::string option_line(std::string_view name, std::string_view value_name,
                        std::string_view default_value) {
  std::string line = "--" + std::string(name);
  line += value_name.empty() ? "" : " " + std::string(value_name);
  line += default_value.empty() ? "" : " = " + std::string(default_value);
  return line;
}

std::string environment_name(std::string_view option) {
  std::string name = "WEMOL_RECORDER_" + std::string(option);
  for (char& c : name) {
    c = c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return name;
}

Strings sorted(Strings strings) {
  std::ranges::sort(strings);
  return strings;
}

template <typename Text>
Strings of_contract(const std::function<bool(const ContractOption&)>& wanted, Text text_of) {
  Strings texts;
  for (const ContractOption& option : kContract) {
    if (wanted(option)) {
      texts.push_back(text_of(option));
    }
  }
  return sorted(std::move(texts));
}

bool takes_value(const ContractOption& option) {
  return !option.value_name.empty();
}

bool has_default(const ContractOption& option) {
  return !option.default_value.empty();
}

Strings contract_lines() {
  return of_contract([](const ContractOption&) { return true; },
                     [](const ContractOption& option) {
                       return option_line(option.name, option.value_name, option.default_value);
                     });
}

Strings contract_environment() {
  return of_contract(takes_value,
                     [](const ContractOption& option) { return environment_name(option.name); });
}

Strings lines_of_file(const std::string& path_in_project) {
  std::ifstream file(std::string(WEMOL_PROJECT_DIR) + "/" + path_in_project);
  EXPECT_TRUE(file) << path_in_project;
  Strings lines;
  for (std::string line; std::getline(file, line);) {
    lines.push_back(line);
  }
  return lines;
}

std::optional<std::smatch> match(const std::string& line, const std::regex& pattern) {
  std::smatch found;
  return std::regex_search(line, found, pattern) ? std::optional(found) : std::nullopt;
}

class DocumentedOptions : public testing::Test {
 protected:
  void SetUp() override {
    for (const ContractOption& option : kContract) {
      unsetenv(environment_name(option.name).c_str());
    }
  }

  static tl::expected<Options, EarlyExit> parse(Strings arguments) {
    arguments.insert(arguments.begin(), "wemol-recorder");
    std::vector<const char*> argv;
    std::ranges::transform(arguments, std::back_inserter(argv),
                           [](const std::string& argument) { return argument.c_str(); });
    return parse_options(static_cast<int>(argv.size()), argv.data());
  }

  static void expect_defaults(const tl::expected<Options, EarlyExit>& options) {
    ASSERT_TRUE(options) << options.error().text;
    const auto defaults = parse({});
    ASSERT_TRUE(defaults) << defaults.error().text;
    EXPECT_EQ(options->interval, defaults->interval);
    EXPECT_EQ(options->log_level, defaults->log_level);
    EXPECT_EQ(options->output_dir, defaults->output_dir);
    EXPECT_EQ(options->log_file, defaults->log_file);
    EXPECT_EQ(options->task_root, defaults->task_root);
    EXPECT_EQ(options->container_prefix, defaults->container_prefix);
    EXPECT_EQ(options->rounds, defaults->rounds);
    EXPECT_EQ(options->command_timeout, defaults->command_timeout);
    EXPECT_EQ(options->sync, defaults->sync);
    EXPECT_EQ(options->publish, defaults->publish);
    EXPECT_EQ(options->device_history.folder, defaults->device_history.folder);
    EXPECT_EQ(options->device_history.interval, defaults->device_history.interval);
    EXPECT_EQ(options->device_history.compress_after_days,
              defaults->device_history.compress_after_days);
    EXPECT_EQ(options->device_history.keep_days, defaults->device_history.keep_days);
    EXPECT_EQ(options->check, defaults->check);
  }
};

TEST_F(DocumentedOptions, TheDefaultsOfTheContractHold) {
  Strings arguments;
  for (const ContractOption& option : kContract) {
    if (has_default(option)) {
      arguments.push_back("--" + std::string(option.name));
      arguments.emplace_back(option.default_value);
    }
  }
  expect_defaults(parse(arguments));
}

TEST_F(DocumentedOptions, HelpAgreesWithTheContract) {
  const auto help = parse({"--help"});
  ASSERT_FALSE(help);
  EXPECT_EQ(help.error().status, 0);
  // "  -h,--help  …", "  --interval SECONDS=5 (Env:WEMOL_RECORDER_INTERVAL)", "  --config FILE  …"
  const std::regex pattern(
      R"(^ {2}(?:-\w,)?--([a-z-]+)(?: ([A-Z]+))?(?:=(\S*))?(?: \(Env:(\w+)\))?)");
  Strings options;
  Strings environment{"WEMOL_RECORDER_CONFIG"};  // CLI11 prints none for its config option
  std::string rest = help.error().text;
  for (std::size_t end = rest.find('\n'); end != std::string::npos; end = rest.find('\n')) {
    const std::string line = rest.substr(0, end);
    rest.erase(0, end + 1);
    if (const auto found = match(line, pattern)) {
      options.push_back(option_line((*found)[1].str(), (*found)[2].str(), (*found)[3].str()));
      if ((*found)[4].matched) {
        environment.push_back((*found)[4]);
      }
    }
  }
  EXPECT_EQ(sorted(options), contract_lines());
  EXPECT_EQ(sorted(environment), contract_environment());
}

TEST_F(DocumentedOptions, TheManPageAgreesWithTheContract) {
  const std::regex item(R"(^\.It (?:Fl h , )?Fl -([a-z-]+)(?: Ar ([A-Z]+))?$)");
  const std::regex variable(R"(^\.It Ev (WEMOL_RECORDER_\w+)$)");
  Strings options;
  Strings environment;
  bool default_follows = false;
  for (std::string line : lines_of_file("man/wemol-recorder.1")) {
    line = std::regex_replace(line, std::regex(R"(\\-)"), "-");
    if (const auto found = match(line, item)) {
      options.push_back(option_line((*found)[1].str(), (*found)[2].str(), ""));
    } else if (const auto name = match(line, variable)) {
      environment.push_back((*name)[1]);
    } else if (const auto value = match(line, std::regex(R"(^\.Ql (\S+) \.$)"));
               value && default_follows) {
      ASSERT_FALSE(options.empty());
      options.back() += " = " + (*value)[1].str();
    }
    default_follows = line == "Default:";
  }
  EXPECT_EQ(sorted(options), contract_lines());
  EXPECT_EQ(sorted(environment), contract_environment());
}

TEST_F(DocumentedOptions, TheDocsHaveTheProgramsOwnTable) {
  const auto table = parse({"--help-markdown"});
  ASSERT_FALSE(table);
  EXPECT_EQ(table.error().status, 0);
  EXPECT_NE(table.error().text.find("| `--interval SECONDS` | `WEMOL_RECORDER_INTERVAL` | `5` |"),
            std::string::npos);
  EXPECT_EQ(test::documented_options("wemol-recorder"), table.error().text) << "run scripts/docs";
}

TEST_F(DocumentedOptions, TheConfigurationFileAgreesWithTheContract) {
  const std::regex setting(R"re(^(?:# ?)?([a-z][a-z-]*) = "?([^"]*)"?$)re");
  Strings settings;
  for (const std::string& line : lines_of_file("config/wemol-recorder.toml")) {
    if (const auto found = match(line, setting)) {
      settings.push_back((*found)[1].str() + " = " + (*found)[2].str());
    }
  }
  const auto is_setting = [](const ContractOption& option) {
    return takes_value(option) && option.name != "config";
  };
  EXPECT_EQ(sorted(settings), of_contract(is_setting, [](const ContractOption& option) {
              return std::string(option.name) + " = " + std::string(option.default_value);
            }));
}

TEST_F(DocumentedOptions, TheConfigurationFileChangesNothing) {
  expect_defaults(
      parse({"--config", std::string(WEMOL_PROJECT_DIR) + "/config/wemol-recorder.toml"}));
}

}  // namespace
}  // namespace wemol
