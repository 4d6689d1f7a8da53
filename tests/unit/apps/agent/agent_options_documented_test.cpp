// The agent's options stand in the program, its man page, the docs and the settings file.

#include <algorithm>
#include <fstream>
#include <regex>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "agent_options.h"
#include "documented_block.h"

namespace wemol::agent {
namespace {

using Lines = std::vector<std::string>;

/// "--rest-api-port PORT = 8080", "--verbose".
const Lines& contract() {
  static const Lines lines = [] {
    Lines options{"--listen ADDR",
                  "--rest-api-port PORT = 8080",
                  "--listen-on-localhost",
                  "--portfile FILE",
                  "--parent-pid PID = 0",
                  "--node-id ID",
                  "--token-file FILE",
                  "--allow-origin ORIGINS",
                  "--recorder-socket PATH = /run/wemol-recorder/snapshots.sock",
                  "--processes SCOPE = gpu",
                  "--queue-lock-dir DIR = /run/lock/wemol-queue",
                  "--interval SECONDS = 2",
                  "--hub URL",
                  "--hub-token-file FILE",
                  "--hub-ca FILE",
                  "--hub-hostname NAME",
                  "--hub-kill-users USERS",
                  "--device-history DIR",
                  "--device-interval SECONDS = 60",
                  "--device-compress-after DAYS = 7",
                  "--device-keep DAYS = 400",
                  "--verbose",
                  "--check",
                  "--version",
                  "--config FILE",
                  "--help"};
    std::ranges::sort(options);
    return options;
  }();
  return lines;
}

std::string markdown() {
  const std::vector<const char*> argv{"wemol-agent", "--help-markdown"};
  const auto table = parse_agent_options(static_cast<int>(argv.size()), argv.data());
  EXPECT_FALSE(table);
  EXPECT_EQ(table.error().status, 0);
  return table.error().text;
}

Lines lines_of_file(const std::string& path_in_project) {
  std::ifstream file(std::string(WEMOL_PROJECT_DIR) + "/" + path_in_project);
  EXPECT_TRUE(file) << path_in_project;
  Lines lines;
  for (std::string line; std::getline(file, line);) {
    lines.push_back(line);
  }
  return lines;
}

bool has_no_variable(const std::string& option) {
  return option == "--check" || option == "--version" || option == "--help" ||
         option.starts_with("--config ");
}

TEST(AgentOptionsDocumented, TheProgramHasThoseOfTheContract) {
  const std::regex row(R"(\| `(--[^`]+)` \| (?:`(WEMOL_AGENT_\w+)`)? \| (?:`([^`]+)`)? \|)");
  Lines options;
  std::istringstream table(markdown());
  for (std::string line; std::getline(table, line);) {
    std::smatch found;
    if (std::regex_search(line, found, row)) {
      options.push_back(found[1].str() + (found[3].matched ? " = " + found[3].str() : ""));
      EXPECT_NE(found[2].matched, has_no_variable(found[1])) << line;
    }
  }
  std::ranges::sort(options);
  EXPECT_EQ(options, contract());
}

TEST(AgentOptionsDocumented, TheManPageHasThem) {
  const std::regex item(R"(^\.It Fl -([a-z-]+)(?: Ar ([A-Z]+))?$)");
  Lines options;
  Lines variables;
  bool default_follows = false;
  for (const std::string& line : lines_of_file("man/wemol-agent.1")) {
    std::smatch found;
    if (std::regex_search(line, found, item)) {
      options.push_back("--" + found[1].str() + (found[2].matched ? " " + found[2].str() : ""));
    } else if (default_follows &&
               std::regex_search(line, found, std::regex(R"(^\.Ql (\S+) [.,]$)"))) {
      options.back() += " = " + found[1].str();
    } else if (std::regex_search(line, found, std::regex(R"(^\.Ev (WEMOL_AGENT_\w+) [.,]$)"))) {
      variables.push_back(found[1]);
    }
    default_follows = line == "Default:";
  }
  std::ranges::sort(options);
  EXPECT_EQ(options, contract());
  const auto with_variable = std::ranges::count_if(
      contract(), [](const auto& option) { return !has_no_variable(option); });
  EXPECT_EQ(std::ssize(variables), with_variable + 1) << "and WEMOL_AGENT_CONFIG";
}

TEST(AgentOptionsDocumented, TheDocsHaveTheProgramsOwnTable) {
  EXPECT_EQ(test::documented_options("wemol-agent"), markdown()) << "run scripts/docs";
}

TEST(AgentOptionsDocumented, TheSettingsFileHasAKeyForEach) {
  const std::regex setting(R"re(^([a-z][a-z-]*) = )re");
  Lines keys;
  for (const std::string& line : lines_of_file("config/wemol-agent.toml")) {
    std::smatch found;
    if (std::regex_search(line, found, setting)) {
      keys.push_back("--" + found[1].str());
    }
  }
  Lines wanted;
  for (const std::string& option : contract()) {
    if (!has_no_variable(option)) {
      wanted.push_back(option.substr(0, option.find(' ')));
    }
  }
  std::ranges::sort(keys);
  std::ranges::sort(wanted);
  EXPECT_EQ(keys, wanted);
}

}  // namespace
}  // namespace wemol::agent
