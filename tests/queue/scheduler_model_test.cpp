#include <algorithm>
#include <map>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include "model_under_test.h"

namespace wemol::queue {
namespace {

/// A host of random jobs on random cards: what must hold whatever happens is checked at each step.
class World {
 public:
  explicit World(unsigned seed) : random_(seed) {
    settings_ = settings(pick(3));
    settings_.maximize_resource_utilization = pick(2) == 0;
    settings_.placement =
        pick(2) == 0 ? QueueSettings::Placement::pack : QueueSettings::Placement::spread;
    settings_.max_retries = pick(6);
    settings_.max_retry_before_backoff = 1 + pick(3);
    settings_.backoff_duration = std::chrono::seconds(30 + pick(600));
    look_ = cards(1 + pick(8));
    const unsigned jobs = 1 + pick(60);
    for (unsigned i = 0; i < jobs; ++i) {
      JobSpec it = spec("q" + std::to_string(pick(8)), 1 + pick(40), 1 + (pick(8) == 0 ? 1 : 0));
      if (i > 0 && pick(10) == 0) {
        it.after = 1 + pick(i);
      }
      add_job(state_, it, at(0).wall);
    }
  }

  void run() {
    for (int step = 0; step < 5000 && !all_over(state_); ++step) {
      now_ += 1 + pick(20);
      if (pick(10) == 0) {
        state_ = SchedulerState(state_);  // a restart: nothing but the state is left
      }
      end_some();
      start_what_is_decided();
    }
  }

 private:
  unsigned pick(unsigned below) { return static_cast<unsigned>(random_() % below); }

  void end_some() {
    for (auto& [id, job] : state_.jobs) {
      if (job.state == JobState::running && pick(3) == 0) {
        const unsigned count = job.retry_count;
        const bool succeeds = pick(3) != 0;
        note_ended(state_, id, succeeds ? success() : failed(), settings_, at(now_));
        check_end(job, succeeds, count);
      }
    }
  }

  void check_end(const Job& job, bool succeeds, unsigned retries_before) {
    const QueueState& queue = state_.queues.at(job.spec.queue);
    if (succeeds) {
      EXPECT_EQ(job.state, JobState::succeeded);
      failures_[job.spec.queue] = 0;
      return;
    }
    if (retries_before >= settings_.max_retries) {
      EXPECT_EQ(job.state, JobState::failed);
      failures_[job.spec.queue] = 0;
      return;
    }
    EXPECT_EQ(job.state, JobState::pending);
    EXPECT_EQ(job.retry_count, retries_before + 1);
    const bool pauses = ++failures_[job.spec.queue] % settings_.max_retry_before_backoff == 0;
    if (pauses) {
      EXPECT_EQ(queue.backoff_until, at(now_).steady + settings_.backoff_duration);
    } else {
      EXPECT_EQ(queue.backoff_until, std::nullopt);
    }
  }

  void start_what_is_decided() {
    note_waiting(state_, at(now_).steady);
    const Decision decision =
        decide(state_, settings_, look_, {.now = at(now_).steady, .last_start = {}});
    std::set<std::string> answered;
    for (const Start& it : decision.starts) {
      check_start(it);
      start(state_, it, at(now_));
      EXPECT_TRUE(answered.insert(state_.jobs.at(it.job).spec.queue).second);
    }
    for (const Wait& it : decision.waits) {
      EXPECT_TRUE(answered.insert(it.queue).second) << "one word for each queue";
      EXPECT_FALSE(it.reason.empty());
    }
    check_cards();
  }

  void check_start(const Start& it) {
    const Job& job = state_.jobs.at(it.job);
    EXPECT_EQ(job.state, JobState::pending);
    EXPECT_EQ(it.cards.size(), job.spec.gpus);
    EXPECT_EQ(std::set<std::string>(it.cards.begin(), it.cards.end()).size(), it.cards.size());
    const QueueState& queue = state_.queues.at(job.spec.queue);
    EXPECT_TRUE(!queue.backoff_until || *queue.backoff_until <= at(now_).steady);
    for (const auto& [id, other] : state_.jobs) {
      if (other.spec.queue == job.spec.queue) {
        EXPECT_NE(other.state, JobState::running) << "a queue is serial";
        EXPECT_TRUE(id >= it.job || is_over(other.state)) << "and in order";
      }
    }
    if (job.spec.after) {
      EXPECT_EQ(state_.jobs.at(*job.spec.after).state, JobState::succeeded);
    }
  }

  void check_cards() {
    std::map<std::string, std::vector<const Job*>> on;
    for (const auto& [id, job] : state_.jobs) {
      if (job.state == JobState::running) {
        for (const std::string& uuid : job.cards) {
          on[uuid].push_back(&job);
        }
      }
    }
    for (const auto& [uuid, jobs] : on) {
      std::uint64_t promised = 0;
      for (const Job* job : jobs) {
        promised += job->memory_bytes;
      }
      EXPECT_LE(promised, 80 * kGigabyte);
      EXPECT_TRUE(jobs.size() == 1 || settings_.maximize_resource_utilization);
    }
    if (!on.empty()) {
      EXPECT_LE(on.size() + settings_.gpu_left, look_.cards.size());
    }
  }

  std::mt19937 random_;
  SchedulerState state_;
  QueueSettings settings_;
  CardLook look_;
  std::map<std::string, unsigned> failures_;
  double now_ = 0;
};

TEST(SchedulerModel, HoldsForRandomJobsCardsFailuresAndRestarts) {
  for (unsigned seed = 0; seed < 60; ++seed) {
    SCOPED_TRACE(seed);
    World(seed).run();
    if (::testing::Test::HasFailure()) {
      break;
    }
  }
}

}  // namespace
}  // namespace wemol::queue
