#include "kill_policy.h"

#include <gtest/gtest.h>

namespace wemol::hub_client {
namespace {

using namespace std::chrono_literals;

constexpr SteadyTime kNow{1000s};

HostSample sample_with(std::uint64_t pid, std::uint64_t start_ticks, SteadyTime at) {
  ProcessSample process;
  process.facts = {.pid = pid, .start_ticks = start_ticks, .name = "python", .user_id = 1000};
  process.user = "lin";
  process.started_at = std::chrono::system_clock::time_point(start_ticks * 10ms);
  HostSample sample;
  sample.measured_at = at;
  sample.process_list = {process};
  return sample;
}

TEST(ReportedProcesses, APidMeansTheProcessThatWasReported) {
  ReportedProcesses reported;
  reported.note(sample_with(4711, 500, kNow));
  const auto found = reported.find(4711, std::nullopt, kNow);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->start_ticks, 500U);
  EXPECT_EQ(found->user, "lin");
  EXPECT_FALSE(reported.find(4712, std::nullopt, kNow));
  EXPECT_TRUE(reported.find(4711, 5.004, kNow)) << "rounded by the report";
  EXPECT_FALSE(reported.find(4711, 6.0, kNow));
}

TEST(ReportedProcesses, APidThatWasUsedAgainMeansNobodyForAWhile) {
  ReportedProcesses reported;
  reported.note(sample_with(4711, 500, kNow));
  reported.note(sample_with(4711, 900, kNow + 5s));
  EXPECT_FALSE(reported.find(4711, std::nullopt, kNow + 5s)) << "a page may show the first one";
  EXPECT_FALSE(reported.find(4711, 5.0, kNow + 5s));
  ASSERT_TRUE(reported.find(4711, 9.0, kNow + 5s)) << "the hub says which";
  reported.note(sample_with(4711, 900, kNow + 65s));
  EXPECT_TRUE(reported.find(4711, std::nullopt, kNow + 65s));
}

TEST(ReportedProcesses, ThoseThatAreGoneAreForgotten) {
  ReportedProcesses reported;
  reported.note(sample_with(4711, 500, kNow));
  reported.note(sample_with(12, 500, kNow + 61s));
  EXPECT_FALSE(reported.find(4711, std::nullopt, kNow + 61s));
}

TEST(ReportedProcesses, WhatOnlyADriverNamesIsNone) {
  ReportedProcesses reported;
  reported.note(sample_with(99, 0, kNow));
  EXPECT_FALSE(reported.find(99, std::nullopt, kNow));
}

TEST(KillPolicy, AllowsNobodysByDefault) {
  const KillTarget target{.pid = 4711, .user = "lin"};
  EXPECT_FALSE(KillPolicy{}.allows(target));
  EXPECT_TRUE((KillPolicy{{"maria", "lin"}}.allows(target)));
  EXPECT_FALSE(KillPolicy{{"maria"}}.allows(target));
  EXPECT_FALSE(KillPolicy{{""}}.allows(KillTarget{.pid = 4711}));
}

TEST(KillObjection, StandsAgainstTheKernelAndUsersThatDiffer) {
  const KillTarget target{.pid = 4711, .start_ticks = 5, .user_id = 1000};
  const Self self{.pid = 77, .group = 77};
  LiveProcess live{.start_ticks = 5, .parent_pid = 1, .group = 4711, .user_id = 1000};
  EXPECT_EQ(objection(target, live, self), std::nullopt);
  live.is_kernel_thread = true;
  EXPECT_EQ(objection(target, live, self), KillOutcome::denied);
  live.is_kernel_thread = false;
  live.user_id = std::nullopt;
  EXPECT_EQ(objection(target, live, self), KillOutcome::denied) << "setuid";
  EXPECT_EQ(objection(target, std::nullopt, self), KillOutcome::gone);
}

}  // namespace
}  // namespace wemol::hub_client
