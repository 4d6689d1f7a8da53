// Users over nodes and days.

#include "user_figures.h"

#include <gtest/gtest.h>

namespace wemol::report::daily {
namespace {

CardFigures card_of(unsigned index, std::vector<HeldTime> held) {
  CardFigures card{.index = index, .users = std::vector<std::string>{}};
  for (const HeldTime& one : held) {
    card.users->push_back(one.user);
  }
  card.held = std::move(held);
  return card;
}

TEST(UserFigures, AddUpCardsOfAllNodesTheGreatestFirst) {
  NodeFigures one{.node = "gpu1"};
  one.cards = {card_of(0, {{"a", 2, 1}, {"b", 30, 0}}), card_of(1, {{"a", 3, 0.5}})};
  NodeFigures two{.node = "gpu2"};
  two.cards = {card_of(0, {{"a", 4, 0}})};
  const auto users = user_figures({one, two});
  ASSERT_EQ(users.size(), 2U);
  EXPECT_EQ(users[0].user, "b");
  EXPECT_EQ(users[1].user, "a");
  EXPECT_DOUBLE_EQ(users[1].gpu_hours, 9);
  EXPECT_DOUBLE_EQ(users[1].idle_gpu_hours, 1.5);
  EXPECT_EQ(users[1].cards.size(), 3U);
  EXPECT_TRUE(users[1].has_all_hours);
}

TEST(UserFigures, SayWhereHoursAreNotAllKnown) {
  NodeFigures node{.node = "gpu1"};
  node.cards = {card_of(0, {{"a", 2, 1}}), card_of(1, {})};
  node.cards[1].users = {"a"};
  const auto users = user_figures({node});
  ASSERT_EQ(users.size(), 1U);
  EXPECT_FALSE(users[0].has_all_hours);
}

}  // namespace
}  // namespace wemol::report::daily
