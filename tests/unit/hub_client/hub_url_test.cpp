#include "hub_url.h"

#include <gtest/gtest.h>

namespace wemol::hub_client {
namespace {

std::string text_of(const std::string& url) {
  const auto parsed = parse_hub_url(url);
  return parsed ? parsed->text() : "-";
}

TEST(HubUrl, HasSchemeHostPortAndPath) {
  const auto url = parse_hub_url("https://hub.example.org:8443/gpus/");
  ASSERT_TRUE(url);
  EXPECT_TRUE(url->is_tls);
  EXPECT_EQ(url->host, "hub.example.org");
  EXPECT_EQ(url->port, 8443);
  EXPECT_EQ(url->base_path, "/gpus");
  EXPECT_EQ(url->authority(), "hub.example.org:8443");
  EXPECT_EQ(url->text(), "https://hub.example.org:8443/gpus");
}

TEST(HubUrl, PortsNeedNotBeNamed) {
  EXPECT_EQ(parse_hub_url("https://hub")->port, 443);
  EXPECT_EQ(parse_hub_url("http://hub/")->port, 7864);
  EXPECT_EQ(parse_hub_url("https://hub")->authority(), "hub");
  EXPECT_EQ(parse_hub_url("http://hub:80")->authority(), "hub");
}

TEST(HubUrl, TakesAddresses) {
  const auto v6 = parse_hub_url("http://[::1]:7864");
  ASSERT_TRUE(v6);
  EXPECT_EQ(v6->host, "::1");
  EXPECT_EQ(v6->authority(), "[::1]:7864");
  EXPECT_TRUE(v6->is_loopback());
  EXPECT_TRUE(parse_hub_url("http://127.0.0.1:1")->is_loopback());
  EXPECT_TRUE(parse_hub_url("http://localhost")->is_loopback());
  EXPECT_FALSE(parse_hub_url("http://10.1.2.3")->is_loopback());
}

TEST(HubUrl, RefusesWhatIsNone) {
  for (const char* const url :
       {"", "hub", "hub:7864", "ftp://hub", "http://", "http://:80", "http://hub:0",
        "http://hub:65536", "http://hub:", "http://lin:pw@hub", "http://hub/?a=b", "http://hub/#a",
        "http://[::1", "http://[::1]x", "http://[hub]", "http://hub/a b", "http://a\r\nb",
        "http://hub/\r\nX: y"}) {
    EXPECT_EQ(text_of(url), "-") << url;
  }
}

}  // namespace
}  // namespace wemol::hub_client
