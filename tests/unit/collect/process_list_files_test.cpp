#include <gtest/gtest.h>

#include "process_files.h"

namespace wemol {
namespace {

/// As the kernel writes it, with another name.
std::string stat_of(const std::string& name) {
  return "4711 (" + name +
         ") S 17 4711 4711 34816 -1 4194560 100 200 3 4 1500 250 90 80 20 0 12 0 123456 8192000 "
         "345 18446744073709551615 1 1 0 0 0 0 0 0 65536 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 0\n";
}

TEST(ProcessStat, HasTheFieldsOfTheKernel) {
  const auto text = stat_of("python3");
  const auto stat = parse_process_stat(text);
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->pid, 4711U);
  EXPECT_EQ(stat->name, "python3");
  EXPECT_EQ(stat->state, 'S');
  EXPECT_EQ(stat->parent_pid, 17U);
  EXPECT_EQ(stat->cpu_ticks, 1750U);
  EXPECT_EQ(stat->threads, 12U);
  EXPECT_EQ(stat->start_ticks, 123456U);
  EXPECT_EQ(stat->resident_pages, 345U);
  EXPECT_FALSE(stat->is_kernel_thread);
}

TEST(ProcessStat, AnythingMayStandInTheName) {
  for (const char* name : {"a b", "(sd-pam)", ") R 1 2", "", "x) S (", "a\nb", "\xff\xfe"}) {
    const auto text = stat_of(name);
    const auto stat = parse_process_stat(text);
    ASSERT_TRUE(stat) << name;
    EXPECT_EQ(stat->name, name);
    EXPECT_EQ(stat->start_ticks, 123456U);
  }
}

TEST(ProcessStat, ThreadsOfTheKernelAreToldByTheirFlag) {
  const auto stat = parse_process_stat(
      "2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 11 0 0 20 0 1 0 25 0 0 18446744073709551615 "
      "0\n");
  ASSERT_TRUE(stat);
  EXPECT_TRUE(stat->is_kernel_thread);
  EXPECT_EQ(stat->resident_pages, 0U);
}

TEST(ProcessStat, TextThatIsNoneIsNothing) {
  EXPECT_FALSE(parse_process_stat(""));
  EXPECT_FALSE(parse_process_stat("4711 python3 S 17"));
  EXPECT_FALSE(parse_process_stat("4711 (python3) S 17 4711 4711 34816 -1 4194560 100 200"));
  EXPECT_FALSE(parse_process_stat("x (python3) S 1 1 1 0 -1 0 1 2 3 4 5 6 7 8 9 0 1 0 1 2 3\n"));
}

TEST(CommandLine, ArgumentsAreDividedByBlanks) {
  using namespace std::string_view_literals;
  EXPECT_EQ(command_line_text("python3\0train.py\0--name\0a b\0"sv), "python3 train.py --name a b");
  EXPECT_EQ(command_line_text(""sv), "");
  EXPECT_EQ(command_line_text("sshd: user [priv]\0\0\0\0"sv), "sshd: user [priv]");
  EXPECT_EQ(command_line_text("a\0\0b\0"sv), "a  b") << "an empty argument is one";
}

TEST(CommandLine, IsFitForALineOfText) {
  EXPECT_EQ(command_line_text("caf\xc3\xa9 \xff\xfe\n\x1b[31m"), "caf\xc3\xa9 ??  [31m");
  EXPECT_LE(command_line_text(std::string(1 << 20, 'x')).size(), kCommandLineBytes + 3);
}

}  // namespace
}  // namespace wemol
