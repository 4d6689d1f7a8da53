#include "queue_figures.h"

#include <gtest/gtest.h>

#include "recorded_run.h"

namespace wemol::report {
namespace {

using namespace std::chrono_literals;
using reading::EndedTry;
using reading::TryOutcome;
using test::kNoon;

EndedTry ended_try(std::uint64_t job, std::uint64_t number, TryOutcome outcome,
                   std::string error_type = {}) {
  return {.job = job,
          .queue = "1",
          .number = number,
          .uni_id = "compete_" + std::to_string(job * 100 + number),
          .user = "alice",
          .cards = {"GPU-1"},
          .started = kNoon - 1h,
          .ended = kNoon,
          .outcome = outcome,
          .error_type = std::move(error_type)};
}

TEST(QueueFigures, AddUpTriesByJobAndQueue) {
  QueueFigures figures({});
  figures.add(0, ended_try(17, 1, TryOutcome::failed, "oom"));
  figures.add(0, ended_try(17, 2, TryOutcome::failed, "exit"));
  EndedTry on_two = ended_try(17, 3, TryOutcome::succeeded);
  on_two.cards = {"GPU-1", "GPU-2"};
  on_two.ended = kNoon + 30min;
  figures.add(0, on_two);
  figures.add(0, ended_try(18, 1, TryOutcome::canceled));
  EndedTry other_queue = ended_try(19, 1, TryOutcome::succeeded);
  other_queue.queue = "night";
  other_queue.user = "bob";
  figures.add(0, other_queue);

  ASSERT_EQ(figures.jobs().size(), 3U);
  const JobFigures& job = figures.jobs().at({0, 17});
  EXPECT_EQ(job.totals.tries, 3U);
  EXPECT_EQ(job.totals.succeeded, 1U);
  EXPECT_EQ(job.totals.failed, 2U);
  EXPECT_EQ(job.totals.out_of_memory, 1U);
  EXPECT_EQ(job.totals.run_seconds, 3600 + 3600 + 5400);
  EXPECT_EQ(job.totals.card_seconds, 3600 + 3600 + 2 * 5400);
  EXPECT_EQ(job.last.number, 3U);
  EXPECT_EQ(job.failures, (std::map<std::string, std::uint64_t>{{"exit", 1}, {"oom", 1}}));
  const QueueTotals& queue = figures.queues().at({0, "1"});
  EXPECT_EQ(queue.jobs, 2U);
  EXPECT_EQ(queue.totals.tries, 4U);
  EXPECT_EQ(queue.totals.canceled, 1U);
  EXPECT_EQ(queue.users, (std::set<std::string>{"alice"}));
  EXPECT_EQ(figures.queues().at({0, "night"}).jobs, 1U);
  EXPECT_EQ(figures.tries(), 5U);
}

TEST(QueueFigures, ATryThatWasWrittenTwiceCountsOnce) {
  QueueFigures figures({});
  figures.add(0, ended_try(17, 1, TryOutcome::succeeded));
  figures.add(0, ended_try(17, 1, TryOutcome::succeeded));
  EXPECT_EQ(figures.tries(), 1U);
  EXPECT_EQ(figures.repeated_tries(), 1U);
  figures.add(1, ended_try(17, 1, TryOutcome::succeeded));
  EXPECT_EQ(figures.tries(), 2U) << "another directory has jobs of its own";
  EXPECT_EQ(figures.jobs().size(), 2U);
}

TEST(QueueFigures, TheLastTryIsTheOneThatEndedLast) {
  QueueFigures figures({});
  EndedTry later = ended_try(17, 2, TryOutcome::succeeded);
  later.ended = kNoon + 1h;
  figures.add(0, later);
  figures.add(0, ended_try(17, 1, TryOutcome::failed, "exit"));
  EXPECT_EQ(figures.jobs().at({0, 17}).last.number, 2U);
}

TEST(QueueFigures, UnknownTimesAreInNoSum) {
  QueueFigures figures({});
  EndedTry not_started = ended_try(17, 1, TryOutcome::failed, "not_started");
  not_started.started.reset();
  figures.add(0, not_started);
  const JobFigures& job = figures.jobs().at({0, 17});
  EXPECT_EQ(job.totals.time_unknown, 1U);
  EXPECT_EQ(job.totals.run_seconds, 0);
  EXPECT_EQ(job.first_started, std::nullopt);
}

TEST(QueueFigures, TakeThoseOfTheWindow) {
  QueueFigures figures({.since = kNoon, .until = kNoon + 1h});
  for (const auto offset : {-1s, 0s, 3599s, 3600s}) {
    EndedTry it = ended_try(static_cast<std::uint64_t>(offset.count() + 10), 1, TryOutcome::failed);
    it.ended = kNoon + offset;
    figures.add(0, it);
  }
  EXPECT_EQ(figures.tries(), 2U);
}

}  // namespace
}  // namespace wemol::report
