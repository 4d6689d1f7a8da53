#include "hub.h"

#include <gtest/gtest.h>

#include "fake_host.h"

namespace wemol::sdk {
namespace {

using namespace std::chrono_literals;
using test::sample_with_cpu;

class HubTest : public testing::Test {
 protected:
  test::FakeHost host;
  std::shared_ptr<Hub> hub = std::make_shared<Hub>(host.access());
};

TEST_F(HubTest, OneFeedForAllWhileAnybodyWantsSamples) {
  EXPECT_EQ(host.feeds, 0);
  auto first = hub->lease(10s);
  EXPECT_EQ(host.interval(), 10s);
  auto second = hub->lease(1s);
  EXPECT_EQ(host.feeds_started, 1);
  EXPECT_EQ(host.interval(), 1s);
  EXPECT_TRUE(host.give(sample_with_cpu(5)));
  EXPECT_NE(hub->newest(), nullptr);
  second.reset();
  EXPECT_EQ(host.interval(), 10s);
  EXPECT_NE(hub->newest(), nullptr);
  first.reset();
  EXPECT_EQ(host.feeds, 0);
  EXPECT_EQ(hub->newest(), nullptr) << "what is old is no newest sample";
  const auto third = hub->lease(1s);
  EXPECT_EQ(host.feeds_started, 2);
}

TEST_F(HubTest, EachIsToldAtItsInterval) {
  int often = 0;
  int seldom = 0;
  const auto fast = hub->lease(1s, [&](const MomentPtr&) { ++often; });
  const auto slow = hub->lease(3s, [&](const MomentPtr&) { ++seldom; });
  for (int i = 0; i < 9; ++i) {
    host.give(sample_with_cpu(5), i % 2 == 0 ? 980ms : 1020ms);
  }
  EXPECT_EQ(often, 9);
  EXPECT_EQ(seldom, 3);
}

TEST_F(HubTest, ALongIntervalAmongShortOnesIsKept) {
  int seldom = 0;
  const auto fast = hub->lease(1s);
  const auto slow = hub->lease(30s, [&](const MomentPtr&) { ++seldom; });
  for (int i = 0; i < 300; ++i) {
    host.give(sample_with_cpu(5), i % 2 == 0 ? 980ms : 1020ms);
  }
  EXPECT_EQ(seldom, 10);
}

TEST_F(HubTest, AFeedThatCannotStartIsAProblemNoException) {
  host.cannot_start = true;
  auto lease = hub->lease(1s);
  EXPECT_NE(hub->problem().find("no thread"), std::string::npos);
  EXPECT_EQ(hub->wait_for_newest(1h), nullptr) << "nobody waits for what does not come";
  host.cannot_start = false;
  const auto next = hub->lease(1s);
  EXPECT_EQ(hub->problem(), "");
  EXPECT_EQ(host.feeds, 1);
}

TEST_F(HubTest, TheFirstSampleIsWaitedFor) {
  const auto lease = hub->lease(1s);
  std::thread giver([&] { host.give(sample_with_cpu(7)); });
  const MomentPtr moment = hub->wait_for_newest(1h);
  giver.join();
  ASSERT_NE(moment, nullptr);
  EXPECT_EQ(moment->sample->cpu_usage_percent, 7);
}

TEST_F(HubTest, GpusAreWaitedForWhileADriverMayStillOpen) {
  const auto lease = hub->lease(1s);
  HostSample without = sample_with_cpu(7);
  without.gpus.reset();
  host.give(without);
  EXPECT_FALSE(hub->wait_for_gpus(0s)->sample->gpus) << "it has had its time";
  std::thread giver([&] {
    host.give(without);
    host.give(sample_with_cpu(8));
  });
  const MomentPtr moment = hub->wait_for_gpus(1h);
  giver.join();
  ASSERT_NE(moment, nullptr);
  EXPECT_TRUE(moment->sample->gpus);
}

TEST_F(HubTest, AfterItsEndNobodySamples) {
  const auto lease = hub->lease(1s);
  hub->shut_down();
  EXPECT_EQ(host.feeds, 0);
  const auto late = hub->lease(1s);
  EXPECT_EQ(host.feeds, 0);
  EXPECT_EQ(hub->wait_for_newest(1h), nullptr) << "nobody waits for what does not come";
}

TEST_F(HubTest, ManyComeAndGoAtOnce) {
  std::atomic<bool> goes_on = true;
  std::thread giver([&] {
    while (goes_on) {
      host.give(sample_with_cpu(1), 1ms);
    }
  });
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 3; ++thread) {
    threads.emplace_back([&] {
      for (int i = 0; i < 300; ++i) {
        std::atomic<bool> is_over = false;
        const auto lease = hub->lease(1ms, [&](const MomentPtr&) { EXPECT_FALSE(is_over); });
        (void)hub->newest();
        (void)hub->figures_at_once(nullptr);
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  goes_on = false;
  giver.join();
  EXPECT_EQ(host.feeds, 0);
}

}  // namespace
}  // namespace wemol::sdk
