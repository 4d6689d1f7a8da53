#include "access_control.h"

#include <gtest/gtest.h>

namespace wemol::serve {
namespace {

constexpr const char* kToken = "0123456789abcdef";
constexpr const char* kPage = "https://status.example.org";

Request with_headers(Headers headers, std::string method = "GET") {
  return {.method = std::move(method), .headers = std::move(headers)};
}

unsigned status_of(const std::optional<Response>& refusal) {
  return refusal ? refusal->status : 0;
}

std::string header(const Response& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) {
      return value;
    }
  }
  return {};
}

TEST(AccessControl, WithoutTokenNoneIsAskedFor) {
  EXPECT_EQ(status_of(AccessControl({}).refusal(with_headers({}))), 0U);
}

TEST(AccessControl, TheTokenHasToBeTheRightOne) {
  const AccessControl access({.token = kToken});
  EXPECT_EQ(
      status_of(access.refusal(with_headers({{"authorization", std::string("bearer ") + kToken}}))),
      0U);
  EXPECT_EQ(status_of(access.refusal(
                with_headers({{"Authorization", std::string("Bearer  ") + kToken}}))),
            0U);
  for (const std::string given :
       {"", "Bearer", "Bearer ", "Bearer 0123456789abcde", "Bearer 0123456789abcdef0",
        "Bearer 0123456789abcdeF", "Basic 0123456789abcdef", "0123456789abcdef"}) {
    const auto refusal = access.refusal(with_headers({{"Authorization", given}}));
    ASSERT_EQ(status_of(refusal), 401U) << given;
    EXPECT_EQ(header(*refusal, "WWW-Authenticate"), "Bearer");
  }
  EXPECT_EQ(status_of(access.refusal(with_headers({}))), 401U);
}

TEST(AccessControl, ComparesWhole) {
  EXPECT_TRUE(equals_in_constant_time("abc", "abc"));
  EXPECT_FALSE(equals_in_constant_time("abcabc", "abc"));
  EXPECT_FALSE(equals_in_constant_time("ab", "abc"));
  EXPECT_FALSE(equals_in_constant_time("", "abc"));
  EXPECT_FALSE(equals_in_constant_time("a", ""));
  EXPECT_TRUE(equals_in_constant_time("", ""));
}

TEST(AccessControl, OnLoopbackOnlyLocalNamesAreAnswered) {
  const AccessControl access({.only_local_names = true});
  for (const char* const host : {"localhost", "localhost:8080", "LOCALHOST:1", "127.0.0.1:8080",
                                 "127.0.0.9", "[::1]:8080", "[::1]"}) {
    EXPECT_EQ(status_of(access.refusal(with_headers({{"Host", host}}))), 0U) << host;
  }
  for (const char* const host :
       {"evil.example", "evil.example:8080", "localhost.evil.example", "10.0.0.1", "[2001:db8::1]",
        "127.0.0.1.evil.example", "[::1", "localhost@evil.example"}) {
    EXPECT_EQ(status_of(access.refusal(with_headers({{"Host", host}}))), 403U) << host;
  }
  EXPECT_EQ(status_of(AccessControl({}).refusal(with_headers({{"Host", "evil.example"}}))), 0U);
}

TEST(AccessControl, NoOriginIsAllowedUnlessItIsNamed) {
  Response response;
  AccessControl({}).add_origin(with_headers({{"Origin", kPage}}), response);
  EXPECT_TRUE(response.headers.empty());

  const AccessControl access({.origins = {"http://other.example", kPage}});
  access.add_origin(with_headers({{"Origin", kPage}}), response);
  EXPECT_EQ(header(response, "Access-Control-Allow-Origin"), kPage);
  EXPECT_EQ(header(response, "Vary"), "Origin");
  for (const char* const origin :
       {"https://evil.example", "null", "http://status.example.org",
        "https://status.example.org.evil.example", "https://status.example.org:444", ""}) {
    Response other;
    access.add_origin(with_headers({{"Origin", origin}}), other);
    EXPECT_EQ(header(other, "Access-Control-Allow-Origin"), "") << origin;
    EXPECT_EQ(header(other, "Vary"), "Origin");
  }
}

TEST(AccessControl, APreflightNeedsNoToken) {
  const AccessControl access({.token = kToken, .origins = {kPage}});
  const Headers headers{{"Origin", kPage}, {"Access-Control-Request-Method", "GET"}};
  const auto answer = access.preflight(with_headers(headers, "OPTIONS"), "GET, HEAD, OPTIONS");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 204U);
  EXPECT_EQ(header(*answer, "Access-Control-Allow-Origin"), kPage);
  EXPECT_EQ(header(*answer, "Access-Control-Allow-Methods"), "GET, HEAD, OPTIONS");
  EXPECT_EQ(header(*answer, "Access-Control-Allow-Headers"), "Authorization, Content-Type");

  EXPECT_FALSE(access.preflight(with_headers(headers, "GET"), "GET"));
  EXPECT_FALSE(access.preflight(with_headers({{"Origin", kPage}}, "OPTIONS"), "GET"));
  EXPECT_FALSE(access.preflight(
      with_headers({{"Origin", "https://evil.example"}, {"Access-Control-Request-Method", "GET"}},
                   "OPTIONS"),
      "GET"));
}

TEST(AccessControl, AWebSocketOfAForeignPageIsRefused) {
  const AccessControl access({.origins = {kPage}});
  const auto status = [&](const char* origin) {
    Headers headers{{"Host", "localhost:8080"}};
    if (*origin != '\0') {
      headers.emplace_back("Origin", origin);
    }
    return status_of(access.websocket_refusal(with_headers(headers)));
  };
  EXPECT_EQ(status(""), 0U);  // a program, not a browser
  EXPECT_EQ(status(kPage), 0U);
  EXPECT_EQ(status("http://localhost:8080"), 0U);
  EXPECT_EQ(status("https://localhost:8080"), 0U);
  EXPECT_EQ(status("https://evil.example"), 403U);
  EXPECT_EQ(status("null"), 403U);
  EXPECT_EQ(status("http://localhost:8081"), 403U);
}

TEST(AccessControl, AWebSocketNeedsTheTokenToo) {
  EXPECT_EQ(status_of(AccessControl({.token = kToken}).websocket_refusal(with_headers({}))), 401U);
}

}  // namespace
}  // namespace wemol::serve
