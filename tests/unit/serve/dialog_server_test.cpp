// WebSocket clients that talk with the server.

#include <gtest/gtest.h>

#include "raw_client.h"
#include "served.h"

namespace wemol::serve {
namespace {

using namespace std::chrono_literals;
using test::RawClient;
using test::Served;

/// Gives back what it hears. All calls come from the server's thread.
class Echo : public Dialog {
 public:
  void begun(Talk& talk) override {
    talk_ = &talk;
    talk.say(make_text("hello"));
  }
  void heard(std::string_view message) override {
    if (message == "fault") {
      throw std::runtime_error("a fault");
    }
    if (message == "bye") {
      talk_->hang_up(1008, "as you wish");
      return;
    }
    talk_->say(make_text(std::string(message)));
  }
  void said() override { ++said_; }
  void ended() override {
    talk_ = nullptr;
    ++ended_;
  }

  Talk* talk_ = nullptr;
  int said_ = 0;
  int ended_ = 0;
};

class Dialogs : public testing::Test {
 protected:
  void serve(ServerSettings settings) {
    Router router;
    router.add_websocket("/talk", [this](const Request& /*request*/) {
      return Subscription{.topic = nullptr, .greeting = nullptr, .dialog = echo_};
    });
    served_ = std::make_unique<Served>(std::move(settings), std::move(router));
  }
  RawClient client() {
    RawClient client(served_->port());
    EXPECT_TRUE(client.open_websocket("/talk").starts_with("HTTP/1.1 101 "));
    EXPECT_EQ(client.frame()->payload, "hello");
    return client;
  }
  int ended() {
    return served_->ask<int>([this] { return echo_->ended_; });
  }
  void wait_for_end() {
    const auto due = std::chrono::steady_clock::now() + 20s;
    while (ended() == 0) {
      ASSERT_LT(std::chrono::steady_clock::now(), due);
      std::this_thread::yield();
    }
  }

  std::shared_ptr<Echo> echo_ = std::make_shared<Echo>();
  std::unique_ptr<Served> served_;
};

TEST_F(Dialogs, HearWholeMessagesAndAnswerInOrder) {
  serve({});
  RawClient client = this->client();
  const std::string large(20'000, 'x');
  client.send_frame(RawClient::kText, "one");
  client.send_frame(RawClient::kText, large);
  client.send_frame(RawClient::kText, "three");
  EXPECT_EQ(client.frame()->payload, "one");
  EXPECT_EQ(client.frame()->payload, large);
  EXPECT_EQ(client.frame()->payload, "three");
  EXPECT_GE(served_->ask<int>([this] { return echo_->said_; }), 1);
}

TEST_F(Dialogs, AMessageBeyondTheLimitEndsIt) {
  serve({.dialog_message_bytes = 1000});
  {
    RawClient client = this->client();
    client.send_frame(RawClient::kText, std::string(1001, 'x'));
    EXPECT_EQ(client.close_code(), 1009);
  }
  wait_for_end();
}

TEST_F(Dialogs, EndOnceHoweverTheyEnd) {
  serve({});
  {
    RawClient client = this->client();
    client.send_frame(RawClient::kText, "bye");
    EXPECT_EQ(client.close_code(), 1008);
  }
  wait_for_end();
  served_->stop();
  EXPECT_EQ(echo_->ended_, 1);
}

TEST_F(Dialogs, EndWhenTheClientHasGone) {
  serve({});
  { const RawClient client = this->client(); }
  wait_for_end();
  served_->stop();
  EXPECT_EQ(echo_->ended_, 1);
}

TEST_F(Dialogs, EndWhenTheServerStops) {
  serve({});
  RawClient client = this->client();
  served_->stop();
  EXPECT_EQ(echo_->ended_, 1);
  EXPECT_EQ(client.close_code(), 1001);
}

TEST_F(Dialogs, AFaultEndsTheConnectionAlone) {
  serve({});
  RawClient client = this->client();
  client.send_frame(RawClient::kText, "fault");
  EXPECT_EQ(client.close_code(), 1011);
  wait_for_end();
}

TEST_F(Dialogs, AClientThatDoesNotReadIsDropped) {
  serve({.dialog_waiting_bytes = 100'000});
  RawClient client = this->client();
  served_->tell([this] {
    for (int i = 0; i < 2000 && echo_->talk_ != nullptr; ++i) {
      echo_->talk_->say(make_text(std::string(10'000, 'x')));
    }
  });
  EXPECT_EQ(ended(), 1);
}

}  // namespace
}  // namespace wemol::serve
