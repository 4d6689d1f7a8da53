// The hub's options stand in the program, its man page, the docs and the settings file.

#include <algorithm>
#include <fstream>
#include <regex>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "documented_block.h"
#include "hub_options.h"

namespace wemol::hub {
namespace {

using Lines = std::vector<std::string>;

/// "--history KIND = sqlite", "--verbose".
const Lines& contract() {
  static const Lines lines = [] {
    Lines options{"--listen ADDR = 127.0.0.1:7864",
                  "--state-dir DIR = /var/lib/wemol-hub",
                  "--tls-cert FILE",
                  "--tls-key FILE",
                  "--accept-legacy-reports NETS",
                  "--read-only-public",
                  "--trusted-proxies NETS",
                  "--base-path PATH",
                  "--server-name NAMES",
                  "--allow-origin ORIGINS",
                  "--history KIND = sqlite",
                  "--prometheus-url URL",
                  "--scrape-interval SECONDS = 15",
                  "--keep-10s DAYS = 1",
                  "--keep-1min DAYS = 14",
                  "--keep-10min DAYS = 400",
                  "--history-size GIB = 16",
                  "--record-dir DIR",
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
  const std::vector<const char*> argv{"wemol-hub", "--help-markdown"};
  const auto table = parse_hub_options(static_cast<int>(argv.size()), argv.data());
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

TEST(HubOptionsDocumented, TheProgramHasThoseOfTheContract) {
  const std::regex row(R"(\| `(--[^`]+)` \| (?:`(WEMOL_HUB_\w+)`)? \| (?:`([^`]+)`)? \|)");
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

TEST(HubOptionsDocumented, TheManPageHasThem) {
  const std::regex item(R"(^\.It Fl -([a-z0-9-]+)(?: Ar ([A-Z]+))?$)");
  Lines options;
  Lines variables;
  bool default_follows = false;
  for (const std::string& line : lines_of_file("man/wemol-hub.1")) {
    std::smatch found;
    if (std::regex_search(line, found, item)) {
      options.push_back("--" + found[1].str() + (found[2].matched ? " " + found[2].str() : ""));
    } else if (default_follows &&
               std::regex_search(line, found, std::regex(R"(^\.Ql (\S+) [.,]$)"))) {
      options.back() += " = " + found[1].str();
    } else if (std::regex_search(line, found, std::regex(R"(^\.Ev (WEMOL_HUB_\w+) [.,]$)"))) {
      variables.push_back(found[1]);
    }
    default_follows = line == "Default:";
  }
  std::ranges::sort(options);
  EXPECT_EQ(options, contract());
  const auto with_variable = std::ranges::count_if(
      contract(), [](const auto& option) { return !has_no_variable(option); });
  EXPECT_EQ(std::ssize(variables), with_variable + 1) << "and WEMOL_HUB_CONFIG";
}

TEST(HubOptionsDocumented, TheDocsHaveTheProgramsOwnTable) {
  EXPECT_EQ(test::documented_options("wemol-hub"), markdown()) << "run scripts/docs";
}

TEST(HubOptionsDocumented, TheSettingsFileHasAKeyForEach) {
  const std::regex setting(R"re(^([a-z][a-z0-9-]*) = )re");
  Lines keys;
  for (const std::string& line : lines_of_file("config/wemol-hub.toml")) {
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

TEST(HubOptionsDocumented, TheSettingsFileIsTheDefaults) {
  const std::string file = std::string(WEMOL_PROJECT_DIR) + "/config/wemol-hub.toml";
  const std::vector<const char*> with_file{"wemol-hub", "--config", file.c_str()};
  const auto options = parse_hub_options(static_cast<int>(with_file.size()), with_file.data());
  ASSERT_TRUE(options) << options.error().text;
  const std::vector<const char*> without{"wemol-hub"};
  const auto defaults = parse_hub_options(static_cast<int>(without.size()), without.data());
  ASSERT_TRUE(defaults);
  EXPECT_EQ(options->listen.text(), defaults->listen.text());
  EXPECT_EQ(options->state_dir, defaults->state_dir);
  EXPECT_EQ(options->tls_cert, defaults->tls_cert);
  EXPECT_EQ(options->keep_days, defaults->keep_days);
  EXPECT_EQ(options->history_gib, defaults->history_gib);
  EXPECT_EQ(options->history, defaults->history);
  EXPECT_EQ(options->scrape_interval, defaults->scrape_interval);
  EXPECT_EQ(options->is_exposed(), defaults->is_exposed());
  EXPECT_TRUE(options->alerts.empty());
}

}  // namespace
}  // namespace wemol::hub
