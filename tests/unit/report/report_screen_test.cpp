// What depends on where the output goes: color, pager, progress.

#include <gtest/gtest.h>

#include "terminal.h"

namespace wemol::report {
namespace {

using namespace std::chrono_literals;

TEST(Color, IsForTerminalsWhoseUserHasNotRefusedIt) {
  const Terminal screen{.is_terminal = true};
  EXPECT_TRUE(color_is_welcome(screen, nullptr, "xterm"));
  EXPECT_TRUE(color_is_welcome(screen, "", nullptr)) << "an empty NO_COLOR is none";
  EXPECT_FALSE(color_is_welcome(screen, "1", "xterm"));
  EXPECT_FALSE(color_is_welcome(screen, nullptr, "dumb"));
  EXPECT_FALSE(color_is_welcome({.is_terminal = false}, nullptr, "xterm"));
}

TEST(Pager, IsTheUsersElseLess) {
  EXPECT_EQ(pager_command(nullptr), "less -FRX");
  EXPECT_EQ(pager_command("more"), "more");
  EXPECT_EQ(pager_command(""), "") << "none is wanted";
}

TEST(Pager, IsForWhatIsLongerThanTheScreen) {
  const Terminal screen{.is_terminal = true, .width = 80, .height = 3};
  EXPECT_FALSE(is_longer_than_screen("1\n2\n", screen));
  EXPECT_TRUE(is_longer_than_screen("1\n2\n3\n", screen)) << "with the prompt behind it";
}

TEST(Pager, MayBeLeftEarly) {
  const std::string long_text(1 << 20, 'x');
  EXPECT_TRUE(show_in_pager("exec true", long_text));
}

TEST(Progress, ShowsAfterASecondAndThenNowAndThen) {
  const ProgressLine::Time start;
  ProgressLine line(start);
  EXPECT_EQ(line.next(1, 4, start + 999ms), std::nullopt);
  EXPECT_EQ(line.wiped(), "") << "nothing was shown";
  EXPECT_EQ(line.next(1 << 20, 4 << 20, start + 1s), "\r\x1b[Kreading 4 MiB: 25 %");
  EXPECT_EQ(line.next(2 << 20, 4 << 20, start + 1100ms), std::nullopt);
  EXPECT_EQ(line.next(2 << 20, 4 << 20, start + 1200ms), "\r\x1b[Kreading 4 MiB: 50 %");
  EXPECT_EQ(line.wiped(), "\r\x1b[K");
}

TEST(Progress, OfNothingIsNoDivisionByZero) {
  ProgressLine line(ProgressLine::Time{});
  EXPECT_EQ(line.next(0, 0, ProgressLine::Time{} + 2s), "\r\x1b[Kreading 0 B: 0 %");
}

}  // namespace
}  // namespace wemol::report
