#include <gtest/gtest.h>

#include "snapshot_builder.h"

namespace wemol {
namespace {

using namespace std::chrono_literals;
using Time = std::chrono::steady_clock::time_point;

constexpr Time kStart{1000s};

/// The first run of a container began at kStart.
Container reading(const std::string& id, std::chrono::nanoseconds since_start,
                  std::chrono::nanoseconds used, Time began_at = kStart) {
  ContainerStats stats;
  stats.cpu_counter = {.used = used, .read_at = kStart + since_start, .began_at = began_at};
  return {.id = id, .name = "task", .stats = stats};
}

class RatesOfRounds : public testing::Test {
 protected:
  /// The CPU percentages that one round gives.
  std::vector<double> round(std::vector<Container> containers) {
    rates.derive(containers);
    std::vector<double> percents;
    for (const Container& container : containers) {
      percents.push_back(container.stats->cpu_percent.value_or(-1));
    }
    return percents;
  }
  double one(const Container& container) { return round({container}).front(); }

  Rates rates;
};

TEST_F(RatesOfRounds, FirstReadingIsMeasuredSinceTheStartOfTheRun) {
  EXPECT_DOUBLE_EQ(one(reading("a", 10s, 5s)), 50);
}

TEST_F(RatesOfRounds, LaterReadingIsTheGrowthOverTheTrueTimeBetweenTheTwo) {
  one(reading("a", 10s, 5s));
  EXPECT_DOUBLE_EQ(one(reading("a", 11250ms, 10s)), 400) << "5 s of CPU in 1.25 s";
  EXPECT_DOUBLE_EQ(one(reading("a", 13250ms, 10s)), 0);
}

TEST_F(RatesOfRounds, ContainersAreMeasuredEachByItself) {
  round({reading("a", 10s, 5s), reading("b", 10s, 0s)});
  EXPECT_EQ(round({reading("b", 12s, 1s), reading("a", 12s, 9s)}), (std::vector<double>{50, 200}));
}

TEST_F(RatesOfRounds, FallenCounterIsAnotherRunAndCountsFromItsStart) {
  one(reading("a", 10s, 5s));
  EXPECT_DOUBLE_EQ(one(reading("a", 20s, 1s)), 5);
}

TEST_F(RatesOfRounds, AnotherStartIsAnotherRunAlsoWhenTheCounterHasNotFallen) {
  one(reading("a", 10s, 5s));
  EXPECT_DOUBLE_EQ(one(reading("a", 20s, 6s, kStart + 12s)), 75) << "6 s of CPU in 8 s";
}

TEST_F(RatesOfRounds, EndedRunAndNewRunOfOneContainerHaveARateEachInOneRound) {
  one(reading("a", 10s, 5s));
  Container ended = reading("a", 11s, 6s);
  ended.ended = true;
  EXPECT_EQ(round({ended, reading("a", 12s, 250ms, kStart + 11500ms)}),
            (std::vector<double>{100, 50}));
  EXPECT_DOUBLE_EQ(one(reading("a", 13s, 500ms, kStart + 11500ms)), 25)
      << "and it goes on with the new one";
}

TEST_F(RatesOfRounds, SpanTooShortForTheKernelsTicksIsMeasuredWithTheOneBefore) {
  one(reading("a", 10s, 5s));
  one(reading("a", 10990ms, 5400ms));
  EXPECT_DOUBLE_EQ(one(reading("a", 11s, 5500ms)), 50) << "0.5 s since 10 s, not 0.1 s in 10 ms";
}

TEST_F(RatesOfRounds, SeveralShortSpansAreMeasuredFromTheSameReading) {
  one(reading("a", 10s, 5s));
  one(reading("a", 10980ms, 5s));
  one(reading("a", 10990ms, 5s));
  EXPECT_DOUBLE_EQ(one(reading("a", 11s, 5500ms)), 50);
}

TEST_F(RatesOfRounds, SpanAfterAShortOneIsMeasuredAlone) {
  one(reading("a", 10s, 5s));
  one(reading("a", 10990ms, 5s));
  one(reading("a", 11s, 6s));
  EXPECT_DOUBLE_EQ(one(reading("a", 12s, 6500ms)), 50);
}

TEST_F(RatesOfRounds, SpanOfTwentyMillisecondsIsLongEnough) {
  one(reading("a", 10s, 5s));
  EXPECT_DOUBLE_EQ(one(reading("a", 10020ms, 5010ms)), 50);
}

TEST_F(RatesOfRounds, ShortSpanAfterTheFirstReadingOfAYoungRunCountsFromItsStart) {
  one(reading("a", 5ms, 5ms));
  EXPECT_DOUBLE_EQ(one(reading("a", 20ms, 5ms)), 25);
}

TEST_F(RatesOfRounds, RunWithoutAnyTimeUsesNothing) {
  EXPECT_DOUBLE_EQ(one(reading("a", 0s, 5ms)), 0);
  EXPECT_DOUBLE_EQ(one(reading("b", -1ms, 5ms)), 0) << "the start is known to a tick only";
}

TEST_F(RatesOfRounds, ContainerThatWasNotSeenInARoundIsForgotten) {
  one(reading("a", 10s, 5s));
  round({});
  EXPECT_DOUBLE_EQ(one(reading("a", 20s, 8s)), 40) << "since the start again";
}

TEST_F(RatesOfRounds, ContainerWithoutReadingInARoundIsForgotten) {
  one(reading("a", 10s, 5s));
  std::vector<Container> containers{{.id = "a", .name = "task", .stats = std::nullopt}};
  rates.derive(containers);
  EXPECT_FALSE(containers[0].stats);
  EXPECT_DOUBLE_EQ(one(reading("a", 20s, 8s)), 40);
}

TEST_F(RatesOfRounds, MemoryIsAShareOfItsLimit) {
  std::vector<Container> containers{reading("a", 1s, 1s), reading("b", 1s, 1s),
                                    reading("c", 1s, 1s)};
  containers[0].stats->memory_used_bytes = 512;
  containers[0].stats->memory_limit_bytes = 2048;
  containers[1].stats->memory_used_bytes = 512;
  containers[2].stats->memory_used_bytes = 512;
  containers[2].stats->memory_limit_bytes = 0;
  rates.derive(containers);
  EXPECT_EQ(containers[0].stats->memory_percent, 25);
  EXPECT_FALSE(containers[1].stats->memory_percent) << "what is unknown is absent";
  EXPECT_EQ(containers[2].stats->memory_percent, 0);
}

TEST_F(RatesOfRounds, ReadingsThatCameAsPercentagesStayAsTheyAre) {
  std::vector<Container> containers{{.id = "a", .name = "task", .stats = ContainerStats{}},
                                    {.id = "b", .name = "task", .stats = ContainerStats{}}};
  containers[0].stats->cpu_percent = 12.5;
  containers[0].stats->memory_used_bytes = 1;
  containers[0].stats->memory_limit_bytes = 2;
  containers[0].stats->memory_percent = 0.38;
  rates.derive(containers);
  EXPECT_EQ(containers[0].stats->cpu_percent, 12.5);
  EXPECT_EQ(containers[0].stats->memory_percent, 0.38);
  EXPECT_FALSE(containers[1].stats->cpu_percent);
}

}  // namespace
}  // namespace wemol
