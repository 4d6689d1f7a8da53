#include "patient_sink.h"

#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "fake_clock.h"
#include "gate.h"
#include "log_capture.h"

namespace wemol {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::nanoseconds kHoweverLong = 1h;

/// What a sink was given, kept beyond its life.
struct Written {
  struct Round {
    std::vector<std::string> tasks;
    std::vector<std::string> ended;  ///< containers
    SteadyTime at;
    std::thread::id thread;
  };
  std::mutex mutex;
  std::vector<Round> rounds;
  Conditions conditions;  ///< that the sink states
};

/// Passes a gate before it takes a round.
class GatedSink : public Sink {
 public:
  GatedSink(std::shared_ptr<Written> written, test::Gate gate, std::shared_ptr<const Clock> clock)
      : written_(std::move(written)), gate_(std::move(gate)), clock_(std::move(clock)) {}
  [[nodiscard]] Conditions write(const Snapshot& snapshot) override {
    gate_.pass();
    Written::Round round{
        .tasks = {}, .ended = {}, .at = clock_->now(), .thread = std::this_thread::get_id()};
    for (const TaskSample& sample : snapshot.samples) {
      round.tasks.push_back(sample.task.task_id);
    }
    for (const EndedTaskRun& ended : snapshot.ended_runs) {
      round.ended.push_back(ended.run.container_id);
    }
    const std::lock_guard lock(written_->mutex);
    written_->rounds.push_back(std::move(round));
    return written_->conditions;
  }

 private:
  std::shared_ptr<Written> written_;
  test::Gate gate_;
  std::shared_ptr<const Clock> clock_;
};

Snapshot round_of(const std::string& task, const std::string& ended = {}) {
  Snapshot snapshot;
  snapshot.samples.push_back({.task = {.type = "gpu", .task_id = task, .job_id = "1"}});
  if (!ended.empty()) {
    snapshot.ended_runs.push_back({.run = {.container_id = ended}});
  }
  return snapshot;
}

class PatientOutput : public testing::Test {
 protected:
  PatientOutput() {
    gate.open();
    make({});
  }
  ~PatientOutput() override { gate.open(); }

  void make(PatientSink::Bounds bounds) {
    auto round_clock = std::make_shared<RoundClock>(clock.moment());
    PatientSink::Sinks sinks;
    sinks.push_back(std::make_unique<GatedSink>(written, gate, round_clock));
    sink = std::make_unique<PatientSink>(
        PatientSink::Settings{.folder = "/away", .longest_wait = kHoweverLong, .bounds = bounds},
        clock, std::move(sinks), round_clock);
  }
  /// From now on nothing answers, and the round hangs.
  void hang_in(const Snapshot& round) {
    gate.close();
    sink->set_longest_wait(0ns);
    EXPECT_TRUE(sink->write(round).empty()) << "too early to say";
    gate.wait_for_one();
    sink->set_longest_wait(kHoweverLong);  // nobody is to wait any more
  }
  [[nodiscard]] bool finish() { return sink->finish_by(std::chrono::steady_clock::now() + 1h); }
  [[nodiscard]] std::vector<std::string> tasks() const {
    const std::lock_guard lock(written->mutex);
    std::vector<std::string> all;
    for (const auto& round : written->rounds) {
      all.insert(all.end(), round.tasks.begin(), round.tasks.end());
    }
    return all;
  }

  test::LogCapture log;
  test::FakeClock clock;
  test::Gate gate;
  std::shared_ptr<Written> written = std::make_shared<Written>();
  std::unique_ptr<PatientSink> sink;
};

TEST_F(PatientOutput, EachRoundIsWrittenWhenItsWriteReturnsInOneOtherThread) {
  written->conditions = {{.key = "disk full"}};
  for (const std::string task : {"1", "2", "3"}) {
    const Conditions conditions = sink->write(round_of(task));
    EXPECT_EQ(tasks().back(), task);
    ASSERT_EQ(conditions.size(), 1U);
    EXPECT_EQ(conditions[0].key, "disk full");
  }
  EXPECT_NE(written->rounds[0].thread, std::this_thread::get_id());
  EXPECT_EQ(written->rounds[0].thread, written->rounds[2].thread);
  EXPECT_TRUE(finish());
}

TEST_F(PatientOutput, RoundsOfAFolderThatHangsWaitAreSaidAndAreWrittenInOrder) {
  hang_in(round_of("1"));
  clock.pass(10s);
  const Conditions conditions = sink->write(round_of("2"));
  ASSERT_EQ(conditions.size(), 1U);
  EXPECT_EQ(conditions[0].severity, Severity::warning);
  EXPECT_TRUE(conditions[0].message.starts_with("the output folder /away has not answered since "));
  EXPECT_TRUE(
      conditions[0].message.ends_with(": 2 rounds wait in memory and will be written in order"));
  EXPECT_EQ(sink->write(round_of("3"))[0].key, conditions[0].key);
  EXPECT_EQ(tasks(), std::vector<std::string>());
  gate.open();
  EXPECT_TRUE(finish());
  EXPECT_EQ(tasks(), (std::vector<std::string>{"1", "2", "3"}));
  EXPECT_EQ(log.count("error"), 0U);
}

TEST_F(PatientOutput, TheConditionIsOverWithTheLastRoundThatWaited) {
  hang_in(round_of("1"));
  clock.pass(10s);
  EXPECT_EQ(sink->write(round_of("2")).size(), 1U);
  gate.open();
  while (tasks().size() < 2) {
    std::this_thread::yield();
  }
  Conditions conditions = sink->write(round_of("3"));
  while (!conditions.empty()) {  // the thread was about to end its job
    conditions = sink->write({});
  }
  EXPECT_EQ(tasks(), (std::vector<std::string>{"1", "2", "3"}));
}

TEST_F(PatientOutput, ALateRoundIsWrittenAsOfItsOwnTime) {
  const SteadyTime first = clock.now();
  hang_in(round_of("1"));
  clock.pass(10s);
  EXPECT_FALSE(sink->write(round_of("2")).empty());
  clock.pass(1h);
  gate.open();
  ASSERT_TRUE(finish());
  EXPECT_EQ(written->rounds[0].at, first);
  EXPECT_EQ(written->rounds[1].at, first + 10s);
}

TEST_F(PatientOutput, WhatWasStatedLastHoldsWhileItIsLate) {
  written->conditions = {{.key = "not locked"}};
  EXPECT_EQ(sink->write(round_of("1")).size(), 1U);
  gate.close();
  sink->set_longest_wait(0ns);
  const Conditions conditions = sink->write(round_of("2"));
  ASSERT_EQ(conditions.size(), 1U);
  EXPECT_EQ(conditions[0].key, "not locked");
}

TEST_F(PatientOutput, BeyondTheBoundOfRoundsTheOldestAreLostCountedAndSaid) {
  make({.rounds = 2});
  hang_in(round_of("1"));
  clock.pass(10s);
  EXPECT_EQ(sink->write(round_of("2")).size(), 1U);
  EXPECT_EQ(sink->write(round_of("3")).size(), 1U);
  EXPECT_EQ(sink->write(round_of("4")).size(), 2U);
  const Conditions conditions = sink->write(round_of("5"));
  ASSERT_EQ(conditions.size(), 2U);
  EXPECT_EQ(conditions[1].severity, Severity::error);
  EXPECT_EQ(conditions[1].message,
            "2 rounds with 2 rows and the ends of 0 runs that waited for the output folder are "
            "lost so far: at most 2 rounds and 40000 readings wait");
  gate.open();
  EXPECT_TRUE(finish());
  EXPECT_EQ(tasks(), (std::vector<std::string>{"1", "4", "5"}));
}

TEST_F(PatientOutput, BeyondTheBoundOfReadingsTheOldestAreLostButNotTheEndsOfRuns) {
  make({.readings = 6});
  hang_in(round_of("1"));
  clock.pass(10s);
  (void)sink->write(round_of("2", "a"));
  (void)sink->write(round_of("3", "b"));
  (void)sink->write(round_of("4", "c"));
  EXPECT_EQ(sink->write(round_of("5")).size(), 2U);
  gate.open();
  ASSERT_TRUE(finish());
  EXPECT_EQ(tasks(), (std::vector<std::string>{"1", "3", "4", "5"}));
  EXPECT_EQ(written->rounds[1].ended, (std::vector<std::string>{"a", "b"}));
}

TEST_F(PatientOutput, AStopIsNotHeldAndSaysWhatIsLost) {
  hang_in(round_of("1", "a"));
  (void)sink->write(round_of("2"));
  EXPECT_FALSE(sink->finish_by(std::chrono::steady_clock::now()));
  EXPECT_EQ(log.count("error the output folder /away has not answered since "), 1U);
  EXPECT_EQ(log.count(": 2 rounds with 2 rows and the ends of 1 run that wait for it are lost"),
            1U);
  sink.reset();  // and does not wait for the thread
  EXPECT_EQ(tasks(), std::vector<std::string>());
}

TEST_F(PatientOutput, TheSinksAreTakenDownInTheirThreadAsClosingMayHangToo) {
  class HangsInItsEnd : public Sink {
   public:
    explicit HangsInItsEnd(test::Gate gate) : gate_(std::move(gate)) {}
    ~HangsInItsEnd() override { gate_.pass(); }
    [[nodiscard]] Conditions write(const Snapshot& /*snapshot*/) override { return {}; }

   private:
    test::Gate gate_;
  };
  gate.close();
  PatientSink::Sinks sinks;
  sinks.push_back(std::make_unique<HangsInItsEnd>(gate));
  PatientSink other({.folder = "/away", .longest_wait = kHoweverLong}, clock, std::move(sinks),
                    std::make_shared<RoundClock>(clock.moment()));
  EXPECT_TRUE(other.write({}).empty());
  EXPECT_FALSE(other.finish_by(std::chrono::steady_clock::now()));
  EXPECT_EQ(log.count("warning the output folder /away has not answered after its last row"), 1U);
}

}  // namespace
}  // namespace wemol
