#include "shown_jobs.h"

#include <numeric>

#include <gtest/gtest.h>

namespace wemol::queue {
namespace {

using Numbers = std::vector<JobId>;

Numbers numbers_of(const std::vector<const Job*>& jobs) {
  Numbers numbers;
  for (const Job* const job : jobs) {
    numbers.push_back(job->id);
  }
  return numbers;
}

Numbers range(JobId first, JobId last) {
  Numbers numbers(last - first + 1);
  std::iota(numbers.begin(), numbers.end(), first);
  return numbers;
}

Numbers operator+(Numbers left, const Numbers& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

class ShownJobsTest : public testing::Test {
 protected:
  void add(JobState state, JobId count = 1) {
    for (JobId i = 0; i < count; ++i) {
      const JobId id = ++state_.last_id;
      Job job{.id = id, .state = state};
      if (is_over(state)) {
        job.ended_at = WallTime(std::chrono::seconds(id));
      }
      state_.jobs.emplace(id, job);
    }
  }
  void end_at(JobId id, int second) {
    state_.jobs.at(id).ended_at = WallTime(std::chrono::seconds(second));
  }
  [[nodiscard]] ShownJobs shown(std::size_t pending, std::size_t ended) const {
    return shown_jobs(state_, reasons_, {.pending = pending, .ended = ended});
  }

  SchedulerState state_;
  std::map<JobId, std::string> reasons_;
};

TEST_F(ShownJobsTest, AShortListIsWhole) {
  add(JobState::succeeded, 3);
  add(JobState::running);
  add(JobState::pending, 3);
  const ShownJobs shown_jobs = shown(3, 3);
  EXPECT_EQ(numbers_of(shown_jobs.jobs), range(1, 7));
  EXPECT_EQ(shown_jobs.pending_left_out, 0U);
  EXPECT_EQ(shown_jobs.ended_left_out, 0U);
}

TEST_F(ShownJobsTest, OfTenThousandEachThatRunsAndSoManyOfTheOthers) {
  add(JobState::failed, 5'000);
  add(JobState::pending, 2'500);
  add(JobState::running, 2);
  add(JobState::pending, 2'498);
  const ShownJobs shown_jobs = shown(100, 20);
  EXPECT_EQ(numbers_of(shown_jobs.jobs), range(4'981, 5'100) + range(7'501, 7'502));
  EXPECT_EQ(shown_jobs.pending_left_out, 4'898);
  EXPECT_EQ(shown_jobs.ended_left_out, 4'980);
}

TEST_F(ShownJobsTest, NoneOfAKindCanBeWanted) {
  add(JobState::canceled, 2);
  add(JobState::running);
  add(JobState::pending, 3);
  const ShownJobs shown_jobs = shown(0, 0);
  EXPECT_EQ(numbers_of(shown_jobs.jobs), Numbers{3});
  EXPECT_EQ(shown_jobs.pending_left_out, 3U);
  EXPECT_EQ(shown_jobs.ended_left_out, 2U);
}

TEST_F(ShownJobsTest, ThoseWithAReasonComeBeforeOtherPendingOnes) {
  add(JobState::pending, 300);
  reasons_ = {{1, "no card"}, {200, "held"}, {300, "it can never start"}};
  EXPECT_EQ(numbers_of(shown(5, 0).jobs), (Numbers{1, 2, 3, 200, 300}));
  EXPECT_EQ(numbers_of(shown(2, 0).jobs), (Numbers{1, 200}));
}

TEST_F(ShownJobsTest, TheLastToEndAreNotThoseWithTheHighestNumbers) {
  add(JobState::succeeded, 6);
  end_at(2, 100);
  end_at(4, 90);
  state_.jobs.at(6).ended_at.reset();
  EXPECT_EQ(numbers_of(shown(0, 3).jobs), (Numbers{2, 4, 5}));
}

TEST_F(ShownJobsTest, PagesHaveEachJobOnce) {
  add(JobState::pending, 1'000);
  state_.jobs.erase(250);
  state_.jobs.erase(251);
  Numbers seen;
  int pages = 0;
  for (std::optional<JobId> from = 0; from; ++pages) {
    const JobsPage page = page_of(state_, *from);
    EXPECT_LE(page.jobs.size(), JobsWanted::kMost);
    seen = seen + numbers_of(page.jobs);
    from = page.next;
  }
  EXPECT_EQ(seen, range(1, 249) + range(252, 1'000));
  EXPECT_EQ(pages, 4U);
}

TEST_F(ShownJobsTest, APageBehindTheLastJobIsEmpty) {
  add(JobState::pending, 2);
  EXPECT_TRUE(page_of(state_, 3).jobs.empty());
  EXPECT_FALSE(page_of(state_, 3).next);
  EXPECT_FALSE(page_of({}, 0).next);
}

}  // namespace
}  // namespace wemol::queue
