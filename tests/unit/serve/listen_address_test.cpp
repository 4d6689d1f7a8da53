#include "listen_address.h"

#include <gtest/gtest.h>

namespace wemol::serve {
namespace {

TEST(ListenAddress, TakesIpAddressesWithPort) {
  const auto v4 = parse_listen_address("192.0.2.7:8080");
  ASSERT_TRUE(v4) << v4.error().message;
  EXPECT_EQ(v4->host, "192.0.2.7");
  EXPECT_EQ(v4->port, 8080);
  EXPECT_FALSE(v4->is_v6());
  const auto v6 = parse_listen_address("[2001:db8::7]:0");
  ASSERT_TRUE(v6) << v6.error().message;
  EXPECT_EQ(v6->host, "2001:db8::7");
  EXPECT_EQ(v6->port, 0);
  EXPECT_TRUE(v6->is_v6());
}

TEST(ListenAddress, TakesUnixSockets) {
  const auto unix_socket = parse_listen_address("unix:/run/wemol-agent/agent.sock");
  ASSERT_TRUE(unix_socket) << unix_socket.error().message;
  EXPECT_TRUE(unix_socket->is_unix());
  EXPECT_EQ(unix_socket->path, "/run/wemol-agent/agent.sock");
}

TEST(ListenAddress, IsWrittenAsItIsRead) {
  for (const char* const text : {"127.0.0.1:80", "[::1]:8080", "unix:/run/x.sock", "0.0.0.0:0"}) {
    const auto address = parse_listen_address(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->text(), text);
  }
  EXPECT_EQ(parse_listen_address("localhost:8080")->text(), "127.0.0.1:8080");
}

TEST(ListenAddress, KnowsWhatOnlyThisHostReaches) {
  for (const char* const text : {"127.0.0.1:80", "127.9.9.9:80", "[::1]:80", "unix:/run/x"}) {
    EXPECT_TRUE(parse_listen_address(text)->is_local()) << text;
  }
  for (const char* const text : {"0.0.0.0:80", "[::]:80", "10.0.0.1:80", "[::ffff:127.0.0.1]:80"}) {
    EXPECT_FALSE(parse_listen_address(text)->is_local()) << text;
  }
}

TEST(ListenAddress, RefusesWhatItCannotMean) {
  for (const std::string text :
       {"", "8080", ":8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1",
        "127.0.0.1: 80", "example.org:80", "::1:80", "[::1]", "[::1:80", "[]:80", "[localhost]:80",
        "unix:", "127.0.0.1:80/path", "256.0.0.1:80"}) {
    const auto address = parse_listen_address(text);
    EXPECT_FALSE(address) << text;
    EXPECT_NE(address.error().message.find("ADDR:PORT"), std::string::npos);
  }
  EXPECT_FALSE(parse_listen_address("unix:" + std::string(108, 'x')));
  EXPECT_TRUE(parse_listen_address("unix:" + std::string(107, 'x')));
}

TEST(ListenAddress, SaysThatIpv6NeedsBrackets) {
  EXPECT_NE(parse_listen_address("2001:db8::7:8080").error().message.find("brackets"),
            std::string::npos);
}

}  // namespace
}  // namespace wemol::serve
