#include "run_tracker.h"

#include <gtest/gtest.h>

namespace wemol {
namespace {

using namespace std::chrono_literals;

const std::string kA(64, 'a');
const WallTime kNoon{1795348800s};
const SteadyTime kNow{100s};

struct Event {
  enum class Kind { start, die, oom };
  Kind kind;
  WallTime at;
  std::optional<std::int64_t> exit_code;
};

Event event(Event::Kind kind, WallTime at, std::optional<std::int64_t> exit_code = std::nullopt) {
  return {.kind = kind, .at = at, .exit_code = exit_code};
}

std::vector<RunTracker::Listed> listed(bool has_processes = true) {
  return {{.id = kA, .name = "task_1", .has_processes = has_processes}};
}

RunTracker::Inspected running_since(WallTime started_at) {
  return {.id = kA, .name = "task_1", .is_running = true, .started_at = started_at};
}

using Ids = std::vector<std::string>;

class Runs : public testing::Test {
 protected:
  void tell(const Event& it) {
    switch (it.kind) {
      case Event::Kind::start:
        return runs.started(kA, "task_1", it.at);
      case Event::Kind::die:
        return runs.died(kA, "task_1", it.at, it.exit_code);
      case Event::Kind::oom:
        return runs.out_of_memory(kA, it.at);
    }
  }
  RunTracker runs;
};

/// Whoever is told by a list in each round, and by the events.
class RunsOfListings : public Runs {
 protected:
  /// What a round sees and hears.
  void round(const std::vector<Event>& events, const std::vector<RunTracker::Listed>& list) {
    runs.listed(list);
    for (const Event& it : events) {
      tell(it);
    }
  }
};

TEST_F(RunsOfListings, AStartThatWasToldNeedsNoInspection) {
  round({event(Event::Kind::start, kNoon)}, listed());
  EXPECT_EQ(runs.to_inspect(true), Ids{});
  EXPECT_EQ(runs.find(kA)->started_at, kNoon);
}

TEST_F(RunsOfListings, AContainerThatRanBeforeIsInspectedForItsStart) {
  round({}, listed());
  EXPECT_EQ(runs.to_inspect(true), Ids{kA});
  runs.inspected(running_since(kNoon));
  EXPECT_EQ(runs.to_inspect(true), Ids{});
  EXPECT_EQ(runs.find(kA)->started_at, kNoon);
}

TEST_F(RunsOfListings, ARestartBetweenTwoRoundsIsTwoRuns) {
  round({event(Event::Kind::start, kNoon)}, listed());
  const std::uint64_t first = runs.find(kA)->number;
  round({event(Event::Kind::die, kNoon + 10s, 1), event(Event::Kind::start, kNoon + 11s)},
        listed());
  const auto ended = runs.take(kNow);
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].run, first);
  EXPECT_EQ(ended[0].ended_at, kNoon + 10s);
  EXPECT_NE(runs.find(kA)->number, first);
}

TEST_F(RunsOfListings, ARestartOfWhichNobodyToldIsSeenByItsStart) {
  round({event(Event::Kind::start, kNoon)}, listed());
  round({event(Event::Kind::start, kNoon + 60s)}, listed());
  const auto ended = runs.take(kNow);
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].started_at, kNoon);
  EXPECT_FALSE(ended[0].exit_code);
}

TEST_F(RunsOfListings, AContainerThatWaitsForItsRestartHasNoRun) {
  round({event(Event::Kind::start, kNoon)}, listed());
  round({event(Event::Kind::die, kNoon + 1s, 1)}, listed(false));
  EXPECT_EQ(runs.find(kA), nullptr);
  EXPECT_EQ(runs.to_inspect(true), Ids{});
  EXPECT_EQ(runs.take(kNow).size(), 1U);
}

TEST_F(RunsOfListings, AnEndOfWhichNobodyTellsIsLookedUpInTheSecondRound) {
  round({event(Event::Kind::start, kNoon)}, listed());
  round({}, {});
  EXPECT_EQ(runs.to_inspect(true), Ids{}) << "the next events may tell";
  round({}, {});
  ASSERT_EQ(runs.to_inspect(true), Ids{kA});
  runs.inspected({.id = kA,
                  .started_at = kNoon,
                  .finished_at = kNoon + 9s,
                  .exit_code = 4,
                  .oom_killed = false});
  const auto ended = runs.take(kNow);
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].ended_at, kNoon + 9s);
  EXPECT_EQ(ended[0].exit_code, 4);
  EXPECT_EQ(runs.to_inspect(true), Ids{});
}

TEST_F(RunsOfListings, OfARemovedContainerTheEndIsAllThatIsKnown) {
  round({event(Event::Kind::start, kNoon)}, listed());
  round({}, {});
  round({}, {});
  runs.removed(kA);
  const auto ended = runs.take(kNow);
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].started_at, kNoon);
  EXPECT_FALSE(ended[0].ended_at);
  EXPECT_FALSE(ended[0].exit_code);
  EXPECT_FALSE(ended[0].oom_killed);
}

TEST_F(RunsOfListings, AContainerThatEndsBetweenListAndInspectionIsLeftToTheEvents) {
  round({}, listed());
  runs.inspected({.id = kA, .started_at = kNoon, .exit_code = 0});
  EXPECT_TRUE(runs.take(kNow).empty());
  round({event(Event::Kind::die, kNoon + 5s, 0)}, {});
  const auto ended = runs.take(kNow);
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].started_at, kNoon);
}

TEST_F(RunsOfListings, TheEndOfARunBeforeIsNotThatOfTheOneThatGoesOn) {
  round({}, listed());
  runs.inspected(running_since(kNoon));
  round({event(Event::Kind::die, kNoon - 1s, 1), event(Event::Kind::start, kNoon + 1ms)}, listed());
  EXPECT_TRUE(runs.take(kNow).empty());
  EXPECT_NE(runs.find(kA), nullptr);
}

TEST_F(RunsOfListings, UsedUpMemoryIsRememberedUntilTheEnd) {
  round({event(Event::Kind::start, kNoon), event(Event::Kind::oom, kNoon + 1s)}, listed());
  round({event(Event::Kind::die, kNoon + 20s, 137)}, {});
  EXPECT_EQ(runs.take(kNow).at(0).oom_killed, true);
}

TEST_F(RunsOfListings, UsedUpMemoryOfAResumedRunIsRemembered) {
  runs.resume({{.container_id = kA, .container_name = "task_1", .oom_killed = true}});
  round({event(Event::Kind::die, kNoon, 0)}, {});
  EXPECT_EQ(runs.take(kNow).at(0).oom_killed, true);
}

TEST_F(RunsOfListings, AResumedRunThatGoesOnIsNotStated) {
  runs.resume({{.container_id = kA, .container_name = "task_1", .started_at = kNoon}});
  round({}, listed());
  EXPECT_EQ(runs.to_inspect(true), Ids{});
  EXPECT_TRUE(runs.take(kNow).empty());
  EXPECT_EQ(runs.find(kA)->started_at, kNoon);
}

TEST_F(RunsOfListings, WhatAnInspectionHasToldIsNotStatedAgainWhenLateEventsTellIt) {
  round({}, listed());
  runs.inspected(running_since(kNoon));
  round({}, {});
  round({}, {});
  runs.inspected({.id = kA, .started_at = kNoon, .finished_at = kNoon + 9s, .exit_code = 137});
  EXPECT_EQ(runs.take(kNow).size(), 1U);
  round({}, {});
  round({event(Event::Kind::start, kNoon + 1ms), event(Event::Kind::die, kNoon + 10s, 137)}, {});
  EXPECT_TRUE(runs.take(kNow + 9s).empty());
}

TEST_F(RunsOfListings, ALateWordOfTheRunBeforeEndsNoRunOfWhichNoStartIsKnown) {
  round({event(Event::Kind::start, kNoon)}, listed());
  round({}, {});
  round({}, {});
  runs.inspected({.id = kA, .started_at = kNoon, .finished_at = kNoon + 9s, .exit_code = 137});
  EXPECT_EQ(runs.take(kNow).size(), 1U);
  round({}, listed());
  const std::uint64_t second = runs.find(kA)->number;
  tell(event(Event::Kind::die, kNoon + 10s, 137));
  EXPECT_TRUE(runs.take(kNow).empty());
  tell(event(Event::Kind::start, kNoon + 11s));
  EXPECT_EQ(runs.find(kA)->number, second);
  tell(event(Event::Kind::die, kNoon + 12s, 1));
  EXPECT_EQ(runs.take(kNow).at(0).run, second);
}

/// Whoever is told by the kernel that a process has ended, and by the events.
class RunsOfTheKernel : public Runs {
 protected:
  std::vector<EndedRun> take(SteadyTime now = kNow) { return runs.take(now); }
  /// From noon on for 10 s, and then from 20 s on for 5 s.
  void watch_first() { first = runs.watched(kA, "task_1", kNoon); }
  void end_first() {
    watch_first();
    runs.ended(kA, first, "task_1", kNoon + 10s, kNow);
  }
  void end_second() {
    second = runs.watched(kA, "task_1", kNoon + 20s);
    runs.ended(kA, second, "task_1", kNoon + 25s, kNow + 1s);
  }

  std::uint64_t first = 0;
  std::uint64_t second = 0;
};

TEST_F(RunsOfTheKernel, TheEnginesWordCompletesWhatTheKernelTold) {
  end_first();
  EXPECT_TRUE(take().empty());
  tell(event(Event::Kind::die, kNoon + 11s, 3));
  const auto ended = take();
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].run, first);
  EXPECT_EQ(ended[0].exit_code, 3);
  EXPECT_EQ(ended[0].ended_at, kNoon + 10s) << "the process's end, not the engine's word of it";
  EXPECT_EQ(ended[0].oom_killed, false);
}

TEST_F(RunsOfTheKernel, UsedUpMemoryMayBeToldAfterTheEnd) {
  end_first();
  runs.out_of_memory(kA, std::nullopt);
  tell(event(Event::Kind::die, kNoon + 11s, 137));
  EXPECT_EQ(take().at(0).oom_killed, true);
}

TEST_F(RunsOfTheKernel, UsedUpMemoryBelongsToTheRunThatGoesOn) {
  watch_first();
  runs.out_of_memory(kA, std::nullopt);
  EXPECT_TRUE(runs.find(kA)->oom_killed);
  runs.ended(kA, first, "task_1", kNoon + 10s, kNow);
  tell(event(Event::Kind::die, kNoon + 11s, 0));
  EXPECT_EQ(take().at(0).oom_killed, true);
  end_second();
  tell(event(Event::Kind::die, kNoon + 26s, 0));
  EXPECT_EQ(take().at(0).oom_killed, false);
}

TEST_F(RunsOfTheKernel, WithoutTheEnginesWordTheEndIsStatedAfterAWhileIfTheEngineAnswers) {
  end_first();
  EXPECT_TRUE(runs.take(kNow + 1h, false).empty());
  EXPECT_TRUE(take(kNow + 299s).empty());
  const auto ended = take(kNow + 301s);
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_FALSE(ended[0].exit_code);
}

TEST_F(RunsOfTheKernel, AnEngineThatDoesNotTellIsAsked) {
  end_first();
  EXPECT_TRUE(runs.to_ask(kNow + 9s).empty());
  EXPECT_EQ(runs.to_ask(kNow + 11s), Ids{kA});
  runs.inspected(running_since(kNoon));  // it has yet to notice
  EXPECT_TRUE(runs.to_ask(kNow + 20s).empty());
  EXPECT_EQ(runs.to_ask(kNow + 22s), Ids{kA});
  EXPECT_TRUE(take(kNow + 22s).empty());
  runs.inspected({.id = kA,
                  .name = "task_1",
                  .started_at = kNoon,
                  .finished_at = kNoon + 31s,
                  .exit_code = 3,
                  .oom_killed = true});
  const auto ended = take(kNow + 22s);
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].exit_code, 3);
  EXPECT_EQ(ended[0].oom_killed, true);
  EXPECT_EQ(ended[0].ended_at, kNoon + 10s);
}

TEST_F(RunsOfTheKernel, AnEngineThatHasRemovedTheContainerHasNoMoreToTell) {
  end_first();
  EXPECT_EQ(runs.to_ask(kNow + 11s), Ids{kA});
  runs.removed(kA);
  const auto ended = take(kNow + 11s);
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].ended_at, kNoon + 10s);
  EXPECT_FALSE(ended[0].exit_code);
}

TEST_F(RunsOfTheKernel, AnEngineThatTellsOfTheNextRunWhenAskedHasForgottenTheFirst) {
  end_first();
  runs.inspected(running_since(kNoon + 20s));  // nobody has asked: the word is on its way
  EXPECT_TRUE(take(kNow + 11s).empty());
  EXPECT_EQ(runs.to_ask(kNow + 11s), Ids{kA});
  runs.inspected(running_since(kNoon + 20s));
  const auto ended = take(kNow + 11s);
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_FALSE(ended[0].exit_code);
}

TEST_F(RunsOfTheKernel, TwoRunsThatEndBeforeTheEngineTellsHaveAnEndEach) {
  end_first();
  end_second();
  EXPECT_TRUE(take().empty());
  tell(event(Event::Kind::die, kNoon + 11s, 3));
  tell(event(Event::Kind::die, kNoon + 26s, 4));
  const auto ended = take();
  ASSERT_EQ(ended.size(), 2U);
  EXPECT_EQ(ended[0].run, first);
  EXPECT_EQ(ended[0].exit_code, 3);
  EXPECT_EQ(ended[1].run, second);
  EXPECT_EQ(ended[1].exit_code, 4);
}

TEST_F(RunsOfTheKernel, AWordThatIsLostIsNotTakenFromTheNextRun) {
  end_first();
  end_second();
  tell(event(Event::Kind::die, kNoon + 26s, 4));
  auto ended = take();
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].run, second);
  EXPECT_EQ(ended[0].exit_code, 4);
  ended = take(kNow + 11s);
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].run, first);
  EXPECT_FALSE(ended[0].exit_code);
}

TEST_F(RunsOfTheKernel, AtTheStopBothRunsOfOneContainerAreStated) {
  end_first();
  end_second();
  EXPECT_EQ(runs.take_all().size(), 2U);
}

TEST_F(RunsOfTheKernel, TheWordOfAnEndMayComeWhenTheNextRunHasBegun) {
  end_first();
  tell(event(Event::Kind::start, kNoon + 20s));
  tell(event(Event::Kind::die, kNoon + 11s, 3));
  tell(event(Event::Kind::die, kNoon + 11s, 3));
  auto ended = take();
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].run, first);
  EXPECT_EQ(ended[0].exit_code, 3);
  tell(event(Event::Kind::die, kNoon + 26s, 4));
  ended = take();
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].started_at, kNoon + 20s);
  EXPECT_EQ(ended[0].exit_code, 4);
}

TEST_F(RunsOfTheKernel, ARunThatNobodyCouldLookAtHasTheEnginesWords) {
  tell(event(Event::Kind::start, kNoon));
  tell(event(Event::Kind::die, kNoon + 20ms, 5));
  const auto ended = take();
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].container_name, "task_1");
  EXPECT_EQ(ended[0].started_at, kNoon);
  EXPECT_EQ(ended[0].ended_at, kNoon + 20ms);
  EXPECT_EQ(ended[0].exit_code, 5);
}

TEST_F(RunsOfTheKernel, AnEndThatIsToldAgainIsStatedOnce) {
  end_first();
  tell(event(Event::Kind::die, kNoon + 11s, 3));
  tell(event(Event::Kind::die, kNoon + 11s, 3));
  EXPECT_EQ(take().size(), 1U);
}

TEST_F(RunsOfTheKernel, AResumedRunIsAskedForNowAndThenUntilThereIsAnAnswer) {
  runs.resume({{.container_id = kA, .container_name = "task_1", .started_at = kNoon}});
  EXPECT_EQ(runs.to_ask(kNow), std::vector<std::string>{kA});
  EXPECT_TRUE(runs.to_ask(kNow + 1s).empty());
  EXPECT_EQ(runs.to_ask(kNow + 11s), std::vector<std::string>{kA});
  runs.inspected({.id = kA,
                  .started_at = kNoon,
                  .finished_at = kNoon + 5s,
                  .exit_code = 2,
                  .oom_killed = true});
  const auto ended = take();
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].exit_code, 2);
  EXPECT_EQ(ended[0].ended_at, kNoon + 5s);
  EXPECT_EQ(ended[0].oom_killed, true);
  EXPECT_TRUE(runs.to_ask(kNow + 1h).empty());
}

TEST_F(RunsOfTheKernel, AResumedRunWhoseContainerIsGoneHasEnded) {
  runs.resume({{.container_id = kA, .container_name = "task_1", .started_at = kNoon}});
  runs.removed(kA);
  const auto ended = take();
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].started_at, kNoon);
  EXPECT_FALSE(ended[0].ended_at);
}

TEST_F(RunsOfTheKernel, AResumedRunThatGoesOnIsNotAskedFor) {
  runs.resume({{.container_id = kA, .container_name = "task_1", .started_at = kNoon}});
  runs.inspected({.id = kA, .name = "task_1", .is_running = true, .started_at = kNoon});
  EXPECT_TRUE(runs.to_ask(kNow).empty());
  EXPECT_TRUE(take().empty());
}

TEST_F(RunsOfTheKernel, AResumedRunWhoseContainerWasStartedAgainHasEnded) {
  runs.resume({{.container_id = kA, .container_name = "task_1", .started_at = kNoon}});
  runs.inspected({.id = kA, .name = "task_1", .is_running = true, .started_at = kNoon + 1h});
  EXPECT_EQ(take().size(), 1U);
}

TEST_F(RunsOfTheKernel, AResumedRunMayBeToldByTheEventsThatTheEngineRemembers) {
  runs.resume({{.container_id = kA, .container_name = "task_1", .started_at = kNoon}});
  tell(event(Event::Kind::die, kNoon + 30s, 6));
  const auto ended = take();
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].exit_code, 6);
  EXPECT_EQ(ended[0].started_at, kNoon);
}

TEST_F(RunsOfTheKernel, UsedUpMemoryOfAResumedRunIsRemembered) {
  const OpenRun open{.container_id = kA, .container_name = "task_1", .oom_killed = true};
  runs.resume({open});
  EXPECT_TRUE(runs.find(kA)->oom_killed);
  tell(event(Event::Kind::die, kNoon + 30s, 0));
  EXPECT_EQ(take().at(0).oom_killed, true);
  runs.resume({open});
  runs.removed(kA);
  EXPECT_EQ(take().at(0).oom_killed, true);
}

TEST_F(RunsOfTheKernel, ARunThatIsWatchedEndsWhenTheKernelSaysSoWhoeverIsStartedMeanwhile) {
  watch_first();
  tell(event(Event::Kind::start, kNoon + 20s));
  EXPECT_TRUE(take().empty());
  second = runs.watched(kA, "task_1", kNoon + 20s);
  EXPECT_NE(second, first);
  runs.ended(kA, first, "task_1", kNoon + 10s, kNow);
  tell(event(Event::Kind::die, kNoon + 11s, 3));
  const auto ended = take();
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].run, first);
  EXPECT_EQ(runs.find(kA)->number, second);
}

TEST_F(RunsOfTheKernel, TheWordOfAnEngineWhoseClockWasSetBackIsBelieved) {
  end_first();
  tell(event(Event::Kind::die, kNoon - 1h, 3));
  EXPECT_EQ(take().at(0).exit_code, 3);
}

TEST_F(RunsOfTheKernel, OfARunThatNobodyKnewTheEngineTellsTheEnd) {
  tell(event(Event::Kind::die, kNoon, 3));
  const auto ended = take();
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].container_name, "task_1");
  EXPECT_EQ(ended[0].exit_code, 3);
  EXPECT_FALSE(ended[0].started_at);
  EXPECT_FALSE(ended[0].oom_killed) << "nobody has listened all the time";
}

TEST_F(RunsOfTheKernel, AtTheStopEverythingIsStated) {
  end_first();
  EXPECT_EQ(runs.take_all().size(), 1U);
  EXPECT_TRUE(runs.take_all().empty());
}

}  // namespace
}  // namespace wemol
