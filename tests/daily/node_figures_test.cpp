// Means, completeness and held hours of a node's day.

#include "node_figures.h"

#include <gtest/gtest.h>

#include "node_day_samples.h"

namespace wemol::report::daily {
namespace {

using test::kDay;
using test::kPiece;
using test::whole;

FiguresRules rules(std::int64_t now = kDay.end_epoch) {
  return {.piece_seconds = kPiece, .now_epoch = now};
}

TaskUse task_of(const std::string& user, std::int64_t begin, std::optional<std::int64_t> end,
                unsigned index = 0) {
  return {.user = user, .begin_epoch = begin, .end_epoch = end, .cards = {{.index = index}}};
}

/// One GPU, busy in the second half of the day.
NodeDay half_busy_node(std::vector<TaskUse> tasks) {
  NodeDay node{.node = "n", .tasks = std::move(tasks)};
  node.cards = {{.index = 0}};
  node.cards[0].buckets =
      test::pieces({whole(0), 4.9, whole(5), whole(90)}, {whole(1), whole(1), whole(1), whole(1)});
  return node;
}

CardFigures first_card(const NodeDay& node, const FiguresRules& how = rules()) {
  return figures_of(node, kDay, how, false).cards.at(0);
}

TEST(NodeFigures, TheMeanOfTheNodeIsOfUnroundedMeansOfCardsWithData) {
  NodeDay node{.node = "n"};
  node.cards = {{.index = 0}, {.index = 1}, {.index = 2, .failure = "404"}};
  node.cards[0].buckets = test::pieces({0.004, 0.004}, {whole(1), whole(2)});
  node.cards[1].buckets = test::pieces({0.004, 0.005}, {std::nullopt, std::nullopt});
  const NodeFigures figures = figures_of(node, kDay, rules(), false);
  EXPECT_DOUBLE_EQ(*figures.utilization_percent(), (0.004 + 0.0045) / 2);
  EXPECT_DOUBLE_EQ(*figures.memory_percent(), 1.5);
  EXPECT_FALSE(figures.cards[1].memory.value());
  EXPECT_TRUE(figures.is_failed());
  EXPECT_TRUE(figures.has_data());
}

TEST(NodeFigures, NullIsLeftOutOfAMeanUnlessItIsToBeZero) {
  NodeDay node{.node = "n"};
  node.cards = {{.index = 0}};
  node.cards[0].buckets = test::pieces({whole(30), std::nullopt, whole(60)},
                                       {std::nullopt, std::nullopt, std::nullopt});
  EXPECT_DOUBLE_EQ(*first_card(node).utilization.value(), 45);
  EXPECT_FALSE(first_card(node).memory.value());
  FiguresRules as_zero = rules();
  as_zero.null_as_zero = true;
  EXPECT_DOUBLE_EQ(*first_card(node, as_zero).utilization.value(), 30);
  EXPECT_DOUBLE_EQ(*first_card(node, as_zero).memory.value(), 0);
  // A zero in place of what is not known makes nothing more complete.
  EXPECT_EQ(first_card(node, as_zero).completeness.known, 2);
}

TEST(NodeFigures, ANodeThatGaveNothingHasNoMeans) {
  const NodeFigures figures = figures_of({.node = "n", .failure = "dead"}, kDay, rules(), false);
  EXPECT_FALSE(figures.utilization_percent());
  EXPECT_FALSE(figures.memory_percent());
  EXPECT_FALSE(figures.has_data());
  EXPECT_TRUE(figures.is_failed());
}

TEST(NodeFigures, ACardOfWhichNothingIsKnownIsAFailureOnceThereShouldBeSomething) {
  NodeDay node{.node = "n"};
  node.cards = {{.index = 0}};
  node.cards[0].buckets = test::pieces({std::nullopt}, {std::nullopt});
  EXPECT_FALSE(first_card(node).failure);  // of a day that has just begun nothing is expected
  node.expected_buckets = 1;
  EXPECT_TRUE(first_card(node).failure);
  node.cards[0].failure = "404";
  EXPECT_EQ(first_card(node).failure, "404");
}

TEST(NodeFigures, CompletenessIsOfTheWholeDayAlsoWhereItHas23Or25Hours) {
  const auto expected_of = [](std::int64_t hours) {
    const Day day{.date = "d", .begin_epoch = 1743289200, .end_epoch = 1743289200 + hours * 3600};
    NodeDay node{.node = "n"};
    node.cards = {{.index = 0}};
    return figures_of(node, day, {.now_epoch = day.end_epoch}, false).completeness().expected;
  };
  EXPECT_EQ(expected_of(23), 2 * 138);
  EXPECT_EQ(expected_of(24), 2 * 144);
  EXPECT_EQ(expected_of(25), 2 * 150);
}

TEST(NodeFigures, UsersAreInOrderOfTimeEachOnce) {
  const std::int64_t at = kDay.begin_epoch;
  const auto card = first_card(
      half_busy_node({task_of("late", at + 900, at + 1000), task_of("early", at - 500, at + 10),
                      task_of("late", at + 2000, std::nullopt)}));
  EXPECT_EQ(card.users, (std::vector<std::string>{"early", "late"}));
}

TEST(NodeFigures, TasksOfOtherDaysAndOtherCardsAreNotOfThisOne) {
  const std::int64_t at = kDay.begin_epoch;
  const auto card = first_card(half_busy_node({task_of("before", at - 500, at - 1),
                                               task_of("after", kDay.end_epoch, kDay.end_epoch + 5),
                                               task_of("beside", at, at + 5, 1)}));
  ASSERT_TRUE(card.users);
  EXPECT_TRUE(card.users->empty());
}

TEST(NodeFigures, WithoutTasksUsersAreUnknownNotNobody) {
  NodeDay node = half_busy_node({});
  node.tasks.reset();
  EXPECT_FALSE(first_card(node).users);
  EXPECT_TRUE(figures_of(node, kDay, rules(), true).cards.at(0).users);
  node.cards[0].are_users_unknown = true;
  EXPECT_FALSE(figures_of(node, kDay, rules(), true).cards.at(0).users);
}

TEST(NodeFigures, ATaskHoldsAnHourAlsoWhereItIsIdle) {
  const auto card = first_card(half_busy_node({task_of("a", 0, std::nullopt)}));
  ASSERT_EQ(card.held.size(), 1U);
  EXPECT_DOUBLE_EQ(card.held[0].hours, 24);
  EXPECT_DOUBLE_EQ(card.held[0].idle_hours, 12);  // below 5 %; 5 % itself is use
  EXPECT_DOUBLE_EQ(*card.held[0].utilization.value(), (0 + 4.9 + 5 + 90) / 4);
}

TEST(NodeFigures, APieceThatIsHeldInPartCountsInPart) {
  const std::int64_t at = kDay.begin_epoch;
  const auto card = first_card(
      half_busy_node({task_of("a", at + kPiece + kPiece / 2, at + 2 * kPiece + kPiece / 4)}));
  EXPECT_DOUBLE_EQ(card.held[0].hours, 4.5);
  EXPECT_DOUBLE_EQ(card.held[0].idle_hours, 3);
  EXPECT_DOUBLE_EQ(*card.held[0].utilization.value(), (3 * 4.9 + 1.5 * 5) / 4.5);
}

TEST(NodeFigures, TwoTasksOfAUserOnACardHoldItOnce) {
  const std::int64_t at = kDay.begin_epoch;
  const auto card =
      first_card(half_busy_node({task_of("a", at, at + 7200), task_of("a", at + 3600, at + 10800),
                                 task_of("b", at, at + 60)}));
  ASSERT_EQ(card.held.size(), 2U);
  EXPECT_DOUBLE_EQ(card.held[0].hours, 3);
  EXPECT_DOUBLE_EQ(card.held[1].hours, 1.0 / 60);
}

TEST(NodeFigures, ARunningTaskIsCountedUpToNow) {
  const auto node = half_busy_node({task_of("a", 0, std::nullopt)});
  const auto card = first_card(node, rules(kDay.begin_epoch + 3600));
  EXPECT_DOUBLE_EQ(card.held[0].hours, 1);
}

TEST(NodeFigures, WhatIsNotKnownIsNotIdle) {
  NodeDay node = half_busy_node({task_of("a", 0, std::nullopt)});
  node.cards[0].buckets[0].utilization_percent.reset();
  const auto card = first_card(node);
  EXPECT_DOUBLE_EQ(card.held[0].hours, 24);
  EXPECT_DOUBLE_EQ(card.held[0].idle_hours, 6);
}

TEST(NodeFigures, UsersOfTheSourceItselfCountToo) {
  NodeDay node{.node = "n"};
  node.cards = {{.index = 0}};
  node.cards[0].users = {"a", "b"};
  node.cards[0].holds = {{"b", kDay.begin_epoch, kDay.begin_epoch + 3600}};
  const auto card = figures_of(node, kDay, rules(), true).cards.at(0);
  EXPECT_EQ(card.users, (std::vector<std::string>{"b", "a"}));
  ASSERT_EQ(card.held.size(), 1U);
  EXPECT_DOUBLE_EQ(card.held[0].hours, 1);
}

TEST(NodeFigures, OfSeveralDaysTheMeanIsOfAllPieces) {
  NodeDay one{.node = "n"};
  one.cards = {{.index = 1}};
  one.cards[0].buckets = test::pieces({whole(10), whole(10), whole(10)}, {1.0, 1.0, 1.0});
  NodeDay other{.node = "n"};
  other.cards = {{.index = 0}, {.index = 1, .failure = "late"}};
  other.cards[1].buckets = test::pieces({whole(50)}, {1.0});
  NodeFigures sum;
  add_day(figures_of(one, kDay, rules(), false), sum);
  add_day(figures_of(other, kDay, rules(), false), sum);
  ASSERT_EQ(sum.cards.size(), 2U);
  EXPECT_EQ(sum.cards[0].index, 0U);
  EXPECT_FALSE(sum.cards[0].has_data());
  EXPECT_DOUBLE_EQ(*sum.cards[1].utilization.value(), 20);
  EXPECT_EQ(sum.cards[1].failure, "late");
  EXPECT_EQ(sum.cards[1].completeness.expected, 16);
  EXPECT_EQ(sum.cards[1].completeness.known, 8);
}

TEST(NodeFigures, OfSeveralDaysHoursAddUp) {
  NodeFigures sum;
  const auto day =
      figures_of(half_busy_node({task_of("a", 0, std::nullopt)}), kDay, rules(), false);
  add_day(day, sum);
  add_day(day, sum);
  ASSERT_EQ(sum.cards.at(0).held.size(), 1U);
  EXPECT_DOUBLE_EQ(sum.cards[0].held[0].hours, 48);
  EXPECT_EQ(sum.cards[0].users, (std::vector<std::string>{"a"}));
}

}  // namespace
}  // namespace wemol::report::daily
