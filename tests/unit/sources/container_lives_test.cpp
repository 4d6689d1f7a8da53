#include "container_lives.h"

#include <gtest/gtest.h>

namespace wemol {
namespace {

using namespace std::chrono_literals;
using docker::InspectedRun;
using docker::ListedContainer;
using engine::Event;

const std::string kA(64, 'a');
const WallTime kNoon{1795348800s};

Event event(Event::Kind kind, WallTime at, std::optional<std::int64_t> exit_code = std::nullopt) {
  return {.kind = kind, .container_id = kA, .name = "task_1", .at = at, .exit_code = exit_code};
}

std::vector<ListedContainer> listed(bool has_processes = true) {
  return {{.id = kA, .name = "task_1", .has_processes = has_processes}};
}

InspectedRun running_since(WallTime started_at) {
  return {.container_id = kA, .is_running = true, .started_at = started_at};
}

using Ids = std::vector<std::string>;

class Lives : public testing::Test {
 protected:
  /// What a round hears and sees.
  void round(const std::vector<Event>& events, const std::vector<ListedContainer>& list) {
    lives.take_listing(list);
    for (const Event& it : events) {
      lives.take_event(it);
    }
  }
  ContainerLives lives;
};

TEST_F(Lives, AStartThatWasToldNeedsNoInspection) {
  round({event(Event::Kind::start, kNoon)}, listed());
  EXPECT_EQ(lives.to_inspect(), Ids{});
  EXPECT_EQ(lives.find(kA)->started_at, kNoon);
}

TEST_F(Lives, AContainerThatRanBeforeIsInspectedForItsStart) {
  round({}, listed());
  EXPECT_EQ(lives.to_inspect(), Ids{kA});
  lives.take_inspected({kA}, {running_since(kNoon)});
  EXPECT_EQ(lives.to_inspect(), Ids{});
  EXPECT_EQ(lives.find(kA)->started_at, kNoon);
}

TEST_F(Lives, ARestartBetweenTwoRoundsIsTwoRuns) {
  round({event(Event::Kind::start, kNoon)}, listed());
  const std::uint64_t first = lives.find(kA)->run;
  round({event(Event::Kind::die, kNoon + 10s, 1), event(Event::Kind::start, kNoon + 11s)},
        listed());
  const auto ended = lives.take_ended();
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].run, first);
  EXPECT_EQ(ended[0].ended_at, kNoon + 10s);
  EXPECT_NE(lives.find(kA)->run, first);
}

TEST_F(Lives, ARestartOfWhichNobodyToldIsSeenByItsStart) {
  round({event(Event::Kind::start, kNoon)}, listed());
  round({event(Event::Kind::start, kNoon + 60s)}, listed());
  const auto ended = lives.take_ended();
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].started_at, kNoon);
  EXPECT_FALSE(ended[0].exit_code);
}

TEST_F(Lives, AContainerThatWaitsForItsRestartHasNoRun) {
  round({event(Event::Kind::start, kNoon)}, listed());
  round({event(Event::Kind::die, kNoon + 1s, 1)}, listed(false));
  EXPECT_EQ(lives.find(kA), nullptr);
  EXPECT_EQ(lives.to_inspect(), Ids{});
  EXPECT_EQ(lives.take_ended().size(), 1U);
}

TEST_F(Lives, AnEndOfWhichNobodyTellsIsLookedUpInTheSecondRound) {
  round({event(Event::Kind::start, kNoon)}, listed());
  round({}, {});
  EXPECT_EQ(lives.to_inspect(), Ids{}) << "the next events may tell";
  round({}, {});
  ASSERT_EQ(lives.to_inspect(), Ids{kA});
  lives.take_inspected({kA}, {{.container_id = kA,
                               .started_at = kNoon,
                               .finished_at = kNoon + 9s,
                               .exit_code = 4,
                               .oom_killed = false}});
  const auto ended = lives.take_ended();
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].ended_at, kNoon + 9s);
  EXPECT_EQ(ended[0].exit_code, 4);
  EXPECT_EQ(lives.to_inspect(), Ids{});
}

TEST_F(Lives, OfARemovedContainerTheEndIsAllThatIsKnown) {
  round({event(Event::Kind::start, kNoon)}, listed());
  round({}, {});
  round({}, {});
  lives.take_inspected({kA}, {});
  const auto ended = lives.take_ended();
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].started_at, kNoon);
  EXPECT_FALSE(ended[0].ended_at);
  EXPECT_FALSE(ended[0].exit_code);
  EXPECT_FALSE(ended[0].oom_killed);
}

TEST_F(Lives, AContainerThatEndsBetweenListAndInspectionIsLeftToTheEvents) {
  round({}, listed());
  lives.take_inspected({kA}, {{.container_id = kA, .started_at = kNoon, .exit_code = 0}});
  EXPECT_TRUE(lives.take_ended().empty());
  round({event(Event::Kind::die, kNoon + 5s, 0)}, {});
  const auto ended = lives.take_ended();
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].started_at, kNoon);
}

TEST_F(Lives, TheEndOfARunBeforeIsNotThatOfTheOneThatGoesOn) {
  round({}, listed());
  lives.take_inspected({kA}, {running_since(kNoon)});
  round({event(Event::Kind::die, kNoon - 1s, 1), event(Event::Kind::start, kNoon + 1ms)}, listed());
  EXPECT_TRUE(lives.take_ended().empty());
  EXPECT_NE(lives.find(kA), nullptr);
}

TEST_F(Lives, UsedUpMemoryIsRememberedUntilTheEnd) {
  round({event(Event::Kind::start, kNoon), event(Event::Kind::oom, kNoon + 1s)}, listed());
  round({event(Event::Kind::die, kNoon + 20s, 137)}, {});
  EXPECT_EQ(lives.take_ended().at(0).oom_killed, true);
}

TEST_F(Lives, UsedUpMemoryOfAResumedRunIsRemembered) {
  lives.resume({{.container_id = kA, .container_name = "task_1", .oom_killed = true}});
  round({event(Event::Kind::die, kNoon, 0)}, {});
  EXPECT_EQ(lives.take_ended().at(0).oom_killed, true);
}

TEST_F(Lives, AResumedRunThatGoesOnIsNotStated) {
  lives.resume({{.container_id = kA, .container_name = "task_1", .started_at = kNoon}});
  round({}, listed());
  EXPECT_EQ(lives.to_inspect(), Ids{});
  EXPECT_TRUE(lives.take_ended().empty());
  EXPECT_EQ(lives.find(kA)->started_at, kNoon);
}

}  // namespace
}  // namespace wemol
