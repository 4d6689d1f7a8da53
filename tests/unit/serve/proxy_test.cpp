#include "proxy.h"

#include <gtest/gtest.h>

namespace wemol::serve {
namespace {

class Proxy : public testing::Test {
 protected:
  /// From this address, with these headers.
  Request asked(const std::string& peer, Headers headers, const std::string& path = "/api") {
    Request request{.target = {.path = path}, .headers = std::move(headers), .peer = peer};
    request.headers.emplace_back("Host", "inner:7864");
    apply_proxy(rules_, request);
    return request;
  }

  ProxyRules rules_{.proxies = *parse_networks("127.0.0.1,10.0.0.0/24"), .base_path = "/gpu"};
};

TEST_F(Proxy, IsBelievedWhomItHasHeard) {
  const Request request = asked("127.0.0.1", {{"X-Forwarded-For", "198.51.100.4"},
                                              {"X-Forwarded-Proto", "https"},
                                              {"X-Forwarded-Host", "gpu.example.org"}});
  EXPECT_EQ(request.client, "198.51.100.4");
  EXPECT_TRUE(request.is_secure);
  EXPECT_EQ(request.host, "gpu.example.org");
}

TEST_F(Proxy, OthersAreNotBelieved) {
  const Request request = asked("198.51.100.9", {{"X-Forwarded-For", "127.0.0.1"},
                                                 {"X-Forwarded-Proto", "https"},
                                                 {"X-Forwarded-Host", "gpu.example.org"}});
  EXPECT_EQ(request.client, "198.51.100.9");
  EXPECT_FALSE(request.is_secure);
  EXPECT_EQ(request.host, "inner:7864");
}

TEST_F(Proxy, WhatTheClientHasWrittenBeforeTheProxyDoesNotCount) {
  EXPECT_EQ(asked("127.0.0.1", {{"X-Forwarded-For", "192.0.2.1, 198.51.100.4"}}).client,
            "198.51.100.4");
  // Two headers are one list; two proxies of ours in a row.
  EXPECT_EQ(asked("127.0.0.1",
                  {{"X-Forwarded-For", "192.0.2.1"}, {"x-forwarded-for", "198.51.100.4, 10.0.0.7"}})
                .client,
            "198.51.100.4");
}

TEST_F(Proxy, WritesAddressesWithPorts) {
  EXPECT_EQ(asked("127.0.0.1", {{"X-Forwarded-For", "198.51.100.4:5511"}}).client, "198.51.100.4");
  EXPECT_EQ(asked("127.0.0.1", {{"X-Forwarded-For", "[2001:db8::4]:5511"}}).client, "2001:db8::4");
  EXPECT_EQ(asked("127.0.0.1", {{"X-Forwarded-For", "2001:db8::4"}}).client, "2001:db8::4");
}

TEST_F(Proxy, SaysNobodyThenItIsItself) {
  EXPECT_EQ(asked("127.0.0.1", {}).client, "127.0.0.1");
  EXPECT_EQ(asked("127.0.0.1", {{"X-Forwarded-For", "127.0.0.1"}}).client, "127.0.0.1");
}

TEST_F(Proxy, TheBasePathIsTakenAwayWhereItIs) {
  EXPECT_EQ(asked("127.0.0.1", {}, "/gpu/api/hosts").target.path, "/api/hosts");
  EXPECT_EQ(asked("127.0.0.1", {}, "/gpu/").target.path, "/");
  EXPECT_EQ(asked("127.0.0.1", {}, "/gpu").target.path, "/gpu");
  EXPECT_EQ(asked("127.0.0.1", {}, "/api/hosts").target.path, "/api/hosts");
  EXPECT_EQ(asked("127.0.0.1", {}, "/gpus").target.path, "/gpus");
}

}  // namespace
}  // namespace wemol::serve
