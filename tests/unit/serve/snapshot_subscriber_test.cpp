#include "snapshot_subscriber.h"

#include <sys/socket.h>

#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include "snapshot_json.h"
#include "temp_dir.h"
#include "unix_socket.h"

namespace wemol::serve {
namespace {

using namespace std::chrono_literals;

constexpr SnapshotSubscriber::Bounds kBounds{
    .line_bytes = 1000, .first_retry = 10ms, .longest_retry = 50ms};

std::string snapshot(const std::string& task) {
  return R"({"version":1,"type":"snapshot","taken_at":"2026-01-15T10:30:00.123+00:00","tasks":[{"task_id":")" +
         task + R"("}],"ended_runs":[],"gpus":[]})" + "\n";
}

/// A recorder that says what the test wants.
class SnapshotSubscriberTest : public testing::Test {
 protected:
  void listen() {
    auto fd = listen_on_unix_socket(path_, 4);
    ASSERT_TRUE(fd) << fd.error().message;
    listener_ = std::move(*fd);
  }
  void run_until(const std::function<bool()>& done) {
    const auto due = std::chrono::steady_clock::now() + 20s;
    while (!done()) {
      ASSERT_LT(std::chrono::steady_clock::now(), due);
      context_.run_one_for(20ms);
    }
  }
  void accept() {
    run_until([&] {
      peer_ = UniqueFd(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      return static_cast<bool>(peer_);
    });
  }
  void say(std::string_view text) const {
    EXPECT_EQ(send(peer_.get(), text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
  }

  test::TempDir dir_;
  std::filesystem::path path_ = dir_ / "snapshots.sock";
  boost::asio::io_context context_{1};
  UniqueFd listener_;
  UniqueFd peer_;
};

TEST_F(SnapshotSubscriberTest, KnowsTheNewestRound) {
  listen();
  const SnapshotSubscriber subscriber(context_, path_, kBounds);
  EXPECT_FALSE(subscriber.newest());
  EXPECT_NE(subscriber.problem(), "");
  accept();
  say(snapshot("1"));
  run_until([&] { return subscriber.newest().has_value(); });
  EXPECT_EQ(subscriber.newest()->tasks, R"([{"task_id":"1"}])");
  EXPECT_EQ(subscriber.newest()->taken_at, "2026-01-15T10:30:00.123+00:00");
  EXPECT_EQ(subscriber.problem(), "");
  say(snapshot("2") + snapshot("3"));
  run_until([&] { return subscriber.newest()->tasks.find('3') != std::string::npos; });
}

TEST_F(SnapshotSubscriberTest, TakesLinesInPieces) {
  listen();
  const SnapshotSubscriber subscriber(context_, path_, kBounds);
  accept();
  const std::string line = snapshot("1");
  for (const char c : line) {
    EXPECT_FALSE(subscriber.newest());
    say({&c, 1});
    context_.run_one_for(20ms);
  }
  run_until([&] { return subscriber.newest().has_value(); });
}

TEST_F(SnapshotSubscriberTest, WaitsForARecorderThatComesLate) {
  const SnapshotSubscriber subscriber(context_, path_, kBounds);
  EXPECT_NE(subscriber.problem().find(path_.string()), std::string::npos);
  context_.run_for(100ms);
  listen();
  accept();
  say(snapshot("1"));
  run_until([&] { return subscriber.newest().has_value(); });
}

TEST_F(SnapshotSubscriberTest, KnowsNothingAfterTheRecorderHasGone) {
  listen();
  const SnapshotSubscriber subscriber(context_, path_, kBounds);
  accept();
  say(snapshot("1"));
  run_until([&] { return subscriber.newest().has_value(); });
  peer_.reset();
  run_until([&] { return !subscriber.newest(); });
  EXPECT_NE(subscriber.problem(), "");
  accept();  // it asks again
  say(snapshot("2"));
  run_until([&] { return subscriber.newest().has_value(); });
  EXPECT_EQ(subscriber.newest()->tasks, R"([{"task_id":"2"}])");
}

TEST_F(SnapshotSubscriberTest, GivesUpWhoSaysSomethingElse) {
  listen();
  for (const std::string& text :
       {std::string("HTTP/1.1 400 Bad Request\r\n"), std::string(2000, 'x'),
        std::string(R"({"version":2,"type":"snapshot"})") + "\n"}) {
    const SnapshotSubscriber subscriber(context_, path_, kBounds);
    accept();
    say(text);
    peer_.reset();
    accept();  // a new connection: the old one was given up
    EXPECT_FALSE(subscriber.newest());
    EXPECT_NE(subscriber.problem(), "");
    peer_.reset();
  }
}

TEST_F(SnapshotSubscriberTest, LostRoundsAreNoTrouble) {
  listen();
  const SnapshotSubscriber subscriber(context_, path_, kBounds);
  accept();
  say(lost_json_line(3) + snapshot("1"));
  run_until([&] { return subscriber.newest().has_value(); });
}

}  // namespace
}  // namespace wemol::serve
