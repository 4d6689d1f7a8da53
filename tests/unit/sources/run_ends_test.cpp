#include "run_ends.h"

#include <gtest/gtest.h>

namespace wemol::native {
namespace {

using namespace std::chrono_literals;
using engine::Event;
using engine::InspectedContainer;

const std::string kA(64, 'a');
const WallTime kNoon{1795348800s};
const SteadyTime kNow{100s};

Event event(Event::Kind kind, WallTime at, std::optional<std::int64_t> exit_code = std::nullopt) {
  return {.kind = kind, .container_id = kA, .name = "task_1", .at = at, .exit_code = exit_code};
}

EndedRun process_end() {
  return {.container_id = kA,
          .container_name = "task_1",
          .run = 7,
          .started_at = kNoon,
          .ended_at = kNoon + 10s};
}

/// Of the container's next run.
EndedRun second_end() {
  EndedRun run = process_end();
  run.run = 8;
  run.started_at = kNoon + 20s;
  run.ended_at = kNoon + 25s;
  return run;
}

class Ends : public testing::Test {
 protected:
  std::vector<EndedRun> take(SteadyTime now = kNow) { return ends.take(now, true); }
  RunEnds ends;
};

TEST_F(Ends, TheEnginesWordCompletesWhatTheKernelTold) {
  ends.ended(process_end(), kNow);
  EXPECT_TRUE(take().empty());
  ends.died(event(Event::Kind::die, kNoon + 11s, 3));
  const auto ended = take();
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].run, 7U);
  EXPECT_EQ(ended[0].exit_code, 3);
  EXPECT_EQ(ended[0].ended_at, kNoon + 10s) << "the process's end, not the engine's word of it";
  EXPECT_EQ(ended[0].oom_killed, false);
}

TEST_F(Ends, UsedUpMemoryMayBeToldAfterTheEnd) {
  ends.ended(process_end(), kNow);
  ends.out_of_memory(kA);
  ends.died(event(Event::Kind::die, kNoon + 11s, 137));
  EXPECT_EQ(take().at(0).oom_killed, true);
}

TEST_F(Ends, UsedUpMemoryBelongsToTheRunThatGoesOn) {
  ends.out_of_memory(kA);
  ends.ended(process_end(), kNow);
  ends.died(event(Event::Kind::die, kNoon + 11s, 0));
  EXPECT_EQ(take().at(0).oom_killed, true);
  ends.ended(process_end(), kNow);
  ends.died(event(Event::Kind::die, kNoon + 20s, 0));
  EXPECT_EQ(take().at(0).oom_killed, false);
}

TEST_F(Ends, WithoutTheEnginesWordTheEndIsStatedAfterAWhileIfTheEngineAnswers) {
  ends.ended(process_end(), kNow);
  EXPECT_TRUE(ends.take(kNow + 1h, false).empty());
  const auto ended = take(kNow + 11s);
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_FALSE(ended[0].exit_code);
}

TEST_F(Ends, TwoRunsThatEndBeforeTheEngineTellsHaveAnEndEach) {
  ends.ended(process_end(), kNow);
  ends.ended(second_end(), kNow + 1s);
  EXPECT_TRUE(take().empty());
  ends.died(event(Event::Kind::die, kNoon + 11s, 3));
  ends.died(event(Event::Kind::die, kNoon + 26s, 4));
  const auto ended = take();
  ASSERT_EQ(ended.size(), 2U);
  EXPECT_EQ(ended[0].run, 7U);
  EXPECT_EQ(ended[0].exit_code, 3);
  EXPECT_EQ(ended[1].run, 8U);
  EXPECT_EQ(ended[1].exit_code, 4);
}

TEST_F(Ends, AWordThatIsLostIsNotTakenFromTheNextRun) {
  ends.ended(process_end(), kNow);
  ends.ended(second_end(), kNow + 1s);
  ends.died(event(Event::Kind::die, kNoon + 26s, 4));
  auto ended = take();
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].run, 8U);
  EXPECT_EQ(ended[0].exit_code, 4);
  ended = take(kNow + 11s);
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].run, 7U);
  EXPECT_FALSE(ended[0].exit_code);
}

TEST_F(Ends, AtTheStopBothRunsOfOneContainerAreStated) {
  ends.ended(process_end(), kNow);
  ends.ended(second_end(), kNow + 1s);
  EXPECT_EQ(ends.take_all().size(), 2U);
}

TEST_F(Ends, TheWordOfAnEndMayComeWhenTheNextRunHasBegun) {
  ends.ended(process_end(), kNow);
  ends.started(event(Event::Kind::start, kNoon + 20s));
  ends.died(event(Event::Kind::die, kNoon + 11s, 3));
  ends.died(event(Event::Kind::die, kNoon + 11s, 3));
  auto ended = take();
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].run, 7U);
  EXPECT_EQ(ended[0].exit_code, 3);
  ends.died(event(Event::Kind::die, kNoon + 26s, 4));
  ended = take();
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].started_at, kNoon + 20s);
  EXPECT_EQ(ended[0].exit_code, 4);
}

TEST_F(Ends, ARunThatNobodyCouldLookAtHasTheEnginesWords) {
  ends.started(event(Event::Kind::start, kNoon));
  ends.died(event(Event::Kind::die, kNoon + 20ms, 5));
  const auto ended = take();
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].container_name, "task_1");
  EXPECT_EQ(ended[0].started_at, kNoon);
  EXPECT_EQ(ended[0].ended_at, kNoon + 20ms);
  EXPECT_EQ(ended[0].exit_code, 5);
}

TEST_F(Ends, AnEndThatIsToldAgainIsStatedOnce) {
  ends.ended(process_end(), kNow);
  ends.died(event(Event::Kind::die, kNoon + 11s, 3));
  ends.died(event(Event::Kind::die, kNoon + 11s, 3));
  EXPECT_EQ(take().size(), 1U);
}

TEST_F(Ends, AResumedRunIsAskedForNowAndThenUntilThereIsAnAnswer) {
  ends.resume({{.container_id = kA, .container_name = "task_1", .started_at = kNoon}});
  EXPECT_EQ(ends.to_ask(kNow), std::vector<std::string>{kA});
  EXPECT_TRUE(ends.to_ask(kNow + 1s).empty());
  EXPECT_EQ(ends.to_ask(kNow + 11s), std::vector<std::string>{kA});
  ends.answered(kA, InspectedContainer{.id = kA,
                                       .started_at = kNoon,
                                       .finished_at = kNoon + 5s,
                                       .exit_code = 2,
                                       .oom_killed = true});
  const auto ended = take();
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].exit_code, 2);
  EXPECT_EQ(ended[0].ended_at, kNoon + 5s);
  EXPECT_EQ(ended[0].oom_killed, true);
  EXPECT_TRUE(ends.to_ask(kNow + 1h).empty());
}

TEST_F(Ends, AResumedRunWhoseContainerIsGoneHasEnded) {
  ends.resume({{.container_id = kA, .container_name = "task_1", .started_at = kNoon}});
  ends.answered(kA, std::nullopt);
  const auto ended = take();
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].started_at, kNoon);
  EXPECT_FALSE(ended[0].ended_at);
}

TEST_F(Ends, AResumedRunThatGoesOnIsNotAskedFor) {
  ends.resume({{.container_id = kA, .container_name = "task_1", .started_at = kNoon}});
  ends.runs({.id = kA, .name = "task_1", .pid = 7, .started_at = kNoon});
  EXPECT_TRUE(ends.to_ask(kNow).empty());
  EXPECT_TRUE(take().empty());
}

TEST_F(Ends, AResumedRunWhoseContainerWasStartedAgainHasEnded) {
  ends.resume({{.container_id = kA, .container_name = "task_1", .started_at = kNoon}});
  ends.runs({.id = kA, .name = "task_1", .pid = 7, .started_at = kNoon + 1h});
  EXPECT_EQ(take().size(), 1U);
}

TEST_F(Ends, AResumedRunMayBeToldByTheEventsThatTheEngineRemembers) {
  ends.resume({{.container_id = kA, .container_name = "task_1", .started_at = kNoon}});
  ends.died(event(Event::Kind::die, kNoon + 30s, 6));
  const auto ended = take();
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].exit_code, 6);
  EXPECT_EQ(ended[0].started_at, kNoon);
}

TEST_F(Ends, UsedUpMemoryOfAResumedRunIsRemembered) {
  const OpenRun open{.container_id = kA, .container_name = "task_1", .oom_killed = true};
  ends.resume({open});
  EXPECT_TRUE(ends.was_killed(kA));
  ends.died(event(Event::Kind::die, kNoon + 30s, 0));
  EXPECT_EQ(take().at(0).oom_killed, true);
  ends.resume({open});
  ends.answered(kA, std::nullopt);
  EXPECT_EQ(take().at(0).oom_killed, true);
}

TEST_F(Ends, AtTheStopEverythingIsStated) {
  ends.ended(process_end(), kNow);
  EXPECT_EQ(ends.take_all().size(), 1U);
  EXPECT_TRUE(ends.take_all().empty());
}

}  // namespace
}  // namespace wemol::native
