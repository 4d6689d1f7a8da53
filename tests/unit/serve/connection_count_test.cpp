#include "connection_count.h"

#include <gtest/gtest.h>

#include "listener.h"

namespace wemol::serve {
namespace {

TEST(ConnectionCount, HasALimitInAllAndForEachClient) {
  ConnectionCount count({.all = 4, .per_client = 2});
  EXPECT_EQ(count.enter("a"), Admission::granted);
  EXPECT_EQ(count.enter("a"), Admission::granted);
  EXPECT_EQ(count.enter("a"), Admission::too_many_of_client);
  EXPECT_EQ(count.enter("b"), Admission::granted);
  EXPECT_EQ(count.enter("c"), Admission::granted);
  EXPECT_EQ(count.enter("d"), Admission::too_many);
  EXPECT_EQ(count.all(), 4U);
}

TEST(ConnectionCount, WhoLeavesMakesRoom) {
  ConnectionCount count({.all = 2, .per_client = 1});
  EXPECT_EQ(count.enter("a"), Admission::granted);
  count.leave("a");
  EXPECT_EQ(count.enter("a"), Admission::granted);
  EXPECT_EQ(count.enter("a"), Admission::too_many_of_client);
  EXPECT_EQ(count.all(), 1U);
}

TEST(ConnectionCount, ThisHostItselfHasOnlyTheLimitInAll) {
  ConnectionCount count({.all = 3, .per_client = 1});
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(count.enter(""), Admission::granted);
  }
  EXPECT_EQ(count.enter(""), Admission::too_many);
}

TEST(ConnectionCount, AnIpv6NetworkIsOneClient) {
  EXPECT_EQ(client_key("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
  EXPECT_EQ(client_key("2001:db8:1:2::9"), "2001:db8:1:2::");
  EXPECT_NE(client_key("2001:db8:1:3::9"), "2001:db8:1:2::");
  EXPECT_EQ(client_key("192.0.2.7"), "192.0.2.7");
}

}  // namespace
}  // namespace wemol::serve
