#include "engine_client.h"

#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "api_version.h"
#include "fake_http_client.h"

namespace wemol::engine {
namespace {

using Lines = std::vector<std::string>;

const std::string kEngine29 = R"({"Version":"29.0.0","ApiVersion":"1.52","MinAPIVersion":"1.44"})";
const std::string kEngine20 =
    R"({"Version":"20.10.24","ApiVersion":"1.41","MinAPIVersion":"1.12"})";
const std::string kEngine19 =
    R"({"Version":"19.03.15","ApiVersion":"1.40","MinAPIVersion":"1.12"})";

class Engine : public testing::Test {
 protected:
  void get(const std::string& target) {
    client.get(target, [this, target](const Result<HttpAnswer>& answer) {
      heard.push_back(target + " " + (answer ? answer->body : answer.error().message));
      code = answer ? 0 : answer.error().code;
    });
  }
  void stream(const std::string& target) {
    client.stream(target, {.opened = [this] { heard.emplace_back("opened"); },
                           .received = [this](std::string_view text) { heard.emplace_back(text); },
                           .closed =
                               [this](const Error& error) {
                                 heard.push_back("closed " + error.message);
                                 code = error.code;
                               }});
  }

  test::FakeHttpClient http;
  EngineClient client{http};
  Lines heard;
  int code = 0;
};

TEST_F(Engine, IsAskedForItsVersionFirstAndOnce) {
  stream("/events");
  get("/containers/json");
  EXPECT_EQ(http.targets, Lines{"/version"});
  EXPECT_TRUE(http.answer("/version", kEngine29));
  EXPECT_EQ(http.targets, (Lines{"/version", "/v1.52/events", "/v1.52/containers/json"}));
  get("/containers/x/json");
  EXPECT_EQ(http.targets.back(), "/v1.52/containers/x/json");
  http.open_stream();
  http.feed("event");
  EXPECT_TRUE(http.answer("/v1.52/containers/json", "list"));
  EXPECT_EQ(heard, (Lines{"opened", "event", "/containers/json list"}));
}

TEST_F(Engine, IsAskedAgainAfterAllWasGivenUp) {
  get("/containers/json");
  EXPECT_TRUE(http.answer("/version", kEngine20));
  client.cancel_all();
  EXPECT_TRUE(http.waiting_for().empty());
  get("/containers/json");
  EXPECT_TRUE(http.answer("/version", kEngine29)) << "it may have been updated";
  EXPECT_EQ(http.waiting_for(), Lines{"/v1.52/containers/json"});
}

TEST_F(Engine, NobodyIsCalledForWhatWasGivenUpBeforeTheVersionWasKnown) {
  stream("/events");
  get("/containers/json");
  client.cancel_all();
  EXPECT_FALSE(http.is_asked("/version"));
  get("/next");
  EXPECT_TRUE(http.answer("/version", kEngine20));
  EXPECT_EQ(http.targets, (Lines{"/version", "/version", "/v1.41/next"}));
  EXPECT_TRUE(heard.empty());
}

TEST_F(Engine, ThatCannotBeReachedFailsAllThatWait) {
  stream("/events");
  get("/containers/json");
  EXPECT_TRUE(http.answer("/version", failure("/run/x: Connection refused", ECONNREFUSED)));
  EXPECT_EQ(heard, (Lines{"closed /run/x: Connection refused",
                          "/containers/json /run/x: Connection refused"}));
  EXPECT_EQ(code, ECONNREFUSED);
  get("/containers/json");
  EXPECT_TRUE(http.is_asked("/version")) << "the next question tries again";
}

TEST_F(Engine, WithoutACommonVersionFailsAllThatWait) {
  stream("/events");
  EXPECT_TRUE(http.answer("/version", kEngine19));
  ASSERT_EQ(heard.size(), 1U);
  EXPECT_TRUE(heard.front().starts_with("closed version 19.03.15 speaks no newer API than 1.40"));
  EXPECT_EQ(code, kNoCommonVersion);
  EXPECT_EQ(http.targets, Lines{"/version"});
}

TEST_F(Engine, IsNoneWhenItHasNoVersion) {
  get("/containers/json");
  EXPECT_TRUE(http.answer("/version", "404 page not found\n", 404));
  EXPECT_EQ(heard.front(),
            "/containers/json asked for its version it says: HTTP status 404: 404 page not found ");
  EXPECT_EQ(code, kNoEngine);
  get("/containers/json");
  EXPECT_TRUE(http.answer("/version", "<html>"));
  EXPECT_EQ(heard.back(), "/containers/json asked for its version it says: <html>");
}

TEST_F(Engine, WhoIsToldOfAFailureMayGiveUpTheRest) {
  client.get("/1", [this](const Result<HttpAnswer>& /*answer*/) {
    client.cancel_all();
    get("/3");
  });
  get("/2");
  EXPECT_TRUE(http.answer("/version", failure("away")));
  EXPECT_TRUE(heard.empty());
  EXPECT_TRUE(http.answer("/version", kEngine20));
  EXPECT_EQ(http.waiting_for(), Lines{"/v1.41/3"});
}

}  // namespace
}  // namespace wemol::engine
