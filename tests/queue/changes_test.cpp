#include <algorithm>
#include <cerrno>

#include <gtest/gtest.h>

#include "model_under_test.h"

namespace wemol::queue {
namespace {

class ChangesTest : public ::testing::Test {
 protected:
  JobId add(JobSpec spec) { return add_job(state_, std::move(spec), at(0).wall); }
  /// A try of the job from now until `seconds`.
  void run(JobId id, const TryResult& result, double seconds) {
    start(state_, {id, {"GPU-0"}}, at(seconds));
    note_ended(state_, id, result, settings_, at(seconds));
  }
  [[nodiscard]] const Job& job(JobId id) const { return state_.jobs.at(id); }

  SchedulerState state_;
  QueueSettings settings_ = settings();
};

TEST_F(ChangesTest, AFailureIsTriedAgainAndEveryThirdPausesTheQueue) {
  add(spec("a"));
  run(1, failed(), 10);
  EXPECT_EQ(job(1).state, JobState::pending);
  EXPECT_EQ(job(1).retry_count, 1U);
  EXPECT_EQ(state_.queues.at("a").backoff_until, std::nullopt);
  run(1, failed(), 20);
  run(1, failed(), 30);
  EXPECT_EQ(state_.queues.at("a").backoff_until, at(630).steady);
  for (const double seconds : {631.0, 632.0}) {
    run(1, failed(), seconds);
    EXPECT_EQ(state_.queues.at("a").backoff_until, std::nullopt);
  }
  run(1, failed(), 633);
  EXPECT_EQ(state_.queues.at("a").backoff_until, at(1233).steady);
  run(1, success(), 1300);
  EXPECT_EQ(job(1).state, JobState::succeeded);
  EXPECT_EQ(job(1).tries, 7U);
  EXPECT_EQ(job(1).retry_count, 6U);
  EXPECT_EQ(state_.queues.at("a").failures_in_row, 0U);
}

TEST_F(ChangesTest, WhenItsTriesAreUsedUpAJobHasFailed) {
  settings_.max_retries = 2;
  add(spec("a"));
  add(spec("a"));
  run(1, failed(), 1);
  run(1, failed(), 2);
  EXPECT_EQ(job(1).state, JobState::pending);
  run(1, failed(), 3);
  EXPECT_EQ(job(1).state, JobState::failed);
  EXPECT_EQ(job(1).tries, 3U);
  EXPECT_EQ(job(2).state, JobState::pending) << "the queue goes on";
  EXPECT_FALSE(all_over(state_));
  EXPECT_TRUE(any_failed(state_));
}

TEST_F(ChangesTest, OnFailureSkipTriesOnceAndStopStopsTheQueue) {
  add(spec("a"));
  add(spec("a"));
  settings_.on_failure = QueueSettings::OnFailure::skip;
  run(1, failed(), 1);
  EXPECT_EQ(job(1).state, JobState::failed);
  EXPECT_FALSE(state_.queues.at("a").is_stopped);
  settings_.on_failure = QueueSettings::OnFailure::stop;
  settings_.max_retries = 0;
  run(2, failed(), 2);
  add(spec("a"));
  EXPECT_TRUE(state_.queues.at("a").is_stopped);
  EXPECT_TRUE(all_over(state_)) << "what is left is in a queue that is stopped";
  ASSERT_TRUE(release_queue(state_, "a"));
  EXPECT_FALSE(all_over(state_));
}

TEST_F(ChangesTest, WhatIsBehindAStoppedQueueIsOverToo) {
  settings_.on_failure = QueueSettings::OnFailure::stop;
  settings_.max_retries = 0;
  add(spec("a"));
  add(spec("a"));
  JobSpec behind = spec("b");
  behind.after = 2;
  add(behind);
  add(spec("b"));
  run(1, failed(), 1);
  EXPECT_TRUE(all_over(state_)) << "b waits for a's second job, and b's second for its first";
  add(spec("c"));
  EXPECT_FALSE(all_over(state_));
}

TEST_F(ChangesTest, ATryThatTheHostHadNoRoomForUsesUpNone) {
  settings_.max_retries = 0;
  settings_.on_failure = QueueSettings::OnFailure::stop;
  add(spec("a"));
  run(1, {.failure = Failure::not_started, .code = ENOSPC}, 10);
  EXPECT_EQ(job(1).state, JobState::pending);
  EXPECT_EQ(job(1).retry_count, 0U);
  EXPECT_EQ(state_.queues.at("a").failures_in_row, 0U);
  EXPECT_FALSE(state_.queues.at("a").is_stopped);
  EXPECT_EQ(state_.queues.at("a").backoff_until, at(610).steady);
  run(1, {.failure = Failure::not_started, .code = E2BIG}, 700);
  EXPECT_EQ(job(1).state, JobState::failed) << "the command itself is at fault";
}

TEST_F(ChangesTest, AStartThatWasPostponedIsTriedAtOnceWhenSomebodyAsksForIt) {
  add(spec("a"));
  for (const bool is_retry : {true, false}) {
    postpone_start(state_, "a", "no process could be made", at(5).steady);
    ASSERT_TRUE(is_retry ? retry_job(state_, 1) : release_queue(state_, "a"));
    EXPECT_EQ(state_.queues.at("a").no_start_before, std::nullopt);
  }
}

TEST_F(ChangesTest, OutOfMemoryMakesTheDemandGrow) {
  settings_.oom_memory_growth_percent = 50;
  add(spec("a", 20));
  run(1, failed(), 1);
  EXPECT_EQ(job(1).memory_bytes, 20 * kGigabyte);
  run(1, failed(Failure::out_of_memory), 2);
  EXPECT_EQ(job(1).memory_bytes, 30 * kGigabyte);
}

TEST_F(ChangesTest, JobsAfterOneThatFailedAreSkippedInTurn) {
  settings_.max_retries = 0;
  JobSpec later = spec("b");
  add(spec("a"));
  later.after = 1;
  add(later);
  later.after = 2;
  add(later);
  run(1, failed(), 1);
  EXPECT_EQ(job(2).state, JobState::skipped);
  EXPECT_EQ(job(3).state, JobState::skipped);
  EXPECT_EQ(job(add(later)).state, JobState::skipped) << "added afterwards";
  EXPECT_TRUE(all_over(state_));
  const auto refused = retry_job(state_, 2);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message,
            "job 2 comes after job 1, which is failed: retry that one first");
  ASSERT_TRUE(retry_job(state_, 1));
  ASSERT_TRUE(retry_job(state_, 2));
}

TEST_F(ChangesTest, ACanceledJobIsOverWhenItsTryIs) {
  add(spec("a"));
  add(spec("a"));
  start(state_, {1, {"GPU-0"}}, at(1));
  ASSERT_TRUE(cancel_job(state_, 1, at(2).wall));
  EXPECT_EQ(job(1).state, JobState::running);
  note_ended(state_, 1, failed(Failure::signal), settings_, at(3));
  EXPECT_EQ(job(1).state, JobState::canceled) << "not tried again";
  EXPECT_FALSE(any_failed(state_));
  ASSERT_TRUE(cancel_job(state_, 2, at(4).wall));
  EXPECT_EQ(job(2).state, JobState::canceled);
  EXPECT_FALSE(cancel_job(state_, 2, at(5).wall));
  EXPECT_EQ(cancel_job(state_, 9, at(5).wall).error().message,
            "there is no job 9: `wemol-queue status` lists them");
}

TEST_F(ChangesTest, RetryEndsABackoff) {
  settings_.max_retry_before_backoff = 1;
  add(spec("a"));
  run(1, failed(), 1);
  ASSERT_TRUE(state_.queues.at("a").backoff_until);
  ASSERT_TRUE(retry_job(state_, 1));
  EXPECT_FALSE(state_.queues.at("a").backoff_until);
  EXPECT_EQ(job(1).retry_count, 0U);
}

TEST_F(ChangesTest, OnlyPendingJobsAreTakenAwayWithTheirBlocks) {
  add(spec("a"));
  add(spec("a"));
  start(state_, {1, {"GPU-0"}}, at(1));
  EXPECT_FALSE(remove_pending_job(state_, 1, at(1).wall));
  EXPECT_TRUE(remove_pending_job(state_, 2, at(1).wall));
  EXPECT_EQ(state_.jobs.size(), 1U);
  EXPECT_EQ(add(spec("a")), 3U) << "no number is given twice";
}

TEST_F(ChangesTest, JobsAfterOneThatIsGoneNeverStart) {
  JobSpec later = spec("b");
  later.after = add(spec("a"));
  const JobId second = add(later);
  ASSERT_TRUE(remove_pending_job(state_, 1, at(1).wall));
  EXPECT_EQ(job(second).state, JobState::skipped);
  EXPECT_EQ(job(add(later)).state, JobState::skipped) << "added when it was gone already";
}

TEST_F(ChangesTest, UniIdsAreOfNoOtherJob) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 2000; ++i) {
    const JobId id = add(spec("a"));
    state_.jobs.at(id).uni_id = new_uni_id(state_, random);
    EXPECT_EQ(state_.jobs.at(id).uni_id.size(), std::string("compete_123456").size());
  }
  std::vector<std::string> all;
  for (const auto& [id, it] : state_.jobs) {
    all.push_back(it.uni_id);
  }
  std::ranges::sort(all);
  EXPECT_EQ(std::ranges::adjacent_find(all), all.end());
}

}  // namespace
}  // namespace wemol::queue
