#include "status_json.h"

#include <set>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace wemol::queue {
namespace {

using nlohmann::ordered_json;

std::set<std::string> keys_of(const ordered_json& object) {
  std::set<std::string> keys;
  for (const auto& [key, value] : object.items()) {
    keys.insert(key);
  }
  return keys;
}

class StatusJsonTest : public testing::Test {
 protected:
  Job& add(const std::string& queue, JobState state) {
    const JobId id = ++state_.last_id;
    state_.queues.try_emplace(queue);
    return state_.jobs
        .emplace(id, Job{.id = id,
                         .spec = {.queue = queue, .commands = {"true"}, .memory_bytes = 1 << 30},
                         .state = state,
                         .memory_bytes = 1 << 30,
                         .added_at = now_.wall})
        .first->second;
  }
  [[nodiscard]] ordered_json status(const JobsWanted& wanted = {}) const {
    return ordered_json::parse(status_json({.state = state_,
                                            .look = look_,
                                            .cards_problem = {},
                                            .nothing_can_start = {},
                                            .job_reasons = job_reasons_,
                                            .queue_reasons = queue_reasons_,
                                            .state_dir = "/state"},
                                           wanted, now_));
  }

  Moment now_{.steady = SteadyTime(std::chrono::hours(1)),
              .wall = WallTime(std::chrono::seconds(1'768'000'000))};
  SchedulerState state_;
  std::optional<CardLook> look_;
  std::map<JobId, std::string> job_reasons_;
  std::map<std::string, std::string> queue_reasons_;
};

TEST_F(StatusJsonTest, HasTheKeysThatReadersKnow) {
  add("1", JobState::running).cards = {"GPU-1"};
  look_ =
      CardLook{.cards = {{.uuid = "GPU-1", .index = 3, .name = "A100"}}, .looked_at = now_.steady};
  const ordered_json json = status();
  EXPECT_EQ(json["version"], 1);
  EXPECT_EQ(keys_of(json),
            (std::set<std::string>{"version", "pid", "state_dir", "time", "keeps_running",
                                   "nothing_can_start", "cards_looked_at", "cards_problem",
                                   "queues", "cards", "jobs_left_out", "jobs"}));
  EXPECT_EQ(keys_of(json["queues"][0]),
            (std::set<std::string>{"queue", "state", "backoff_until", "reason", "pending",
                                   "running", "succeeded", "failed", "canceled_or_skipped"}));
  EXPECT_EQ(keys_of(json["jobs"][0]),
            (std::set<std::string>{"job", "queue", "state", "gpus", "memory_bytes", "after",
                                   "cards", "tries", "retry_count", "uni_id", "since", "next_try",
                                   "reason", "last_result", "commands", "log"}));
  EXPECT_EQ(keys_of(json["cards"][0]),
            (std::set<std::string>{"index", "uuid", "name", "memory_total_bytes",
                                   "memory_free_bytes", "jobs", "own_other_processes",
                                   "other_users", "is_held_by_other_scheduler"}));
  EXPECT_EQ(json["jobs"][0]["cards"], (ordered_json{{{"uuid", "GPU-1"}, {"index", 3}}}));
  EXPECT_EQ(json["cards"][0]["jobs"], ordered_json::array({1}));
}

TEST_F(StatusJsonTest, WithoutJobsThereIsAnEmptyList) {
  EXPECT_EQ(status()["jobs"], ordered_json::array());
  EXPECT_EQ(status({.page_from = 0}),
            (ordered_json{{"next_job", nullptr}, {"jobs", ordered_json::array()}}));
}

TEST_F(StatusJsonTest, CountsAreOfAllJobsAlsoOfThoseThatAreLeftOut) {
  for (int i = 0; i < 9; ++i) {
    add("a", JobState::pending);
  }
  add("b", JobState::succeeded);
  add("b", JobState::failed);
  add("b", JobState::canceled);
  add("b", JobState::skipped);
  state_.queues.try_emplace("empty");
  const ordered_json json = status({.pending = 2, .ended = 1});
  ASSERT_EQ(json["queues"].size(), 3);
  EXPECT_EQ(json["queues"][0]["queue"], "a");
  EXPECT_EQ(json["queues"][0]["pending"], 9);
  EXPECT_EQ(json["queues"][1]["succeeded"], 1);
  EXPECT_EQ(json["queues"][1]["failed"], 1);
  EXPECT_EQ(json["queues"][1]["canceled_or_skipped"], 2);
  EXPECT_EQ(json["queues"][2]["pending"], 0);
  EXPECT_EQ(json["jobs"].size(), 3);
  EXPECT_EQ(json["jobs_left_out"], (ordered_json{{"pending", 7}, {"ended", 3}}));
}

TEST_F(StatusJsonTest, APageHasJobsAloneAndWhereTheNextBegins) {
  for (std::size_t i = 0; i <= JobsWanted::kMost; ++i) {
    add("a", JobState::pending);
  }
  const ordered_json first = status({.page_from = 1});
  EXPECT_EQ(keys_of(first), (std::set<std::string>{"next_job", "jobs"}));
  EXPECT_EQ(first["jobs"].size(), JobsWanted::kMost);
  EXPECT_EQ(first["next_job"], JobsWanted::kMost + 1);
  const ordered_json second = status({.page_from = first["next_job"].get<JobId>()});
  EXPECT_EQ(second["jobs"].size(), 1);
  EXPECT_EQ(second["next_job"], nullptr);
}

TEST_F(StatusJsonTest, APendingJobSaysWhyAndWhenItIsTriedAgain) {
  Job& job = add("a", JobState::pending);
  job.tries = 2;
  job.cards = {"GPU-1"};  // those of its last try
  job.last_result = TryResult{.failure = Failure::out_of_memory, .code = 137, .text = "out"};
  state_.queues["a"].backoff_until = now_.steady + std::chrono::seconds(60);
  job_reasons_ = {{1, "the queue is in backoff"}};
  queue_reasons_ = {{"a", "the queue is in backoff"}};
  const ordered_json json = status();
  EXPECT_EQ(json["queues"][0]["state"], "BACKOFF");
  EXPECT_EQ(json["queues"][0]["reason"], "the queue is in backoff");
  EXPECT_EQ(json["jobs"][0]["reason"], "the queue is in backoff");
  EXPECT_EQ(json["jobs"][0]["next_try"], json["queues"][0]["backoff_until"]);
  EXPECT_EQ(json["jobs"][0]["cards"], ordered_json::array());
  EXPECT_EQ(json["jobs"][0]["last_result"]["error_type"], "oom");
  EXPECT_EQ(json["jobs"][0]["log"], "/state/jobs/1.log");
}

TEST_F(StatusJsonTest, TextsThatAreNoUtf8DoNotSpoilIt) {
  add("a", JobState::pending).spec.commands = {"echo \xff\"\n"};
  EXPECT_EQ(status()["jobs"][0]["commands"][0], "echo \xEF\xBF\xBD\"\n");
}

TEST_F(StatusJsonTest, StateWords) {
  const SteadyTime now = now_.steady;
  const auto later = now + std::chrono::seconds(1);
  EXPECT_EQ(state_word({.is_held = true}, true, now), "BUSY");
  EXPECT_EQ(state_word({.is_held = true, .is_stopped = true}, false, now), "HELD");
  EXPECT_EQ(state_word({.is_stopped = true, .backoff_until = later}, false, now), "STOPPED");
  EXPECT_EQ(state_word({.backoff_until = later}, false, now), "BACKOFF");
  EXPECT_EQ(state_word({.backoff_until = now}, false, now), "IDLE");
}

}  // namespace
}  // namespace wemol::queue
