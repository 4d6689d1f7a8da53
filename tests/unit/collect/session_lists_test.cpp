#include "session_lists.h"

#include <gtest/gtest.h>

#include "text_file.h"

namespace wemol {
namespace {

using State = TerminalSession::State;

TEST(ScreenList, HasEachState) {
  const TerminalSessions expected{
      {.pid = 26791, .name = "multi", .state = State::detached, .is_shared = true},
      {.pid = 26782, .name = "train.v1.2-final", .state = State::detached},
      {.pid = 26800, .name = "multiatt", .state = State::attached, .is_shared = true},
      {.pid = 26788, .name = "with space", .state = State::detached},
      {.pid = 26795, .name = "attached", .state = State::attached},
      {.pid = 26785, .name = ".gpu7", .state = State::detached},
      {.pid = 26779, .name = "plain", .state = State::detached},
      {.pid = 26811, .name = "doomed", .state = State::dead}};
  EXPECT_EQ(parse_screen_list(test::fixture("screen/4.09.00-own.txt")), expected);
}

TEST(ScreenList, TheStateOfAnotherUsersSessionIsUnknown) {
  EXPECT_EQ(parse_screen_list(test::fixture("screen/4.09.00-other-user.txt")),
            (TerminalSessions{{.pid = 26823, .name = "others"}}));
}

TEST(ScreenList, MayBeEmpty) {
  EXPECT_EQ(parse_screen_list(test::fixture("screen/4.09.00-none.txt")), TerminalSessions());
  EXPECT_EQ(parse_screen_list(""), TerminalSessions());
}

TEST(ScreenList, OtherBuildsLeaveTheDateOut) {
  EXPECT_EQ(parse_screen_list("There is a screen on:\n\t4711.a.b\t(Attached)\n1 Socket in /x.\n"),
            (TerminalSessions{{.pid = 4711, .name = "a.b", .state = State::attached}}));
  EXPECT_EQ(parse_screen_list("\t4711.a\t(Removed)\n\t12.b\t(Remote or dead)\n"),
            (TerminalSessions{{.pid = 4711, .name = "a", .state = State::dead},
                              {.pid = 12, .name = "b", .state = State::dead}}));
}

TEST(ScreenList, WhatIsNoSessionIsPassedOver) {
  EXPECT_EQ(parse_screen_list("\tname\t(Detached)\n\t12\t(Detached)\n\t12.a\n\t-1.a\t(Detached)\n"
                              "12.a\t(Detached)\n\t12.half\t(Detached)"),
            TerminalSessions());
  const auto odd = parse_screen_list("\t12.a\x1b[31m\xff\t(Detached)\n");
  ASSERT_EQ(odd.size(), 1U);
  EXPECT_EQ(odd[0].name, "a [31m?");
}

TEST(TmuxList, HasNamesWithBlanks) {
  EXPECT_EQ(parse_tmux_list(test::fixture("tmux/3.3a.txt")),
            (TerminalSessions{{.pid = 26858, .name = "a b_c", .state = State::detached},
                              {.pid = 26858, .name = "col_on", .state = State::detached},
                              {.pid = 26858, .name = "one", .state = State::attached}}));
  EXPECT_EQ(parse_tmux_list("no server running on /tmp/tmux-0/default\n1 2\n1 2 \nx 2 a\n"),
            TerminalSessions());
}

}  // namespace
}  // namespace wemol
