#include "report_sender.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <boost/asio/io_context.hpp>
#include <mutex>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "fake_clock.h"
#include "files.h"
#include "hub_answer.h"
#include "served.h"

namespace wemol::hub_client {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

/// A hub that keeps what it gets, and answers as the test wants.
class FakeHub {
 public:
  struct Got {
    std::string authorization;
    Json body;
  };

  void start(const std::string& address = "127.0.0.1:0") {
    serve::Router router;
    router.add("POST", "/api/report-gpu-stats", [this](const serve::Request& request) {
      const std::lock_guard lock(mutex_);
      got_.push_back({std::string(request.header("Authorization")), Json::parse(request.body)});
      return answer_;
    });
    served_.emplace(serve::ServerSettings{}, std::move(router), address);
  }
  void stop() { served_.reset(); }
  [[nodiscard]] std::uint16_t port() const { return served_->port(); }
  void answer(serve::Response response) {
    const std::lock_guard lock(mutex_);
    answer_ = std::move(response);
  }
  [[nodiscard]] std::vector<Got> got() {
    const std::lock_guard lock(mutex_);
    return got_;
  }

 private:
  std::mutex mutex_;
  std::vector<Got> got_;
  serve::Response answer_ = serve::json_response(R"({"status":"success"})");
  std::optional<test::Served> served_;
};

class ReportSenderTest : public testing::Test {
 protected:
  void make_sender(std::uint16_t port) {
    ReportSender::Rules rules;
    rules.retry = {20ms, 40ms};
    rules.between_late = 1ms;
    rules.answer = 300ms;
    sender_.emplace(context_,
                    HubAccess{.url = {.is_tls = false, .host = "127.0.0.1", .port = port},
                              .read_token = [this] { return token_; },
                              .hostname = "gpu7",
                              .user_agent = "wemol-agent/test"},
                    rules, clock_);
  }
  void offer(int number) { sender_->offer(Json{{"n", number}}.dump(), clock_.now()); }
  /// Lets the sender work until it holds; false: it does not come to hold.
  bool until(const std::function<bool()>& holds) {
    const auto due = std::chrono::steady_clock::now() + 30s;
    while (!holds() && std::chrono::steady_clock::now() < due) {
      context_.restart();
      context_.run_one_for(10ms);
    }
    return holds();
  }
  bool gets(std::size_t count) {
    return until([&] { return hub_.got().size() >= count && sender_->waiting() == 0; });
  }

  FakeHub hub_;
  boost::asio::io_context context_{1};
  test::FakeClock clock_;
  Result<std::string> token_ = std::string("0123456789abcdef");
  std::optional<ReportSender> sender_;
};

TEST_F(ReportSenderTest, SendsWithTokenAndAge) {
  hub_.start();
  make_sender(hub_.port());
  EXPECT_EQ(sender_->local_address(), "");
  offer(1);
  ASSERT_TRUE(gets(1));
  EXPECT_EQ(hub_.got()[0].authorization, "Bearer 0123456789abcdef");
  EXPECT_EQ(hub_.got()[0].body["n"], 1);
  EXPECT_EQ(hub_.got()[0].body["age"], 0.0);
  EXPECT_EQ(sender_->local_address(), "127.0.0.1");
  EXPECT_EQ(sender_->problem(), "");
}

TEST_F(ReportSenderTest, WhatWaitedComesInOrderWithItsAge) {
  hub_.start();
  const std::uint16_t port = hub_.port();
  hub_.stop();
  make_sender(port);
  for (int i = 0; i < 3; ++i) {
    offer(i);
    clock_.pass(2s);
  }
  ASSERT_TRUE(until([&] { return !sender_->problem().empty(); }));
  EXPECT_NE(sender_->problem().find("no connection to 127.0.0.1"), std::string::npos)
      << sender_->problem();
  hub_.start("127.0.0.1:" + std::to_string(port));
  clock_.pass(60s);  // the pause is over by the sender's clock and by its timer
  ASSERT_TRUE(gets(3));
  const auto got = hub_.got();
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(got[i].body["n"], i);
    EXPECT_EQ(got[i].body["age"], 66.0 - 2.0 * static_cast<double>(i));
  }
  EXPECT_EQ(sender_->problem(), "");
}

TEST_F(ReportSenderTest, AConnectionThatTheHubClosedMeanwhileIsNoFailure) {
  hub_.start();
  const std::uint16_t port = hub_.port();
  make_sender(port);
  offer(1);
  ASSERT_TRUE(gets(1));
  hub_.stop();
  hub_.start("127.0.0.1:" + std::to_string(port));
  offer(2);
  ASSERT_TRUE(gets(2));
  EXPECT_EQ(sender_->problem(), "");
}

TEST_F(ReportSenderTest, ABrokenReportIsDropped) {
  hub_.start();
  hub_.answer(serve::error_response(400, "gpu_data[3].memory_used: no"));
  make_sender(hub_.port());
  offer(1);
  ASSERT_TRUE(gets(1));
  EXPECT_EQ(sender_->problem(), "") << "the hub is there";
}

TEST_F(ReportSenderTest, AWrongTokenIsReadAgain) {
  hub_.start();
  hub_.answer(serve::error_response(401, "unknown token"));
  make_sender(hub_.port());
  offer(1);
  ASSERT_TRUE(until([&] { return !sender_->problem().empty(); }));
  EXPECT_NE(sender_->problem().find("wemol-hub enroll"), std::string::npos) << sender_->problem();
  EXPECT_EQ(sender_->waiting(), 1U);
  token_ = std::string("another-token-16");
  hub_.answer(serve::json_response("{}"));
  ASSERT_TRUE(until([&] { return sender_->waiting() == 0; }));
  EXPECT_EQ(hub_.got().back().authorization, "Bearer another-token-16");
}

TEST_F(ReportSenderTest, ATokenFileThatCannotBeReadIsSaid) {
  hub_.start();
  token_ = failure("the token file is open to all users");
  make_sender(hub_.port());
  offer(1);
  ASSERT_TRUE(until([&] { return !sender_->problem().empty(); }));
  EXPECT_EQ(sender_->problem(), "the token file is open to all users");
  EXPECT_TRUE(hub_.got().empty());
}

TEST_F(ReportSenderTest, AHubThatHangsIsGivenUp) {
  const UniqueFd listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  // NOLINTBEGIN(cppcoreguidelines-pro-type-reinterpret-cast): how the interface is made
  ASSERT_EQ(bind(listener.get(), reinterpret_cast<sockaddr*>(&address), length), 0);
  ASSERT_EQ(listen(listener.get(), 8), 0);
  ASSERT_EQ(getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &length), 0);
  // NOLINTEND(cppcoreguidelines-pro-type-reinterpret-cast)
  make_sender(ntohs(address.sin_port));
  offer(1);
  ASSERT_TRUE(until([&] { return !sender_->problem().empty(); }));
  EXPECT_NE(sender_->problem().find("no answer from 127.0.0.1"), std::string::npos)
      << sender_->problem();
  EXPECT_EQ(sender_->waiting(), 1U);
}

TEST_F(ReportSenderTest, ItsEndLeavesNothingToDo) {
  hub_.start();
  make_sender(hub_.port());
  offer(1);
  context_.poll();
  sender_.reset();
  context_.restart();
  context_.run();  // it returns
}

TEST(HubAnswer, RedirectsAreNotFollowed) {
  const Verdict verdict = judge({.status = 308, .location = "https://evil.example/\n"});
  EXPECT_EQ(verdict.next, Verdict::Next::later);
  EXPECT_NE(verdict.problem.find("not followed"), std::string::npos);
  EXPECT_EQ(verdict.problem.find('\n'), std::string::npos);
}

TEST(HubAnswer, ThePauseThatTheHubAsksForIsBounded) {
  EXPECT_EQ(judge({.status = 429, .retry_after = "7"}).pause, 7s);
  EXPECT_EQ(judge({.status = 503, .retry_after = "999999"}).pause, 300s);
  EXPECT_EQ(judge({.status = 503, .retry_after = "Wed, 21 Oct"}).pause, 0s);
  EXPECT_EQ(judge({.status = 500, .body = R"({"message":"disk full"})"}).problem,
            "the hub answers 500: disk full");
  EXPECT_EQ(judge({.status = 413}).next, Verdict::Next::drop);
  EXPECT_EQ(judge({.status = 200}).next, Verdict::Next::done);
}

TEST(Retry, PausesGrowAndAreCutAtRandom) {
  Retry retry({1000ms, 8000ms}, 7);
  const SteadyTime now(1000s);
  auto longest = 1000ms;
  for (int i = 0; i < 6; ++i) {
    const auto pause = retry.failed(now);
    EXPECT_GE(pause, longest / 2);
    EXPECT_LE(pause, longest);
    longest = std::min(longest * 2, 8000ms);
  }
  EXPECT_EQ(retry.failed(now, 60s), 60s);
  retry.succeeded();
  EXPECT_LE(retry.failed(now), 1000ms);
}

}  // namespace
}  // namespace wemol::hub_client
