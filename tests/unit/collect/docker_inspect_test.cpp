#include <gtest/gtest.h>

#include "docker_commands.h"

namespace wemol::docker {
namespace {

using Status = CommandOutcome::Status;

const std::string kA(64, 'a');

TEST(DockerInspect, ARunThatGoesOnHasAStartAndNoEnd) {
  const auto runs =
      parse_inspect(kA + "\ttrue\t2026-11-22T09:28:58.5Z\t0001-01-01T00:00:00Z\t0\tfalse\n");
  ASSERT_EQ(runs.size(), 1U);
  EXPECT_EQ(runs[0].container_id, kA);
  EXPECT_TRUE(runs[0].is_running);
  EXPECT_EQ(runs[0].started_at, WallTime(std::chrono::milliseconds(1795339738500)));
  EXPECT_FALSE(runs[0].finished_at);
  EXPECT_FALSE(runs[0].exit_code);
  EXPECT_EQ(runs[0].oom_killed, false);
}

TEST(DockerInspect, ARunThatIsOverTellsHowItEnded) {
  const auto runs =
      parse_inspect(kA + "\tfalse\t2026-11-22T09:28:58Z\t2026-11-22T10:29:00+01:00\t137\ttrue\n");
  ASSERT_EQ(runs.size(), 1U);
  EXPECT_EQ(*runs[0].finished_at - *runs[0].started_at, std::chrono::seconds(2));
  EXPECT_EQ(runs[0].exit_code, 137);
  EXPECT_EQ(runs[0].oom_killed, true);
}

TEST(DockerInspect, WhatIsNoContainerIsLeftOut) {
  EXPECT_TRUE(parse_inspect("[]\n" + kA + "\ttrue\n\nx\ttrue\ta\tb\tc\td\n" + kA).empty());
}

TEST(DockerInspect, OnlyAnAnswerSaysThatAContainerIsGone) {
  EXPECT_TRUE(has_answered_for_all({.status = Status::exited}));
  EXPECT_TRUE(has_answered_for_all(
      {.status = Status::exited, .code = 1, .standard_error = "Error: No such container: " + kA}));
  EXPECT_FALSE(has_answered_for_all({.status = Status::exited,
                                     .code = 1,
                                     .standard_error = "Cannot connect to the Docker daemon"}));
  EXPECT_FALSE(has_answered_for_all({.status = Status::timed_out}));
}

}  // namespace
}  // namespace wemol::docker
