#include <algorithm>

#include <gtest/gtest.h>

#include "model_under_test.h"

namespace wemol::queue {
namespace {

class DecisionTest : public ::testing::Test {
 protected:
  JobId add(JobSpec spec) { return add_job(state_, std::move(spec), at(0).wall); }
  Decision decide_at(double seconds) {
    note_waiting(state_, at(seconds).steady);
    return decide(state_, settings_, look_, {.now = at(seconds).steady, .last_start = last_start_});
  }
  /// Starts all that is to start, and tells which.
  std::vector<JobId> start_all(double seconds) {
    std::vector<JobId> started;
    for (const Start& it : decide_at(seconds).starts) {
      start(state_, it, at(seconds));
      started.push_back(it.job);
    }
    return started;
  }
  void end(JobId id, const TryResult& result, double seconds) {
    note_ended(state_, id, result, settings_, at(seconds));
  }

  SchedulerState state_;
  QueueSettings settings_ = settings();
  CardLook look_ = cards(2);
  std::optional<SteadyTime> last_start_;
};

using Ids = std::vector<JobId>;

TEST_F(DecisionTest, AQueueIsSerialAndQueuesAreParallel) {
  add(spec("1"));
  add(spec("1"));
  add(spec("two"));
  EXPECT_EQ(start_all(0), (Ids{1, 3}));
  EXPECT_TRUE(decide_at(1).starts.empty());
  EXPECT_TRUE(decide_at(1).waits.empty()) << "a queue that runs a job waits for nothing";
  end(1, success(), 2);
  EXPECT_EQ(start_all(2), (Ids{2}));
}

TEST_F(DecisionTest, NoCardIsGivenTwice) {
  add(spec("a"));
  add(spec("b"));
  add(spec("c"));
  const Decision decision = decide_at(0);
  ASSERT_EQ(decision.starts.size(), 2U);
  EXPECT_NE(decision.starts[0].cards, decision.starts[1].cards);
  ASSERT_EQ(decision.waits.size(), 1U);
  EXPECT_EQ(decision.waits[0].reason, "no card is free with 20 GB");
}

TEST_F(DecisionTest, SeveralInstancesOfDividedCardsAreNoCardsForOneJob) {
  look_ = cards(4);
  for (const std::size_t i : {0U, 1U, 2U}) {
    look_.cards[i].is_instance = true;
  }
  const JobId large = add(spec("large", 20, 2));
  add(spec("a"));
  EXPECT_EQ(decide_at(0).starts.size(), 1U);
  EXPECT_EQ(decide_at(0).starts.at(0).cards.size(), 1U);
  ASSERT_EQ(decide_at(0).waits.size(), 1U);
  EXPECT_EQ(decide_at(0).waits[0].job, large);
  EXPECT_EQ(
      decide_at(0).waits[0].reason,
      "it wants 2 cards, and only 1 card is whole: CUDA gives a job one instance of a divided "
      "card (MIG) only; it can never start");
  look_.cards[1].is_instance = false;
  const Decision decision = decide_at(1);
  ASSERT_EQ(decision.starts.size(), 2U);
  EXPECT_EQ(decision.starts[0].job, large);
  EXPECT_EQ(decision.starts[0].cards, (std::vector<std::string>{"GPU-1", "GPU-3"}));
}

TEST_F(DecisionTest, TheQueueThatHasWaitedLongestComesFirst) {
  look_ = cards(1);
  add(spec("a"));
  add(spec("b"));
  add(spec("a"));
  EXPECT_EQ(start_all(0), (Ids{1}));
  end(1, success(), 10);
  EXPECT_EQ(start_all(10), (Ids{2})) << "b has waited since 0, a since 10";
  end(2, success(), 20);
  EXPECT_EQ(start_all(20), (Ids{3}));
}

TEST_F(DecisionTest, GpuLeftKeepsCardsUnusedWhicheverTheyAre) {
  settings_.gpu_left = 1;
  add(spec("a"));
  add(spec("b"));
  EXPECT_EQ(start_all(0), (Ids{1}));
  EXPECT_EQ(decide_at(0).waits.at(0).reason, "a card fits, but gpu_left keeps 1 card unused");
  look_.cards[1].other_users = {"chen"};
  EXPECT_EQ(start_all(1), (Ids{2}))
      << "it takes a card on which somebody is already: no unused card less";
}

TEST_F(DecisionTest, GpuLeftLastKeepsTheLastOnes) {
  settings_.gpu_left = 1;
  settings_.gpu_left_mode = QueueSettings::GpuLeftMode::last;
  look_.cards[0].memory_free_bytes = 0;
  add(spec("a"));
  EXPECT_TRUE(decide_at(0).starts.empty()) << "the last one is left though it is the only free one";
  look_.cards[0].memory_free_bytes = 40 * kGigabyte;
  EXPECT_EQ(decide_at(0).starts.at(0).cards, (std::vector<std::string>{"GPU-0"}));
}

TEST_F(DecisionTest, AGpuLeftOfAllCardsStartsNothingAndSaysSo) {
  for (const auto mode : {QueueSettings::GpuLeftMode::any, QueueSettings::GpuLeftMode::last}) {
    settings_.gpu_left = 2;
    settings_.gpu_left_mode = mode;
    state_ = {};
    add(spec("a"));
    const Decision decision = decide_at(0);
    EXPECT_TRUE(decision.starts.empty());
    EXPECT_EQ(decision.nothing_can_start,
              "gpu_left is 2 and there are 2 cards usable: nothing starts; lower gpu_left");
  }
}

TEST_F(DecisionTest, MemoryAndHeadroomHaveToFit) {
  look_ = cards(1, 30);
  add(spec("a", 30));
  EXPECT_EQ(decide_at(0).starts.size(), 1U);
  settings_.memory_headroom_bytes = kGigabyte;
  EXPECT_EQ(decide_at(0).waits.at(0).reason, "no card is free with 30 GB and 1 GB of headroom");
  look_.cards[0].memory_free_bytes.reset();
  settings_.memory_headroom_bytes = 0;
  EXPECT_TRUE(decide_at(0).starts.empty()) << "unknown is not free";
}

TEST_F(DecisionTest, OwnForeignProcessesAndLocksOfOthersKeepACard) {
  look_ = cards(1);
  add(spec("a"));
  look_.cards[0].own_foreign_processes = 1;
  EXPECT_TRUE(decide_at(0).starts.empty());
  settings_.maximize_resource_utilization = true;
  EXPECT_EQ(decide_at(0).starts.size(), 1U);
  look_.cards[0].is_locked_by_other = true;
  EXPECT_TRUE(decide_at(0).starts.empty()) << "another scheduler holds it";
}

TEST_F(DecisionTest, MaximizingPutsJobsOnOneCardAsFarAsItsMemoryLasts) {
  settings_.maximize_resource_utilization = true;
  look_ = cards(1, 80);
  for (const char* queue : {"a", "b", "c"}) {
    add(spec(queue, 30));
  }
  EXPECT_EQ(start_all(0), (Ids{1, 2})) << "the driver still says 80 GB free: they are promised";
  EXPECT_TRUE(decide_at(1).starts.empty());
  look_.cards[0].memory_free_bytes = 20 * kGigabyte;
  end(1, success(), 2);
  EXPECT_TRUE(decide_at(2).starts.empty()) << "what is in use is not free";
  look_.cards[0].memory_free_bytes = 50 * kGigabyte;
  EXPECT_EQ(start_all(3), (Ids{3}));
}

TEST_F(DecisionTest, SpreadTakesTheMostFreeAndPackTheLeastThatFits) {
  look_ = cards(3);
  look_.cards[0].memory_free_bytes = 40 * kGigabyte;
  look_.cards[1].memory_free_bytes = 25 * kGigabyte;
  add(spec("a"));
  EXPECT_EQ(decide_at(0).starts.at(0).cards, (std::vector<std::string>{"GPU-2"}));
  settings_.placement = QueueSettings::Placement::pack;
  EXPECT_EQ(decide_at(0).starts.at(0).cards, (std::vector<std::string>{"GPU-1"}));
}

TEST_F(DecisionTest, SeveralCardsAtOnceOrNone) {
  look_ = cards(3);
  add(spec("small"));
  add(spec("large", 20, 3));
  EXPECT_EQ(start_all(0), (Ids{1}));
  end(1, success(), 1);
  const Decision decision = decide_at(1);
  ASSERT_EQ(decision.starts.size(), 1U);
  EXPECT_EQ(decision.starts[0].cards.size(), 3U);
}

TEST_F(DecisionTest, AJobForSeveralCardsReservesThemAfterAWhile) {
  add(spec("a"));
  add(spec("large", 20, 2));
  add(spec("b"));
  add(spec("b"));
  EXPECT_EQ(start_all(0), (Ids{1, 3}));
  end(3, success(), 60);
  const auto half_an_hour = 1800;
  EXPECT_EQ(decide_at(61).next_due, at(half_an_hour).steady);
  EXPECT_EQ(decide_at(half_an_hour - 1).starts.at(0).job, 4U) << "not yet";
  const Decision decision = decide_at(half_an_hour);
  EXPECT_TRUE(decision.starts.empty()) << "b would take the card that is free";
  EXPECT_EQ(decision.waits.at(0).kind, Wait::Kind::reserved);
  end(1, success(), 2000);
  EXPECT_EQ(start_all(2000), (Ids{2}));
}

TEST_F(DecisionTest, WhatCanNeverStartIsSaid) {
  add(spec("a", 20, 3));
  add(spec("b", 100));
  const Decision decision = decide_at(0);
  EXPECT_EQ(decision.waits.at(0).reason,
            "it wants 3 cards, and of 2 cards gpu_left keeps 0: it can never start");
  EXPECT_EQ(decision.waits.at(1).reason,
            "it wants 100 GB on 1 card, and no card is so large: it can never start");
  EXPECT_TRUE(decision.waits.at(0).is_hopeless && decision.waits.at(1).is_hopeless);
}

TEST_F(DecisionTest, WhatCanNeverStartKeepsNoOtherQueueBack) {
  add(spec("a", 20, 3));
  add(spec("b", 100));
  add(spec("c"));
  add(spec("d"));
  EXPECT_EQ(start_all(0), (Ids{3, 4}));
  EXPECT_TRUE(start_all(10'000).empty()) << "and reserves nothing";
  end(3, success(), 10'000);
  add(spec("e"));
  EXPECT_EQ(start_all(10'001), (Ids{5}));
  look_.cards[0].memory_free_bytes = 0;
  add(spec("f"));
  const Decision decision = decide_at(10'002);
  EXPECT_FALSE(decision.waits.back().is_hopeless) << decision.waits.back().reason;
}

TEST_F(DecisionTest, AfterWaitsForTheOthersSuccess) {
  add(spec("a"));
  JobSpec second = spec("b");
  second.after = 1;
  add(second);
  EXPECT_EQ(start_all(0), (Ids{1}));
  EXPECT_EQ(decide_at(1).waits.at(0).reason, "it comes after job 1");
  end(1, success(), 2);
  EXPECT_EQ(start_all(2), (Ids{2}));
}

TEST_F(DecisionTest, HeldQueuesStartNothing) {
  add(spec("a"));
  ASSERT_TRUE(hold_queue(state_, "a"));
  EXPECT_EQ(decide_at(0).waits.at(0).kind, Wait::Kind::held);
  ASSERT_TRUE(release_queue(state_, "a"));
  EXPECT_EQ(start_all(0), (Ids{1}));
}

TEST_F(DecisionTest, AHeldQueueHasNotWaited) {
  look_ = cards(1);
  add(spec("a"));
  add(spec("b"));
  ASSERT_TRUE(hold_queue(state_, "a"));
  look_.cards[0].is_locked_by_other = true;
  EXPECT_TRUE(start_all(0).empty());
  ASSERT_TRUE(release_queue(state_, "a"));
  EXPECT_TRUE(start_all(10).empty());
  look_.cards[0].is_locked_by_other = false;
  EXPECT_EQ(start_all(20), (Ids{2})) << "b has waited since 0, a since 10";
}

TEST_F(DecisionTest, ABackoffIsNoWaitingForReservedCards) {
  settings_.max_retry_before_backoff = 1;
  settings_.backoff_duration = std::chrono::seconds(3600);
  add(spec("large", 20, 2));
  EXPECT_EQ(start_all(0), (Ids{1}));
  end(1, failed(), 10);
  look_.cards[0].is_locked_by_other = true;
  EXPECT_EQ(decide_at(3610).waits.at(0).kind, Wait::Kind::cards);
  EXPECT_EQ(decide_at(3610).next_due, at(3610 + 1800).steady);
  EXPECT_EQ(decide_at(3610 + 1800).waits.at(0).kind, Wait::Kind::reserved);
}

TEST_F(DecisionTest, WhatOthersUseIsNotPromisedToTwoOfOurs) {
  settings_.maximize_resource_utilization = true;
  look_ = cards(1, 40);
  look_.cards[0].other_users = {"chen"};
  add(spec("a", 30));
  add(spec("b", 30));
  EXPECT_EQ(start_all(0), (Ids{1})) << "40 GB are free, and 30 of them are given";
}

TEST_F(DecisionTest, StartDelayHoldsBackAllButOne) {
  settings_.start_delay = std::chrono::seconds(30);
  add(spec("a"));
  add(spec("b"));
  EXPECT_EQ(start_all(0), (Ids{1}));
  last_start_ = at(0).steady;
  EXPECT_EQ(decide_at(29).next_due, at(30).steady);
  EXPECT_TRUE(decide_at(29).starts.empty());
  EXPECT_EQ(start_all(30), (Ids{2}));
}

TEST_F(DecisionTest, TheReasonStaysTheSameWhileItIsTheSame) {
  look_ = cards(1, 10);
  add(spec("a"));
  const std::string reason = decide_at(0).waits.at(0).reason;
  look_.cards[0].memory_free_bytes = 11 * kGigabyte;
  EXPECT_EQ(decide_at(5).waits.at(0).reason, reason) << "one line in the log, not one each 5 s";
}

TEST_F(DecisionTest, AfterAStartThatFailedTheQueueWaitsAndTheOthersDoNot) {
  add(spec("a"));
  add(spec("b"));
  postpone_start(state_, "a", "no process could be made", at(5).steady);
  const Decision decision = decide_at(1);
  ASSERT_EQ(decision.starts.size(), 1U);
  EXPECT_EQ(decision.starts[0].job, 2U);
  ASSERT_EQ(decision.waits.size(), 1U);
  EXPECT_EQ(decision.waits[0].kind, Wait::Kind::not_started);
  EXPECT_EQ(decision.waits[0].reason, "no process could be made; it is tried again");
  EXPECT_FALSE(decision.waits[0].until) << "the reason would change with each attempt";
  EXPECT_EQ(decision.next_due, at(5).steady);
  EXPECT_EQ(decide_at(5).starts.size(), 2U);
}

TEST_F(DecisionTest, WithoutCardsNothingStarts) {
  look_.cards.clear();
  add(spec("a"));
  EXPECT_EQ(decide_at(0).nothing_can_start, "there is no usable card");
}

}  // namespace
}  // namespace wemol::queue
