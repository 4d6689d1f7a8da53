// The options of wemol-report stand in the program, its man page and the docs; they are the same
// ones.

#include <algorithm>
#include <array>
#include <fstream>
#include <optional>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "documented_block.h"
#include "report_options.h"

namespace wemol::report {
namespace {

using Lines = std::vector<std::string>;

/// "--format F = table", "--module NAME", "--no-pager".
std::string option_line(const std::string& name, const std::string& value_name,
                        const std::string& default_value) {
  return "--" + name + (value_name.empty() ? "" : " " + value_name) +
         (default_value.empty() ? "" : " = " + default_value);
}

Lines sorted(Lines lines) {
  std::ranges::sort(lines);
  return lines;
}

const Lines& contract() {
  static const Lines lines = sorted(
      {"--since TIME", "--until TIME", "--module NAME", "--from F = ledger", "--threads N = 0",
       "--format F = table", "--color WHEN = auto", "--no-pager", "--gpu-hour-cores N = 16",
       "--percentile P = 95", "--margin PERCENT = 20", "--minimum-tasks N = 10",
       "--oom-growth PERCENT = 50", "--cores-from F = max", "--metric NAME",
       "--queue-lock-dir DIR = /run/lock/wemol-queue", "--version", "--help"});
  return lines;
}

Lines lines_of(std::istream& text) {
  EXPECT_TRUE(text);
  Lines lines;
  for (std::string line; std::getline(text, line);) {
    lines.push_back(line);
  }
  return lines;
}

Lines lines_of_file(const std::string& path_in_project) {
  std::ifstream file(std::string(WEMOL_PROJECT_DIR) + "/" + path_in_project);
  return lines_of(file);
}

std::optional<std::smatch> match(const std::string& line, const std::regex& pattern) {
  std::smatch found;
  return std::regex_search(line, found, pattern) ? std::optional(found) : std::nullopt;
}

TEST(DocumentedReportOptions, HelpHasThem) {
  const std::array<const char*, 2> arguments{"wemol-report", "--help"};
  const auto help = parse_report_options(arguments.size(), arguments.data(), {});
  ASSERT_FALSE(help);
  std::istringstream text(help.error().text);
  // "  -h,--help  …", "  --format F=table  …", "  --module NAME ...  …"
  const std::regex pattern(R"(^ {2}(?:-\w,)?--([a-z-]+)(?: ([A-Z]+))?(?:=(\S+))?)");
  Lines options;
  for (const std::string& line : lines_of(text)) {
    if (const auto found = match(line, pattern)) {
      options.push_back(option_line((*found)[1], (*found)[2], (*found)[3]));
    }
  }
  EXPECT_EQ(sorted(options), contract());
}

TEST(DocumentedReportOptions, TheManPageHasThem) {
  const std::regex item(R"(^\.It (?:Fl h , )?Fl -([a-z-]+)(?: Ar ([A-Z]+))?$)");
  const std::regex value(R"(^\.Ql (\S+) \.$)");
  Lines options;
  bool default_follows = false;
  for (const std::string& line : lines_of_file("man/wemol-report.1")) {
    if (const auto found = match(line, item)) {
      options.push_back(option_line((*found)[1], (*found)[2], ""));
    } else if (const auto found_value = match(line, value); found_value && default_follows) {
      ASSERT_FALSE(options.empty());
      options.back() += " = " + (*found_value)[1].str();
    }
    default_follows = line == "Default:";
  }
  EXPECT_EQ(sorted(options), contract());
}

TEST(DocumentedReportOptions, TheDocsHaveTheProgramsOwnTable) {
  const std::array<const char*, 2> arguments{"wemol-report", "--help-markdown"};
  const auto table = parse_report_options(arguments.size(), arguments.data(), {});
  ASSERT_FALSE(table);
  EXPECT_EQ(table.error().status, 0);
  EXPECT_NE(table.error().text.find("| `--format F` |  | `table` |"), std::string::npos);
  EXPECT_EQ(test::documented_options("wemol-report"), table.error().text) << "run scripts/docs";
}

}  // namespace
}  // namespace wemol::report
