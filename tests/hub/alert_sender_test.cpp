#include "alert_sender.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "fake_clock.h"
#include "fake_command_runner.h"

namespace wemol::hub {
namespace {

using namespace std::chrono_literals;

class HubAlertSender : public testing::Test {
 protected:
  struct Post {
    std::string url;
    std::function<void(Result<void>)> done;
  };

  AlertSender make() {
    return AlertSender(
        [this](const std::string& url, const std::string& /*json*/, auto done) {
          posts_.push_back({url, std::move(done)});
        },
        runner_);
  }
  void send(AlertSender& sender, const AlertRule& rule) {
    sender.send({AlertEvent::firing, {0, "gpu7", "offline"}, {}}, rule, clock_.now());
  }

  test::FakeClock clock_;
  test::FakeCommandRunner runner_;
  std::vector<Post> posts_;
  AlertRule rule_{.name = "gone", .metric = "offline", .is_offline = true, .webhook = "http://x/"};
};

TEST_F(HubAlertSender, PostsOnceWhenThatWorks) {
  AlertSender sender = make();
  send(sender, rule_);
  ASSERT_EQ(posts_.size(), 1U);
  EXPECT_EQ(posts_[0].url, "http://x/");
  clock_.pass(1min);
  sender.work(clock_.now());
  EXPECT_EQ(posts_.size(), 1U);
  posts_[0].done({});
  clock_.pass(1h);
  sender.work(clock_.now());
  EXPECT_EQ(posts_.size(), 1U);
  EXPECT_TRUE(sender.conditions().empty());
}

TEST_F(HubAlertSender, TriesAgainWithPausesForAnHour) {
  AlertSender sender = make();
  send(sender, rule_);
  posts_[0].done(failure("connection refused"));
  ASSERT_EQ(sender.conditions().size(), 1U);
  EXPECT_EQ(sender.conditions()[0].message,
            "the webhook of the alert \"gone\" cannot be reached: connection refused");
  clock_.pass(4s);
  sender.work(clock_.now());
  EXPECT_EQ(posts_.size(), 1U);
  clock_.pass(1s);
  sender.work(clock_.now());
  ASSERT_EQ(posts_.size(), 2U);
  for (int i = 0; i < 3'700; ++i) {
    if (posts_.back().done) {
      std::exchange(posts_.back().done, nullptr)(failure("connection refused"));
    }
    clock_.pass(1s);
    sender.work(clock_.now());
  }
  EXPECT_GT(posts_.size(), 10U);
  EXPECT_LT(posts_.size(), 25U);
  ASSERT_EQ(sender.conditions().size(), 1U);
  EXPECT_EQ(sender.conditions()[0].message, "1 alert notice could not be sent");
}

TEST_F(HubAlertSender, AnAnswerMayComeAfterItsEnd) {
  {
    AlertSender sender = make();
    send(sender, rule_);
  }
  posts_[0].done(failure("too late"));
}

TEST_F(HubAlertSender, IsBounded) {
  AlertSender sender = make();
  for (int i = 0; i < 1'500; ++i) {
    send(sender, rule_);
  }
  EXPECT_EQ(posts_.size(), 8U);
  ASSERT_EQ(sender.conditions().size(), 1U);
  EXPECT_EQ(sender.conditions()[0].message, "500 alert notices could not be sent");
}

TEST_F(HubAlertSender, RunsCommandsWithoutAShellTwoAtATime) {
  rule_.webhook.clear();
  rule_.command = {"/bin/mail", "{title}"};
  runner_.answer("/bin/mail", test::printed(""));
  runner_.set_slow("/bin/mail");
  AlertSender sender = make();
  for (int i = 0; i < 5; ++i) {
    send(sender, rule_);
  }
  EXPECT_EQ(runner_.started().size(), 2U);
  EXPECT_EQ(runner_.started()[0], "/bin/mail gpu7: offline");
  runner_.set_quick();
  for (int i = 0; i < 3; ++i) {
    sender.work(clock_.now());
  }
  EXPECT_EQ(runner_.started().size(), 5U);
  EXPECT_EQ(runner_.unfinished(), 0U);
  EXPECT_TRUE(sender.conditions().empty());
}

TEST_F(HubAlertSender, SaysWhatACommandSays) {
  rule_.webhook.clear();
  rule_.command = {"/bin/mail"};
  runner_.answer("/bin/mail", test::failed(75, "no route\n"));
  AlertSender sender = make();
  send(sender, rule_);
  sender.work(clock_.now());
  ASSERT_EQ(sender.conditions().size(), 1U);
  EXPECT_EQ(sender.conditions()[0].message,
            "the command of the alert \"gone\" exited with status 75: no route");
}

}  // namespace
}  // namespace wemol::hub
