// A real server and WebSocket clients, good and bad ones.

#include <gtest/gtest.h>

#include "raw_client.h"
#include "served.h"

namespace wemol::serve {
namespace {

using namespace std::chrono_literals;
using test::RawClient;
using test::Served;

class WebSocketServer : public testing::Test {
 protected:
  /// Restarts the server with these.
  void serve(ServerSettings settings) {
    Router router;
    router.add_websocket("/ws",
                         [this](const Request& request) -> tl::expected<Subscription, Response> {
                           if (request.target.query.contains("node_id")) {
                             return tl::make_unexpected(error_response(404, "another node"));
                           }
                           return Subscription{topic_, make_text("greeting")};
                         });
    router.add_websocket("/other", [this](const Request& /*request*/) {
      return Subscription{other_, {}};
    });
    served_ = std::make_unique<Served>(std::move(settings), std::move(router));
  }
  void publish(const std::string& text) {
    served_->tell([&] { topic_->publish(make_text(text)); });
  }
  std::size_t subscribers() {
    return served_->ask<std::size_t>([&] { return topic_->subscribers(); });
  }
  /// A client that has had its greeting.
  RawClient client() {
    RawClient client(served_->port());
    EXPECT_TRUE(client.open_websocket("/ws").starts_with("HTTP/1.1 101 "));
    EXPECT_EQ(client.frame()->payload, "greeting");
    return client;
  }
  void wait_for_subscribers(std::size_t count) {
    const auto due = std::chrono::steady_clock::now() + 20s;
    while (subscribers() != count) {
      ASSERT_LT(std::chrono::steady_clock::now(), due) << subscribers();
      std::this_thread::yield();
    }
  }

  std::shared_ptr<Topic> topic_ = std::make_shared<Topic>();
  std::shared_ptr<Topic> other_ = std::make_shared<Topic>();
  std::unique_ptr<Served> served_;
};

TEST_F(WebSocketServer, GivesTheGreetingThenEachTextToAll) {
  serve({});
  RawClient first = client();
  RawClient second = client();
  wait_for_subscribers(2);
  for (const char* const text : {"1", "2"}) {
    publish(text);
    for (RawClient* const client : {&first, &second}) {
      const auto frame = client->frame();
      ASSERT_TRUE(frame);
      EXPECT_EQ(frame->opcode, RawClient::kText);
      EXPECT_EQ(frame->payload, text);
    }
  }
}

TEST_F(WebSocketServer, TheHandshakeIsThatOfTheStandard) {
  serve({});
  RawClient client(served_->port());
  const std::string answer = client.open_websocket("/ws");
  EXPECT_NE(answer.find("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"),
            std::string::npos)
      << answer;
}

TEST_F(WebSocketServer, TopicsAreKeptApart) {
  serve({});
  RawClient other(served_->port());
  ASSERT_TRUE(other.open_websocket("/other").starts_with("HTTP/1.1 101 "));
  RawClient own = client();
  wait_for_subscribers(1);
  publish("own");
  served_->tell([&] { other_->publish(make_text("other")); });
  EXPECT_EQ(other.frame()->payload, "other");
  EXPECT_EQ(own.frame()->payload, "own");
}

TEST_F(WebSocketServer, WhoIsNotTakenOnGetsAnHttpAnswer) {
  serve({});
  RawClient foreign(served_->port());
  EXPECT_TRUE(foreign.open_websocket("/ws?node_id=x").starts_with("HTTP/1.1 404 "));
  RawClient page(served_->port());
  EXPECT_TRUE(
      page.open_websocket("/ws", "Origin: http://evil.example\r\n").starts_with("HTTP/1.1 403 "));
  RawClient plain(served_->port());
  plain.get("/ws");
  EXPECT_TRUE(plain.answer().starts_with("HTTP/1.1 426 "));
  RawClient nowhere(served_->port());
  EXPECT_TRUE(nowhere.open_websocket("/nothing").starts_with("HTTP/1.1 404 "));
  EXPECT_EQ(subscribers(), 0U);
}

TEST_F(WebSocketServer, AHandshakeThatIsNoneGetsAnErrorLikeAllOthers) {
  serve({});
  const auto answer_to = [&](const std::string& version, const std::string& key) {
    RawClient client(served_->port());
    client.get("/ws", "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: " +
                          version + "\r\nSec-WebSocket-Key: " + key + "\r\n");
    return client.rest().value_or("it stays open");
  };
  const std::string key = "dGhlIHNhbXBsZSBub25jZQ==";
  const std::string old = answer_to("8", key);
  EXPECT_TRUE(old.starts_with("HTTP/1.1 426 ")) << old;
  EXPECT_NE(old.find("Sec-WebSocket-Version: 13\r\n"), std::string::npos) << old;
  EXPECT_TRUE(answer_to("", key).starts_with("HTTP/1.1 426 "));
  for (const std::string& wrong : {std::string(), std::string("x"), key + key}) {
    const std::string answer = answer_to("13", wrong);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 ")) << answer;
    EXPECT_NE(answer.find(R"({"status":"error","message":")"), std::string::npos) << answer;
  }
}

TEST_F(WebSocketServer, NeedsTheToken) {
  serve({.access = {.token = "0123456789abcdef"}});
  RawClient without(served_->port());
  EXPECT_TRUE(without.open_websocket("/ws").starts_with("HTTP/1.1 401 "));
  RawClient with(served_->port());
  EXPECT_TRUE(with.open_websocket("/ws", "Authorization: Bearer 0123456789abcdef\r\n")
                  .starts_with("HTTP/1.1 101 "));
}

TEST_F(WebSocketServer, AClosedClientIsForgotten) {
  serve({});
  {
    RawClient polite = client();
    RawClient rude = client();
    wait_for_subscribers(2);
    polite.send_frame(RawClient::kClose, std::string("\x03\xe8", 2));
    EXPECT_EQ(polite.close_code(), 1000);
    wait_for_subscribers(1);
  }
  wait_for_subscribers(0);
  while (served_->connections() > 0) {
    std::this_thread::yield();
  }
}

TEST_F(WebSocketServer, AnswersPings) {
  serve({});
  RawClient pinging = client();
  pinging.send_frame(RawClient::kPing, "abc");
  const auto pong = pinging.frame();
  ASSERT_TRUE(pong);
  EXPECT_EQ(pong->opcode, RawClient::kPong);
  EXPECT_EQ(pong->payload, "abc");
}

TEST_F(WebSocketServer, BrokenFramesCloseWithTheRightCode) {
  serve({});
  const auto code_after = [&](const std::function<void(RawClient&)>& say) {
    RawClient broken = client();
    say(broken);
    return broken.close_code();
  };
  EXPECT_EQ(code_after([](RawClient& it) { it.send_frame(RawClient::kText, "x", false); }), 1002)
      << "without a mask";
  EXPECT_EQ(code_after([](RawClient& it) { it.send_frame(3, "x"); }), 1002) << "a reserved opcode";
  EXPECT_EQ(code_after([](RawClient& it) { it.send_frame(0, "x"); }), 1002) << "the end of nothing";
  EXPECT_EQ(
      code_after([](RawClient& it) { it.send_frame(RawClient::kPing, std::string(126, 'x')); }),
      1002)
      << "a long ping";
  EXPECT_EQ(code_after([](RawClient& it) { it.send(std::string("\xf1\x80\0\0\0\0", 6)); }), 1002)
      << "reserved bits";
  EXPECT_EQ(code_after([](RawClient& it) { it.send_frame(RawClient::kText, "\xff\xfe"); }), 1007)
      << "no UTF-8";
  EXPECT_EQ(
      code_after([](RawClient& it) { it.send_frame(RawClient::kText, std::string(5000, 'x')); }),
      1009)
      << "a long message";
  wait_for_subscribers(0);
}

TEST_F(WebSocketServer, WhatClientsSayIsDropped) {
  serve({});
  RawClient talking = client();
  wait_for_subscribers(1);
  talking.send_frame(RawClient::kText, R"({"type":"subscribe"})");
  talking.send_frame(2, std::string("\0\xff", 2));
  publish("text");
  EXPECT_EQ(talking.frame()->payload, "text");
}

TEST_F(WebSocketServer, WhoTalksWithoutEndIsClosed) {
  serve({.websocket = {.frames_per_second = 1}});
  RawClient talking = client();
  for (int i = 0; i < 11; ++i) {
    talking.send_frame(RawClient::kText, "x");
  }
  EXPECT_EQ(talking.close_code(), 1008);
}

TEST_F(WebSocketServer, PingsAndDropsWhoDoesNotAnswer) {
  serve({.websocket = {.ping_every = 100ms, .silence = 300ms}, .websocket_look_every = 20ms});
  RawClient deaf = client();
  EXPECT_EQ(deaf.frame()->opcode, RawClient::kPing);
  EXPECT_TRUE(deaf.rest());
  wait_for_subscribers(0);
}

TEST_F(WebSocketServer, WhoAnswersPingsStays) {
  serve({.websocket = {.ping_every = 50ms, .silence = 2s}, .websocket_look_every = 10ms});
  RawClient good = client();
  for (int i = 0; i < 20; ++i) {
    const auto ping = good.frame();
    ASSERT_TRUE(ping);
    ASSERT_EQ(ping->opcode, RawClient::kPing);
    good.send_frame(RawClient::kPong, ping->payload);
  }
  EXPECT_EQ(subscribers(), 1U);
}

TEST_F(WebSocketServer, ASlowClientGetsTheNewestAndHoldsUpNobody) {
  serve({});
  RawClient slow = client();
  RawClient quick = client();
  wait_for_subscribers(2);
  // More than the kernel keeps for one that does not read, so that most have to be left out.
  constexpr int kTexts = 200;
  const std::string filler(100000, 'x');
  for (int i = 0; i < kTexts; ++i) {
    publish(std::to_string(i) + filler);
    const auto frame = quick.frame();
    ASSERT_TRUE(frame);
    EXPECT_TRUE(frame->payload.starts_with(std::to_string(i) + "x"));
  }
  int received = 0;
  std::string last;
  while (!last.starts_with(std::to_string(kTexts - 1) + "x")) {
    const auto frame = slow.frame();
    ASSERT_TRUE(frame) << last.substr(0, 5);
    last = frame->payload;
    ++received;
  }
  EXPECT_LT(received, kTexts / 2);
}

TEST_F(WebSocketServer, DropsWhoTalksButDoesNotRead) {
  serve({.websocket = {.ping_every = 60s, .silence = 300ms}, .websocket_look_every = 20ms});
  RawClient slow = client();
  wait_for_subscribers(1);
  const std::string filler(100000, 'x');
  const auto due = std::chrono::steady_clock::now() + 20s;
  while (subscribers() > 0) {
    ASSERT_LT(std::chrono::steady_clock::now(), due);
    publish(filler);
    slow.send_frame(RawClient::kPong, "");
    std::this_thread::sleep_for(50ms);
  }
}

TEST_F(WebSocketServer, AStopSaysGoodbye) {
  serve({});
  RawClient leaving = client();
  wait_for_subscribers(1);
  std::thread stopping([&] { served_->stop(); });
  const auto frame = leaving.frame();
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->code(), 1001);
  leaving.send_frame(RawClient::kClose, frame->payload);
  stopping.join();
}

TEST_F(WebSocketServer, AStopDoesNotWaitForWhoDoesNotAnswer) {
  serve({.stop_timeout = 200ms});
  RawClient deaf = client();
  served_->stop();
  EXPECT_EQ(deaf.close_code(), 1001);
}

}  // namespace
}  // namespace wemol::serve
