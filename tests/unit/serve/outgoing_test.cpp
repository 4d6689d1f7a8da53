#include "outgoing.h"

#include <memory>

#include <gtest/gtest.h>

namespace wemol::serve {
namespace {

struct Client {
  explicit Client(Outgoing& all) : way(all, *this) {}
  void drop() { is_dropped = true; }

  bool is_dropped = false;
  Outgoing::Way way;
};

Text text_of(std::size_t bytes) {
  return make_text(std::string(bytes, 'x'));
}

TEST(Outgoing, ATextCountsOnceHoweverManyGetIt) {
  Outgoing all(100);
  Client first(all);
  Client second(all);
  const Text text = text_of(60);
  first.way.begin(text);
  second.way.begin(text);
  EXPECT_EQ(all.bytes(), 60U);
  first.way.end();
  first.way.end();
  EXPECT_EQ(all.bytes(), 60U);
  second.way.begin(text_of(7));
  EXPECT_EQ(all.bytes(), 7U);
  EXPECT_FALSE(first.is_dropped || second.is_dropped);
}

TEST(Outgoing, ThoseThatTakeLongestGo) {
  Outgoing all(100);
  Client slowest(all);
  Client slow(all);
  Client third(all);
  Client fourth(all);
  slowest.way.begin(text_of(40));
  slow.way.begin(text_of(40));
  third.way.begin(text_of(20));
  EXPECT_FALSE(slowest.is_dropped);
  fourth.way.begin(text_of(30));
  EXPECT_TRUE(slowest.is_dropped);
  EXPECT_FALSE(slow.is_dropped || third.is_dropped || fourth.is_dropped);
  EXPECT_EQ(all.bytes(), 90U);
}

TEST(Outgoing, NobodyGoesForATextThatIsNeededAnyway) {
  Outgoing all(100);
  Client oldest(all);
  Client other(all);
  Client newest(all);
  const Text large = text_of(150);
  oldest.way.begin(large);
  EXPECT_FALSE(oldest.is_dropped) << "one always has its way";
  other.way.begin(text_of(1));
  EXPECT_TRUE(oldest.is_dropped);
  oldest.way.begin(large);
  EXPECT_TRUE(other.is_dropped);
  oldest.is_dropped = false;
  newest.way.begin(large);
  EXPECT_FALSE(oldest.is_dropped);
  EXPECT_EQ(all.bytes(), 150U);
}

TEST(Outgoing, WhoHasGoneCountsNoMore) {
  Outgoing all(100);
  auto client = std::make_unique<Client>(all);
  client->way.begin(text_of(60));
  client.reset();
  EXPECT_EQ(all.bytes(), 0U);
}

}  // namespace
}  // namespace wemol::serve
