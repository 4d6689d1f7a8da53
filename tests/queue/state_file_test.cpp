#include "state_file.h"

#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "temp_dir.h"
#include "text_file.h"
#include "written_bytes_limit.h"

namespace wemol::queue {
namespace {

using std::chrono::seconds;

Moment moment_at(int steady_seconds, int wall_seconds) {
  return {SteadyTime(seconds(steady_seconds)), WallTime(seconds(wall_seconds))};
}

const Moment kNow = moment_at(1000, 1749030000);

/// A job in which everything is set.
Job full_job(JobId id) {
  Job job;
  job.id = id;
  job.spec = {.queue = "训练",
              .commands = {"python \"a\" \\ {uni_id}", "b"},
              .memory_bytes = 7,
              .gpus = 2,
              .after = 1};
  job.state = JobState::running;
  job.tries = 3;
  job.retry_count = 2;
  job.memory_bytes = std::uint64_t{1} << 63U;
  job.uni_id = "compete_000017";
  job.cards = {"GPU-1", "GPU-2"};
  job.keeper = {.pid = 4711, .start_ticks = 99};
  job.added_at = WallTime(seconds(1749030001));
  job.started_at = WallTime(std::chrono::microseconds(1749030002123456));
  job.ended_at = WallTime(seconds(1749030003));
  job.last_result = TryResult{.failure = Failure::out_of_memory, .code = 137, .text = "x"};
  job.is_cancel_requested = true;
  return job;
}

void expect_same(const Job& job, const Job& expected) {
  EXPECT_EQ(job.id, expected.id);
  EXPECT_EQ(job.spec, expected.spec);
  EXPECT_EQ(job.state, expected.state);
  EXPECT_EQ(job.tries, expected.tries);
  EXPECT_EQ(job.retry_count, expected.retry_count);
  EXPECT_EQ(job.memory_bytes, expected.memory_bytes);
  EXPECT_EQ(job.uni_id, expected.uni_id);
  EXPECT_EQ(job.cards, expected.cards);
  EXPECT_EQ(job.keeper, expected.keeper);
  EXPECT_EQ(job.added_at, expected.added_at);
  EXPECT_EQ(job.started_at, expected.started_at);
  EXPECT_EQ(job.ended_at, expected.ended_at);
  EXPECT_EQ(job.is_cancel_requested, expected.is_cancel_requested);
  ASSERT_EQ(job.last_result.has_value(), expected.last_result.has_value());
  if (job.last_result) {
    EXPECT_EQ(job.last_result->has_succeeded, expected.last_result->has_succeeded);
    EXPECT_EQ(job.last_result->failure, expected.last_result->failure);
    EXPECT_EQ(job.last_result->code, expected.last_result->code);
    EXPECT_EQ(job.last_result->text, expected.last_result->text);
  }
}

class QueueStateFile : public testing::Test {
 protected:
  /// Opens it anew, as a scheduler that starts again does.
  LoadedState restart(const Moment& now = kNow) {
    file_.reset();
    auto opened = StateFile::open(folder_);
    EXPECT_TRUE(opened) << (opened ? "" : opened.error().message);
    file_.emplace(std::move(*opened));
    auto loaded = file_->load(now);
    EXPECT_TRUE(loaded) << (loaded ? "" : loaded.error().message);
    return loaded ? *loaded : LoadedState{};
  }

  Result<void> save(const StateChange& change, const Moment& now = kNow) {
    return file_->save(state_, blocks_, change, now);
  }

  test::TempDir dir_;
  std::filesystem::path folder_ = dir_ / "logs/state";
  std::filesystem::path journal_ = folder_ / "state.jsonl";
  std::optional<StateFile> file_;
  SchedulerState state_;
  BlockJobs blocks_;
};

TEST_F(QueueStateFile, AJobComesBackAsItWas) {
  EXPECT_TRUE(restart().state.jobs.empty());
  state_.jobs[17] = full_job(17);
  Job fresh;
  fresh.id = 18;
  fresh.spec = {.queue = "1", .commands = {"a"}};
  state_.jobs[18] = fresh;
  state_.last_id = 20;
  blocks_["/c.txt"] = {18, 17};
  ASSERT_TRUE(save({.jobs = {17, 18}, .block_files = {"/c.txt"}}));
  const auto loaded = restart();
  EXPECT_TRUE(loaded.warnings.empty());
  ASSERT_EQ(loaded.state.jobs.size(), 2U);
  expect_same(loaded.state.jobs.at(17), state_.jobs[17]);
  expect_same(loaded.state.jobs.at(18), fresh);
  EXPECT_EQ(loaded.state.last_id, 20U);
  EXPECT_EQ(loaded.blocks, blocks_);
}

TEST_F(QueueStateFile, ABackoffEndsWhenItWasToEndWhateverTheSteadyClockSays) {
  (void)restart();
  QueueState& queue = state_.queues["1"];
  queue = {.is_held = true,
           .is_stopped = true,
           .backoff_until = kNow.steady + seconds(600),
           .failures_in_row = 2,
           .waiting_since = kNow.steady - seconds(50)};
  ASSERT_TRUE(save({.queues = {"1"}}));
  // 100 s later, after a boot.
  const Moment later = moment_at(5, 1749030100);
  const auto loaded = restart(later).state.queues.at("1");
  EXPECT_TRUE(loaded.is_held && loaded.is_stopped);
  EXPECT_EQ(loaded.failures_in_row, 2U);
  EXPECT_EQ(loaded.backoff_until, later.steady + seconds(500));
  EXPECT_EQ(loaded.waiting_since, later.steady - seconds(150));
}

TEST_F(QueueStateFile, TheLastSaveCounts) {
  (void)restart();
  for (const JobId id : {1U, 2U}) {
    state_.jobs[id] = full_job(id);
  }
  state_.last_id = 2;
  ASSERT_TRUE(save({.jobs = {1, 2}}));
  state_.jobs[1].state = JobState::failed;
  state_.jobs[2].state = JobState::succeeded;  // not named as changed
  ASSERT_TRUE(save({.jobs = {1}}));
  state_.jobs.erase(2);
  auto loaded = restart();
  EXPECT_EQ(loaded.state.jobs.at(1).state, JobState::failed);
  EXPECT_EQ(loaded.state.jobs.at(2).state, JobState::running);
  ASSERT_TRUE(save({.jobs = {2}}));
  loaded = restart();
  EXPECT_EQ(loaded.state.jobs.size(), 1U);
  EXPECT_EQ(loaded.state.last_id, 2U);  // the number is not given again
}

TEST_F(QueueStateFile, ASaveThatWasCutOffIsNotThereAndTheNextOneIs) {
  (void)restart();
  state_.jobs[1] = full_job(1);
  ASSERT_TRUE(save({.jobs = {1}}));
  const std::string whole = test::read_text(journal_);
  state_.jobs[1].state = JobState::failed;
  ASSERT_TRUE(save({.jobs = {1}}));
  const std::string both = test::read_text(journal_);
  file_.reset();
  for (std::size_t length = whole.size(); length < both.size(); length += 7) {
    test::write_text(journal_, both.substr(0, length));
    const auto loaded = restart();
    EXPECT_TRUE(loaded.warnings.empty());
    EXPECT_EQ(loaded.state.jobs.at(1).state, JobState::running);
    EXPECT_EQ(test::read_text(journal_), whole);
  }
  ASSERT_TRUE(save({.jobs = {1}}));
  EXPECT_EQ(restart().state.jobs.at(1).state, JobState::failed);
}

TEST_F(QueueStateFile, ABadLineCostsOnlyItselfAndIsKept) {
  (void)restart();
  for (JobId id = 1; id <= 3; ++id) {
    state_.jobs[id] = full_job(id);
    ASSERT_TRUE(save({.jobs = {id}}));
  }
  file_.reset();
  std::string text = test::read_text(journal_);
  const std::size_t second = text.find("\"id\":2");
  ASSERT_NE(second, std::string::npos);
  text[second + 1] = '\0';
  test::write_text(journal_, text);
  const auto loaded = restart();
  EXPECT_EQ(loaded.state.jobs.size(), 2U);
  EXPECT_EQ(loaded.state.last_id, 3U);
  ASSERT_EQ(loaded.warnings.size(), 1U);
  EXPECT_EQ(test::read_text(folder_ / "state.jsonl.bad-20250604-094000"), text);
}

TEST_F(QueueStateFile, AJobWhoseQueueIsLostHasOneAllTheSame) {
  (void)restart();
  state_.jobs[1] = full_job(1);
  const std::string queue = state_.jobs[1].spec.queue;
  ASSERT_TRUE(save({.jobs = {1}}));
  const auto loaded = restart();
  EXPECT_TRUE(loaded.state.queues.contains(queue));
  EXPECT_FALSE(loaded.state.queues.at(queue).is_held);
}

TEST_F(QueueStateFile, AFullDiskLosesNothingThatWasSavedAndTheNextSaveMakesUpForIt) {
  (void)restart();
  state_.jobs[1] = full_job(1);
  ASSERT_TRUE(save({.jobs = {1}}));
  const std::string before = test::read_text(journal_);
  state_.jobs[1].state = JobState::failed;
  state_.jobs[2] = full_job(2);
  {
    const test::WrittenBytesLimit limit(before.size() + 40);
    const auto saved = save({.jobs = {1}});
    ASSERT_FALSE(saved);
    EXPECT_EQ(saved.error().code, EFBIG);
    EXPECT_EQ(test::read_text(journal_), before);
  }
  ASSERT_TRUE(save({.jobs = {2}}));
  const auto loaded = restart();
  EXPECT_EQ(loaded.state.jobs.at(1).state, JobState::failed);
  EXPECT_EQ(loaded.state.jobs.size(), 2U);
  EXPECT_TRUE(loaded.warnings.empty());
}

TEST_F(QueueStateFile, TheFileIsWrittenAnewWhenMostOfItIsOld) {
  (void)restart();
  for (JobId id = 1; id <= 10; ++id) {
    state_.jobs[id] = full_job(id);
    state_.jobs[id].spec.commands = {std::string(10'000, 'x')};
  }
  state_.last_id = 10;
  state_.queues["1"].is_held = true;
  blocks_["/c.txt"] = {1, 2};
  StateChange all{
      .jobs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, .queues = {"1"}, .block_files = {"/c.txt"}};
  for (unsigned tries = 0; tries < 40; ++tries) {
    state_.jobs[3].tries = tries;
    ASSERT_TRUE(save(all));
    ASSERT_LT(std::filesystem::file_size(journal_), 1'800'000U);
  }
  const auto loaded = restart();
  ASSERT_EQ(loaded.state.jobs.size(), 10U);
  EXPECT_EQ(loaded.state.jobs.at(3).tries, 39U);
  EXPECT_TRUE(loaded.state.queues.at("1").is_held);
  EXPECT_EQ(loaded.blocks, blocks_);
}

TEST_F(QueueStateFile, ADeletedFileIsWrittenAnewAsAWhole) {
  (void)restart();
  for (const JobId id : {1U, 2U}) {
    state_.jobs[id] = full_job(id);
  }
  ASSERT_TRUE(save({.jobs = {1, 2}}));
  std::filesystem::remove(journal_);
  ASSERT_TRUE(save({.jobs = {1}}));
  EXPECT_EQ(restart().state.jobs.size(), 2U);
}

TEST_F(QueueStateFile, AFileOfANewerVersionIsNotTouched) {
  const std::string text = "[{\"format\":2}]\n[{\"what\":1}]\n";
  test::write_text(journal_, text);
  auto opened = StateFile::open(folder_);
  ASSERT_TRUE(opened);
  const auto loaded = opened->load(kNow);
  ASSERT_FALSE(loaded);
  EXPECT_NE(loaded.error().message.find("newer version"), std::string::npos);
  EXPECT_EQ(test::read_text(journal_), text);
}

TEST_F(QueueStateFile, ASecondSchedulerHearsWhoIsTheFirst) {
  (void)restart();
  const auto second = StateFile::open(folder_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, EWOULDBLOCK);
  EXPECT_NE(second.error().message.find("process " + std::to_string(getpid()) + " on "),
            std::string::npos)
      << second.error().message;
  file_.reset();
  EXPECT_TRUE(StateFile::open(folder_));
}

TEST_F(QueueStateFile, AProgramThatItStartsDoesNotKeepTheLock) {
  (void)restart();
  std::array<int, 2> pipe_ends{};
  ASSERT_EQ(pipe(pipe_ends.data()), 0);
  const pid_t child = fork();
  if (child == 0) {
    dup2(pipe_ends[0], 0);
    close(pipe_ends[1]);
    execl("/bin/cat", "cat", nullptr);
    _exit(1);
  }
  close(pipe_ends[0]);
  file_.reset();
  // Until it has become another program the child has a copy of the lock.
  const auto is_free = [&] { return StateFile::open(folder_).has_value(); };
  bool was_free = false;
  for (int i = 0; i < 500 && !(was_free = is_free()); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_TRUE(was_free);
  EXPECT_EQ(waitpid(child, nullptr, WNOHANG), 0);
  close(pipe_ends[1]);
  EXPECT_EQ(waitpid(child, nullptr, 0), child);
}

}  // namespace
}  // namespace wemol::queue
