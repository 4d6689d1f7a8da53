#include "network.h"

#include <gtest/gtest.h>

namespace wemol::serve {
namespace {

bool has(const std::string& network, const std::string& address) {
  return Network::parse(network).value().contains(address);
}

TEST(Network, HasTheAddressesThatBeginWithItsBits) {
  EXPECT_TRUE(has("10.0.0.0/8", "10.255.1.2"));
  EXPECT_FALSE(has("10.0.0.0/8", "11.0.0.1"));
  EXPECT_TRUE(has("192.0.2.128/25", "192.0.2.129"));
  EXPECT_FALSE(has("192.0.2.128/25", "192.0.2.127"));
  EXPECT_TRUE(has("192.0.2.7", "192.0.2.7"));
  EXPECT_FALSE(has("192.0.2.7", "192.0.2.8"));
  EXPECT_TRUE(has("2001:db8::/33", "2001:db8:7fff::1"));
  EXPECT_FALSE(has("2001:db8::/33", "2001:db8:8000::1"));
  EXPECT_TRUE(has("0.0.0.0/0", "203.0.113.9"));
  EXPECT_FALSE(has("0.0.0.0/0", "2001:db8::1"));
  EXPECT_TRUE(has("::/0", "203.0.113.9"));
}

TEST(Network, KnowsAnAddressOfIpv4WithinIpv6) {
  EXPECT_TRUE(has("10.0.0.0/8", "::ffff:10.1.1.1"));
}

TEST(Network, UnixIsWhoComesByASocketAndNobodyElse) {
  EXPECT_TRUE(has("unix", "unix"));
  EXPECT_FALSE(has("unix", "127.0.0.1"));
  EXPECT_FALSE(has("0.0.0.0/0", "unix"));
}

TEST(Network, RefusesWhatIsNone) {
  for (const char* const text : {"", "/8", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0/8",
                                 "::/129", "host", "10.0.0.0/8/8"}) {
    EXPECT_FALSE(Network::parse(text)) << text;
  }
}

TEST(Network, AListHasCommas) {
  const auto networks = parse_networks(" 10.0.0.0/8 ,127.0.0.1");
  ASSERT_TRUE(networks);
  EXPECT_TRUE(contains(*networks, "127.0.0.1"));
  EXPECT_TRUE(contains(*networks, "10.9.9.9"));
  EXPECT_FALSE(contains(*networks, "127.0.0.2"));
  EXPECT_TRUE(parse_networks("")->empty());
  EXPECT_FALSE(parse_networks("10.0.0.0/8,"));
}

}  // namespace
}  // namespace wemol::serve
