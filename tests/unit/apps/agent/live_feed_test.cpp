#include "live_feed.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "fake_clock.h"
#include "fake_host_source.h"

namespace wemol::agent {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;
using Intervals = std::vector<std::chrono::nanoseconds>;

class Client : public serve::Subscriber {
 public:
  void offer(const serve::Text& text) override { messages.push_back(Json::parse(*text)); }
  std::vector<Json> messages;
};

class LiveFeedTest : public testing::Test {
 protected:
  void sample(std::chrono::nanoseconds later) {
    clock_.pass(later);
    clock_.wall += std::chrono::duration_cast<WallTime::duration>(later);
    host_.take_sample({.cpu_usage_percent = 12.5}, clock_.steady, clock_.wall);
    feed_.take(host_.sample);
  }
  void join(Client& client) { feed_.subscribe().topic->join(client); }
  void leave(Client& client) { feed_.subscribe().topic->leave(client); }

  test::FakeClock clock_;
  test::FakeHostSource host_;
  HostWatch watch_{host_, 5s, clock_.steady};
  LiveFeed feed_{host_, watch_, clock_, "node-1"};
};

TEST_F(LiveFeedTest, GreetsWithTheSystemInfo) {
  const Json greeting = Json::parse(*feed_.subscribe().greeting);
  EXPECT_EQ(greeting["type"], "system_info");
  EXPECT_EQ(greeting["data"]["hostname"], "gpu-host-1");
  EXPECT_EQ(greeting["timestamp"], 1749030268000);
}

TEST_F(LiveFeedTest, GivesEachSecondsRecordToAll) {
  Client first;
  Client second;
  join(first);
  join(second);
  sample(1s);
  sample(1s);
  for (const Client* const client : {&first, &second}) {
    ASSERT_EQ(client->messages.size(), 2U);
    EXPECT_EQ(client->messages[0]["type"], "metrics");
    EXPECT_EQ(client->messages[0]["data"]["nodeId"], "node-1");
    EXPECT_EQ(client->messages[0]["data"]["node_id"], "node-1");
    EXPECT_EQ(client->messages[0]["data"]["cpu"]["overall"], 12.5);
    EXPECT_EQ(client->messages[1]["timestamp"], 1749030270000);
  }
}

TEST_F(LiveFeedTest, NoSampleComesTwice) {
  Client client;
  join(client);
  sample(1s);
  feed_.take(host_.sample);
  EXPECT_EQ(client.messages.size(), 1U);
}

TEST_F(LiveFeedTest, ComesOnceASecondThoughItIsSampledMoreOften) {
  Client client;
  join(client);
  for (int i = 0; i < 100; ++i) {
    sample(100ms);
  }
  EXPECT_GE(client.messages.size(), 10U);
  EXPECT_LE(client.messages.size(), 11U);
}

TEST_F(LiveFeedTest, ALittleJitterCostsNoRecord) {
  Client client;
  join(client);
  for (int i = 0; i < 5; ++i) {
    sample(950ms);
    sample(1050ms);
  }
  EXPECT_EQ(client.messages.size(), 10U);
}

TEST_F(LiveFeedTest, TheHostIsSampledEverySecondWhileSomebodyLooksOn) {
  Client first;
  Client second;
  join(first);
  join(second);
  leave(first);
  EXPECT_EQ(host_.intervals, (Intervals{1s}));
  EXPECT_EQ(watch_.interval(), 1s);
  leave(second);
  EXPECT_EQ(host_.intervals, (Intervals{1s, 5s}));
  EXPECT_EQ(watch_.interval(), 5s);
}

TEST_F(LiveFeedTest, AShorterIntervalStays) {
  HostWatch watch(host_, 500ms, clock_.steady);
  LiveFeed feed(host_, watch, clock_, "node-1");
  Client client;
  feed.subscribe().topic->join(client);
  EXPECT_TRUE(host_.intervals.empty());
}

TEST_F(LiveFeedTest, WithoutClientsNothingIsMade) {
  sample(1s);
  Client client;
  join(client);
  sample(100ms);  // nobody has had the one before
  EXPECT_EQ(client.messages.size(), 1U);
}

TEST_F(LiveFeedTest, SaysThatSamplesStayOutAndThatTenSecondsLaterAgain) {
  Client client;
  join(client);
  sample(1s);
  for (int i = 0; i < 10; ++i) {
    clock_.pass(1s);
    feed_.look();
  }
  EXPECT_EQ(client.messages.size(), 1U);
  for (int i = 0; i < 15; ++i) {
    clock_.pass(1s);
    feed_.look();
  }
  ASSERT_EQ(client.messages.size(), 3U);
  EXPECT_EQ(client.messages[1]["type"], "error");
  EXPECT_EQ(client.messages[1]["message"], "no sample of this host for 11 s");
  EXPECT_TRUE(client.messages[1]["timestamp"].is_number_integer());
}

TEST_F(LiveFeedTest, AClientThatComesWhileTheIntervalIsLongHearsOfNoFault) {
  HostWatch watch(host_, 60s, clock_.steady);
  LiveFeed feed(host_, watch, clock_, "node-1");
  sample(1s);
  clock_.pass(50s);
  Client client;
  feed.subscribe().topic->join(client);
  feed.look();
  EXPECT_TRUE(client.messages.empty());
}

TEST_F(LiveFeedTest, ASubscriberMayLiveLonger) {
  Client client;
  std::shared_ptr<serve::Topic> topic;
  {
    LiveFeed feed(host_, watch_, clock_, "node-1");
    topic = feed.subscribe().topic;
    topic->join(client);
  }
  host_.intervals.clear();
  topic->leave(client);
  EXPECT_TRUE(host_.intervals.empty());
}

TEST(HostWatch, IsPatientForThreeIntervalsAndTenSeconds) {
  test::FakeClock clock;
  test::FakeHostSource host;
  const HostWatch quick(host, 1s, clock.steady);
  const HostWatch slow(host, 60s, clock.steady);
  clock.pass(10s);
  EXPECT_FALSE(quick.problem(clock.steady));
  clock.pass(1s);
  EXPECT_EQ(quick.problem(clock.steady), "no sample of this host for 11 s");
  clock.pass(169s);
  EXPECT_FALSE(slow.problem(clock.steady));
  clock.pass(1s);
  EXPECT_TRUE(slow.problem(clock.steady));
}

TEST(HostWatch, SaysWhyTheSamplerHasGivenUp) {
  test::FakeClock clock;
  test::FakeHostSource host;
  const HostWatch watch(host, 1s, clock.steady);
  host.take_sample({.conditions = {{.key = "sampler",
                                    .severity = Severity::error,
                                    .message = "the host is not sampled: out of descriptors"}}},
                   {}, {});
  clock.pass(11s);
  EXPECT_EQ(watch.problem(clock.steady),
            "no sample of this host for 11 s; the host is not sampled: out of descriptors");
}

}  // namespace
}  // namespace wemol::agent
