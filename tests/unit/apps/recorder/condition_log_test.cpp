#include "condition_log.h"

#include <gtest/gtest.h>

#include "log_capture.h"

namespace wemol {
namespace {

using namespace std::chrono_literals;
using test::LogCapture;

class ConditionsInLog : public testing::Test {
 protected:
  void report(const Conditions& conditions) {
    now += 5s;
    log.report(conditions, now);
  }
  LogCapture capture;
  ConditionLog log;
  SteadyTime now{1000s};
  Condition away{.key = "docker", .severity = Severity::error, .message = "docker is away"};
};

TEST_F(ConditionsInLog, BeginAndEndAreSaidOnce) {
  report({away});
  report({away});
  report({away});
  EXPECT_EQ(capture.lines(), std::vector<std::string>{"error docker is away"});
  report({});
  report({});
  EXPECT_EQ(capture.lines().size(), 2U);
  EXPECT_EQ(capture.lines()[1], "info over after 15 s and 3 rounds: docker is away");
}

TEST_F(ConditionsInLog, WhatComesBackIsSaidAgain) {
  report({away});
  report({});
  report({away});
  EXPECT_EQ(capture.count("error docker is away"), 2U);
}

TEST_F(ConditionsInLog, ReminderComesEveryTenMinutesWithTheLatestWords) {
  report({away});
  away.message = "docker is still away";
  for (int i = 0; i < 119; ++i) {
    report({away});
  }
  EXPECT_EQ(capture.lines().size(), 1U);
  report({away});
  ASSERT_EQ(capture.lines().size(), 2U);
  EXPECT_EQ(capture.lines()[1], "error for 600 s now, in 121 rounds: docker is still away");
}

TEST_F(ConditionsInLog, WithoutFollowUpThereIsNoReminderAndNoEnd) {
  away.follow_up = false;
  for (int i = 0; i < 200; ++i) {
    report({away});
  }
  report({});
  EXPECT_EQ(capture.lines().size(), 1U);
}

TEST_F(ConditionsInLog, WithoutFollowUpItIsNotSaidAgainWhenItComesBackWithinAnHour) {
  away.follow_up = false;
  report({away});
  report({});
  report({away});
  EXPECT_EQ(capture.lines().size(), 1U);
  report({});
  now += 1h;
  report({});
  report({away});
  EXPECT_EQ(capture.lines().size(), 2U);
}

TEST_F(ConditionsInLog, SeverityIsTheConditions) {
  away.severity = Severity::info;
  report({away});
  report({{.key = "x", .severity = Severity::warning, .message = "careful"}});
  EXPECT_EQ(capture.lines()[0], "info docker is away");
  EXPECT_EQ(capture.lines()[1], "warning careful");
}

TEST_F(ConditionsInLog, SameConditionOfSeveralContainersCountsOncePerRound) {
  report({away, away});
  report({});
  EXPECT_EQ(capture.lines()[1], "info over after 5 s and 1 round: docker is away");
}

}  // namespace
}  // namespace wemol
