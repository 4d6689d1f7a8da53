#include "sqlite_history.h"

#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <future>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "fake_clock.h"
#include "temp_dir.h"

namespace wemol::hub {
namespace {

using namespace std::chrono_literals;

HistorySample sample(const std::string& host, std::int64_t second, double value) {
  HistorySample result{host, WallTime(std::chrono::seconds(second)), {}};
  for (int i = 0; i < 50; ++i) {
    result.figures.push_back({"figure" + std::to_string(100 + i), value});
  }
  return result;
}

Result<HistoryAnswer> answer_of(History& history, HistoryQuery query) {
  std::promise<Result<HistoryAnswer>> answered;
  history.query(std::move(query),
                [&](Result<HistoryAnswer> answer) { answered.set_value(std::move(answer)); });
  return answered.get_future().get();
}

std::size_t count_points(History& history, const std::string& host, std::int64_t seconds) {
  const auto answer = answer_of(
      history, {host, {"figure100"}, WallTime(0s), WallTime(std::chrono::seconds(seconds)), 10s});
  EXPECT_TRUE(answer) << answer.error().message;
  return !answer || answer->series.empty() ? 0 : answer->series[0].points.size();
}

class HubSqliteHistory : public testing::Test {
 protected:
  [[nodiscard]] std::unique_ptr<SqliteHistory> open(const std::filesystem::path& file) {
    auto history = SqliteHistory::open({.file = file}, clock_);
    EXPECT_TRUE(history) << history.error().message;
    return history ? std::move(*history) : nullptr;
  }

  test::TempDir dir_;
  test::FakeClock clock_;
};

TEST_F(HubSqliteHistory, AnswersWhatWasWritten) {
  clock_.wall = WallTime(1'000s);
  const auto history = open(dir_ / "history.db");
  ASSERT_TRUE(history);
  for (int i = 0; i < 100; ++i) {
    history->write(sample("a", i * 10, i));
  }
  history->flush();
  EXPECT_EQ(count_points(*history, "a", 1'000), 100U);
  EXPECT_TRUE(history->conditions().empty());
  history->forget("a");
  history->write(sample("a", 0, 1));
  history->flush();
  EXPECT_EQ(count_points(*history, "a", 1'000), 1U);
}

TEST_F(HubSqliteHistory, AtItsEndWritesWhatWaits) {
  clock_.wall = WallTime(1'000s);
  open(dir_ / "history.db")->write(sample("a", 0, 1));
  EXPECT_EQ(count_points(*open(dir_ / "history.db"), "a", 1'000), 1U);
}

TEST_F(HubSqliteHistory, IsForItsOwnUserOnly) {
  const auto history = open(dir_ / "history.db");
  for (const auto& entry : std::filesystem::directory_iterator(dir_.path())) {
    EXPECT_EQ(entry.status().permissions(), std::filesystem::perms(0600)) << entry.path();
  }
  EXPECT_TRUE(std::filesystem::exists(dir_ / "history.db"));
}

// The acknowledgment is flush() here; in the program a second.
TEST_F(HubSqliteHistory, LosesNothingAcknowledgedToAKill) {
  clock_.wall = WallTime(50'000s);  // all within the reach of the finest steps
  const auto file = dir_ / "history.db";
  std::mt19937 random(42);
  std::int64_t written = 0;
  for (int round = 0; round < 20; ++round) {
    int pipe_ends[2];  // NOLINT(cppcoreguidelines-avoid-c-arrays,modernize-avoid-c-arrays)
    ASSERT_EQ(pipe(pipe_ends), 0);
    const pid_t child = fork();
    if (child == 0) {
      auto history = SqliteHistory::open({.file = file}, clock_);
      for (std::int64_t at = written; history; ++at) {
        (*history)->write(sample("a", at * 10, 1));
        (*history)->flush();
        clock_.pass(5min);  // so that it folds, too
        if (::write(pipe_ends[1], &at, sizeof(at)) != sizeof(at)) {
          break;
        }
      }
      _exit(1);
    }
    close(pipe_ends[1]);
    std::int64_t acknowledged = -1;
    ASSERT_EQ(read(pipe_ends[0], &acknowledged, sizeof(acknowledged)),
              static_cast<ssize_t>(sizeof(acknowledged)));
    usleep(static_cast<useconds_t>(random() % 60'000));
    kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    while (read(pipe_ends[0], &acknowledged, sizeof(acknowledged)) > 0) {
    }
    close(pipe_ends[0]);
    EXPECT_EQ(Database::open(file)
                  ->integer("SELECT count(*) FROM pragma_integrity_check WHERE "
                            "integrity_check = 'ok'")
                  .value_or(0),
              1);
    const auto history = open(file);
    ASSERT_TRUE(history);
    const std::size_t found = count_points(*history, "a", 50'000);
    // The last one may have been written and not acknowledged.
    EXPECT_GE(found, static_cast<std::size_t>(acknowledged + 1));
    EXPECT_LE(found, static_cast<std::size_t>(acknowledged + 2));
    written = acknowledged + 1;
  }
}

TEST_F(HubSqliteHistory, WaitsWhileTheDiskIsFull) {
  const auto disk = dir_ / "disk";
  std::filesystem::create_directories(disk);
  if (mount("none", disk.c_str(), "tmpfs", 0, "size=8m") != 0) {
    GTEST_SKIP() << "no file system can be mounted here";
  }
  clock_.wall = WallTime(50'000s);  // all within the reach of the finest steps
  {
    const auto history = open(disk / "history.db");
    ASSERT_TRUE(history);
    history->write(sample("a", 0, 1));
    history->flush();
    EXPECT_TRUE(history->conditions().empty());
    std::ofstream(disk / "filler") << std::string(16 << 20, 'x') << std::flush;
    // More than the file's free pages and the log can take.
    for (int i = 1; i < 4'000; ++i) {
      history->write(sample("a", i * 10, 1));
    }
    history->flush();
    ASSERT_EQ(history->conditions().size(), 1U);
    EXPECT_NE(history->conditions()[0].message.find("database or disk is full"), std::string::npos)
        << history->conditions()[0].message;
    EXPECT_EQ(count_points(*history, "a", 50'000), 1U);
    std::filesystem::remove(disk / "filler");
    history->flush();
    EXPECT_TRUE(history->conditions().empty()) << history->conditions()[0].message;
    EXPECT_EQ(count_points(*history, "a", 40'000), 4'000U);
  }
  EXPECT_EQ(umount2(disk.c_str(), MNT_DETACH), 0);
}

}  // namespace
}  // namespace wemol::hub
