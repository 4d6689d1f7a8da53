#include "router.h"

#include <gtest/gtest.h>

namespace wemol::serve {
namespace {

Request request(std::string method, std::string path) {
  return {.method = std::move(method), .target = {.path = std::move(path)}};
}

std::string header(const Response& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) {
      return value;
    }
  }
  return {};
}

class RouterTest : public testing::Test {
 protected:
  RouterTest() {
    router_.add("GET", "/a", [](const Request& /*request*/) { return json_response("got"); });
    router_.add("GET", "/b", [](const Request& /*request*/) { return json_response("b"); });
    router_.add("POST", "/b", [](const Request& /*request*/) { return json_response("posted"); });
    router_.add_websocket("/ws", [](const Request& /*request*/) { return Subscription{}; });
  }
  Response answer(std::string method, std::string path) {
    return router_.answer(request(std::move(method), std::move(path)));
  }

  Router router_;
};

TEST_F(RouterTest, AsksTheHandlerOfPathAndMethod) {
  EXPECT_EQ(*answer("GET", "/a").body, "got");
  EXPECT_EQ(*answer("POST", "/b").body, "posted");
  EXPECT_EQ(*answer("HEAD", "/a").body, "got");
}

TEST_F(RouterTest, UnknownPathsAre404) {
  for (const char* const path : {"/", "/a/", "/A", "/a/b", "//a", "/../a"}) {
    const Response response = answer("GET", path);
    EXPECT_EQ(response.status, 404U) << path;
    EXPECT_EQ(response.body->find(R"({"status":"error","message":")"), 0U);
  }
  EXPECT_EQ(answer("BREW", "/nothing").status, 404U);
}

TEST_F(RouterTest, OtherMethodsAre405AndTellWhatIsAllowed) {
  const Response response = answer("DELETE", "/a");
  EXPECT_EQ(response.status, 405U);
  EXPECT_EQ(header(response, "Allow"), "GET, HEAD, OPTIONS");
  EXPECT_EQ(header(answer("BREW", "/b"), "Allow"), "GET, HEAD, POST, OPTIONS");
}

TEST_F(RouterTest, OptionsTellsWhatIsAllowed) {
  const Response response = answer("OPTIONS", "/b");
  EXPECT_EQ(response.status, 204U);
  EXPECT_EQ(header(response, "Allow"), "GET, HEAD, POST, OPTIONS");
}

TEST_F(RouterTest, AWebSocketNeedsTheUpgrade) {
  EXPECT_EQ(answer("GET", "/ws").status, 426U);
  EXPECT_EQ(header(answer("GET", "/ws"), "Upgrade"), "websocket");
  EXPECT_EQ(answer("POST", "/ws").status, 405U);
  EXPECT_NE(router_.websocket("/ws"), nullptr);
  EXPECT_EQ(router_.websocket("/a"), nullptr);
}

TEST_F(RouterTest, APathThatIsNoTextIsAnsweredInJson) {
  const Response response = answer("GET", "/\xff\x1b[31m\"");
  EXPECT_EQ(response.status, 404U);
  EXPECT_EQ(response.body->find('\x1b'), std::string::npos);
  EXPECT_EQ(response.body->find('\xff'), std::string::npos);
}

}  // namespace
}  // namespace wemol::serve
