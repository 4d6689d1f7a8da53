#include "recorder.h"

#include <gtest/gtest.h>

#include "fake_clock.h"
#include "fake_file_reader.h"
#include "log_capture.h"

namespace wemol {
namespace {

using namespace std::chrono_literals;
using test::FakeClock;
using test::FakeFileReader;
using test::LogCapture;

/// Gives the same facts in every round, and takes a set time for it.
class FakeSource : public Source {
 public:
  explicit FakeSource(FakeClock& clock) : clock_(clock) {}
  [[nodiscard]] std::optional<Facts> collect(SteadyTime due) override {
    begun_at.push_back(clock_.now());
    due_at.push_back(due);
    clock_.pass(begun_at.size() == slow_round ? slow_round_takes : round_takes);
    return begun_at.size() == stopped_in_round ? std::nullopt : std::optional(facts);
  }
  Facts facts;
  std::chrono::nanoseconds round_takes = 2s;
  std::chrono::nanoseconds slow_round_takes = 12s;
  std::size_t slow_round = 0;
  std::size_t stopped_in_round = 0;
  std::vector<SteadyTime> begun_at;
  std::vector<SteadyTime> due_at;

 private:
  FakeClock& clock_;
};

class FakeSink : public Sink {
 public:
  explicit FakeSink(std::vector<Snapshot>& snapshots) : snapshots_(snapshots) {}
  [[nodiscard]] Conditions write(const Snapshot& snapshot) override {
    snapshots_.push_back(snapshot);
    return {};
  }

 private:
  std::vector<Snapshot>& snapshots_;
};

/// Asks for another interval after some round.
class FakeSupervisor : public Supervisor {
 public:
  void round_done(const Progress& progress, SteadyTime ended) override {
    done.push_back(progress);
    last_ended = ended;
  }
  [[nodiscard]] std::optional<std::chrono::nanoseconds> new_interval() override {
    const bool is_time = change_after_round != 0 && done.size() == change_after_round;
    return is_time && !std::exchange(has_changed, true) ? std::optional(interval) : std::nullopt;
  }
  void stopping() override { ++stops; }

  std::vector<Progress> done;
  SteadyTime last_ended;
  std::size_t change_after_round = 0;
  std::chrono::nanoseconds interval{};
  bool has_changed = false;
  int stops = 0;
};

class Recording : public testing::Test {
 protected:
  Recording() {
    sinks.push_back(std::make_unique<FakeSink>(snapshots));
    source.facts.containers = {{"a", "task_1_2_3", ContainerStats{.pids = 1}}};
    source.facts.gpu_processes.emplace();
  }
  void record(std::uint64_t rounds) {
    Round round(source, modules, sinks, "task");
    Recorder(round, clock, supervisor, 5s, rounds).run();
  }
  LogCapture log;
  FakeClock clock;
  FakeSupervisor supervisor;
  FakeSource source{clock};
  FakeFileReader files;
  ModuleCatalog modules{files, clock, "/root"};
  std::vector<Snapshot> snapshots;
  std::vector<std::unique_ptr<Sink>> sinks;
  SteadyTime start = clock.steady;
};

TEST_F(Recording, RoundsBeginOnTheirScheduleWhateverTheyTake) {
  record(4);
  EXPECT_EQ(source.begun_at,
            (std::vector<SteadyTime>{start, start + 5s, start + 10s, start + 15s}));
}

TEST_F(Recording, TaskWithoutAnyReadingIsNamedCountedAndSaidToBeOver) {
  Container dumb{"a", "task_1_2_3", std::nullopt};
  dumb.no_reading_because = "docker is dumb";
  source.facts.containers = {dumb, {"b", "task_4_5_6", ContainerStats{.pids = 1}}};
  record(4);
  EXPECT_EQ(log.count("warning task 1 has no rows: nothing valid can be read of its running "
                      "container task_1_2_3: docker is dumb"),
            1U);
  EXPECT_EQ(supervisor.done[2].silent_tasks, 0U);
  EXPECT_EQ(supervisor.done[3].silent_tasks, 1U);
  EXPECT_EQ(
      log.count("stopped after 4 rounds with 4 rows; 0 rounds skipped; 1 task at last without "
                "a valid reading"),
      1U);
}

TEST_F(Recording, LastRoundIsNotFollowedByAWait) {
  record(1);
  EXPECT_TRUE(clock.waited_for.empty());
}

TEST_F(Recording, OverrunIsAWarningWithBothFiguresAndItsTicksAreSkipped) {
  source.slow_round = 2;
  record(4);
  EXPECT_EQ(source.begun_at,
            (std::vector<SteadyTime>{start, start + 5s, start + 20s, start + 25s}));
  EXPECT_EQ(log.count("warning round 2 began 0.000 s after its time and took 12.000 s with an "
                      "interval of 5.000 s: 2 rounds skipped (2 since the start)"),
            1U);
  EXPECT_EQ(log.count("stopped after 4 rounds with 4 rows; 2 rounds skipped"), 1U);
}

TEST_F(Recording, ReadingsAreWaitedForUntilShortlyBeforeTheNextTickAlsoInARoundThatBeganLate) {
  clock.late_by = 1500ms;
  record(3);
  EXPECT_EQ(source.begun_at[1], start + 6500ms);
  EXPECT_EQ(source.due_at,
            (std::vector<SteadyTime>{start + 4900ms, start + 9900ms, start + 14900ms}));
}

TEST_F(Recording, EachFinishedRoundIsToldWithHowItWent) {
  source.slow_round = 2;
  record(3);
  ASSERT_EQ(supervisor.done.size(), 3U);
  EXPECT_EQ(supervisor.done[0].rounds, 1U);
  EXPECT_EQ(supervisor.done[0].tasks, 1U);
  EXPECT_FALSE(supervisor.done[0].last_overrun);
  EXPECT_EQ(supervisor.done[2].rounds, 3U);
  EXPECT_EQ(supervisor.done[2].skipped, 2);
  EXPECT_EQ(supervisor.done[2].last_overrun->round, 2U);
  EXPECT_EQ(supervisor.done[2].last_overrun->took, 12s);
  EXPECT_EQ(supervisor.last_ended, clock.now());
  EXPECT_EQ(supervisor.stops, 1);
}

TEST_F(Recording, RoundThatIsGivenUpIsNotTold) {
  source.stopped_in_round = 2;
  record(0);
  EXPECT_EQ(supervisor.done.size(), 1U);
  EXPECT_EQ(supervisor.stops, 1);
}

TEST_F(Recording, LongerIntervalCountsFromTheLastRound) {
  supervisor.change_after_round = 2;
  supervisor.interval = 60s;
  record(4);
  EXPECT_EQ(source.begun_at,
            (std::vector<SteadyTime>{start, start + 5s, start + 65s, start + 125s}));
  EXPECT_EQ(log.count("skipped (") + log.count("; 0 rounds skipped"), 1U);
}

TEST_F(Recording, ShorterIntervalThatHasPassedBeginsAtOnceAndWithoutABurst) {
  source.round_takes = 4500ms;
  supervisor.change_after_round = 1;
  supervisor.interval = 4s;
  record(3);
  ASSERT_EQ(source.begun_at.size(), 3U);
  EXPECT_EQ(source.begun_at[1], start + 4500ms);
  EXPECT_EQ(source.begun_at[2], start + 4500ms + 8s) << "one tick was run over";
}

TEST_F(Recording, OneOfAKindIsNoPlural) {
  source.slow_round = 1;
  source.slow_round_takes = 7s;
  record(1);
  EXPECT_EQ(log.count(": 1 round skipped (1 since the start)"), 1U);
  EXPECT_EQ(log.count("stopped after 1 round with 1 row; 1 round skipped"), 1U);
}

TEST_F(Recording, StopWhileWaitingEndsCleanly) {
  clock.waits_left = 2;
  record(0);
  EXPECT_EQ(source.begun_at.size(), 3U);
}

TEST_F(Recording, StopInTheMiddleOfARoundWritesNothingOfIt) {
  source.stopped_in_round = 2;
  record(0);
  EXPECT_EQ(source.begun_at.size(), 2U);
  ASSERT_EQ(snapshots.size(), 2U);
  EXPECT_EQ(snapshots[0].samples.size(), 1U);
  EXPECT_TRUE(snapshots[1].samples.empty()) << "the last chance to write what waits";
}

TEST_F(Recording, SinksAreCalledInEveryRoundAlsoWhenNothingCouldBeListed) {
  source.facts.containers.reset();
  source.facts.gpu_devices = {{.index = 0, .uuid = "GPU-a"}};
  record(3);
  ASSERT_EQ(snapshots.size(), 4U);
  EXPECT_EQ(snapshots[0].gpu_devices.size(), 1U) << "the GPUs are there all the same";
  EXPECT_FALSE(snapshots[0].are_tasks_known);
}

TEST_F(Recording, WithoutTasksThatIsSaidOnce) {
  source.facts.containers = {{{.id = "a", .name = "web"}}};
  record(5);
  EXPECT_EQ(log.count("no task container is running"), 1U);
}

TEST_F(Recording, WhenNothingCouldBeListedItIsNotSaidThatThereAreNoTasks) {
  source.facts.containers.reset();
  record(5);
  EXPECT_EQ(log.count("no task container"), 0U);
}

TEST_F(Recording, ContainerWithoutReadingIsADebugLine) {
  source.facts.containers->at(0).stats.reset();
  record(1);
  EXPECT_EQ(log.count("debug container task_1_2_3 has no valid reading"), 1U);
  EXPECT_TRUE(snapshots.at(0).samples.empty());
}

TEST_F(Recording, DebugShowsWhatARoundFoundAndHowLongItWaits) {
  record(1);
  EXPECT_EQ(log.count("debug round 1: began 0.0000 s after its time; containers 1, tasks 1, "
                      "rows 1, GPUs 0, GPU processes 0; took "
                      "2.0000 s, next in 3.000 s"),
            1U);
}

TEST_F(Recording, ModuleOfAContainerThatIsGoneIsForgotten) {
  source.facts.containers = {{"a", "task_132178_2_3", ContainerStats{.pids = 1}}};
  const std::string path = "/root/Worker.GPU/work_blob/21/78/132178/task.json";
  files.files[path] = R"({"Module": {"Name": "first"}})";
  record(2);
  EXPECT_EQ(files.reads[path], 1);
  files.files[path] = R"({"Module": {"Name": "second"}})";
  source.facts.containers->clear();
  record(1);
  source.facts.containers = {{"a", "task_132178_2_3", ContainerStats{.pids = 1}}};
  snapshots.clear();
  record(1);
  EXPECT_EQ(snapshots.at(0).samples.at(0).module_name, "second");
}

}  // namespace
}  // namespace wemol
