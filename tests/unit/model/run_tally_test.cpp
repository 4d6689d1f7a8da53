#include "run_tally.h"

#include <gtest/gtest.h>

namespace wemol {
namespace {

using namespace std::chrono_literals;
using Gpus = std::vector<GpuReading>;

constexpr WallTime kStart{1749030268s};
constexpr std::uint64_t kMiB = 1 << 20;

class Tally : public testing::Test {
 protected:
  void add(std::chrono::nanoseconds after_start, double cores,
           std::optional<std::uint64_t> memory = std::nullopt) {
    tally.add({.read_at = kStart + after_start, .cpu_cores = cores, .memory_used_bytes = memory});
  }
  void add_gpus(std::chrono::nanoseconds after_start, const Gpus& gpus) {
    tally.add({.read_at = kStart + after_start, .gpus = gpus});
  }
  RunTally tally;
};

TEST_F(Tally, OfNothingKnowsOnlyWhatItIsTold) {
  const RunSummary run = tally.summary(
      {.started_at = kStart, .ended_at = kStart + 10s, .cpu_used = 25s, .memory_peak_bytes = kMiB});
  RunSummary expected;
  expected.started_at = kStart;
  expected.ended_at = kStart + 10s;
  expected.duration_seconds = 10;
  expected.coverage_percent = 0;
  expected.cpu_seconds = 25;
  expected.cpu_cores_mean = 2.5;
  expected.cpu_cores_max = 2.5;
  expected.memory_peak_bytes = kMiB;
  EXPECT_EQ(run, expected);
  EXPECT_EQ(tally.summary({}), RunSummary{});
}

TEST_F(Tally, OfOneReadingHasItsFiguresButNoDuration) {
  add(0s, 3, kMiB);
  const RunSummary run = tally.summary({});
  EXPECT_EQ(run.samples, 1U);
  EXPECT_EQ(run.cpu_cores_mean, 3);
  EXPECT_EQ(run.memory_mean_bytes, kMiB);
  EXPECT_EQ(run.duration_seconds, std::nullopt);
  EXPECT_EQ(run.cpu_seconds, std::nullopt);
  EXPECT_EQ(run.coverage_percent, std::nullopt);
}

TEST_F(Tally, LetsTheFirstReadingStandForAsLongAsTheSecond) {
  add(0s, 1, 10);
  add(5s, 2, 20);
  add(15s, 4, 30);
  const RunSummary run = tally.summary({});
  EXPECT_EQ(run.duration_seconds, 20);
  EXPECT_EQ(run.cpu_seconds, 5 * 1 + 5 * 2 + 10 * 4);
  EXPECT_EQ(run.cpu_cores_mean, 55.0 / 20);
  EXPECT_EQ(run.cpu_cores_max, 4);
  EXPECT_EQ(run.memory_mean_bytes, (5 * 10 + 5 * 20 + 10 * 30) / 20.0);
  EXPECT_EQ(run.memory_peak_bytes, 30U);
  EXPECT_EQ(run.coverage_percent, 100 * 3 / 20.0);
  EXPECT_EQ(tally.first_read_at(), kStart);
  EXPECT_EQ(tally.last_read_at(), kStart + 15s);
}

TEST_F(Tally, WeighsFromTheKnownStartToTheKnownEnd) {
  tally = RunTally(kStart);
  add(2s, 1);
  add(5s, 2);
  const RunSummary run = tally.summary({.started_at = kStart, .ended_at = kStart + 10s});
  EXPECT_EQ(run.duration_seconds, 10);
  EXPECT_EQ(run.cpu_seconds, 2 * 1 + 3 * 2 + 5 * 2);
  EXPECT_EQ(run.coverage_percent, 20);
}

TEST_F(Tally, CountsWhatALookHasSeen) {
  tally = RunTally(kStart);
  tally.add({.read_at = kStart + 5s, .cpu_cores = 1, .seen = 5s});
  tally.add({.read_at = kStart + 10s, .cpu_cores = 1, .seen = 2500ms});
  const RunSummary run = tally.summary({.started_at = kStart, .ended_at = kStart + 10s});
  EXPECT_EQ(run.coverage_percent, 75);
}

TEST_F(Tally, HasNotSeenMoreThanThereWas) {
  tally = RunTally(kStart);
  for (int i = 1; i <= 20; ++i) {
    add(i * 100ms, 1);
  }
  const auto coverage_until = [&](std::chrono::seconds end) {
    return tally.summary({.started_at = kStart, .ended_at = kStart + end}).coverage_percent.value();
  };
  EXPECT_NEAR(coverage_until(2s), 100, 1e-9);
  EXPECT_LE(coverage_until(2s), 100);
  EXPECT_NEAR(coverage_until(4s), 50, 1e-9) << "each look saw the second before it, but once";
}

TEST_F(Tally, BelievesTheKernelsTotals) {
  tally = RunTally(kStart);
  add(5s, 1, kMiB);
  const RunSummary run = tally.summary({.started_at = kStart,
                                        .ended_at = kStart + 10s,
                                        .cpu_used = 40s,
                                        .memory_peak_bytes = 5 * kMiB});
  EXPECT_EQ(run.cpu_seconds, 40);
  EXPECT_EQ(run.cpu_cores_mean, 4);
  EXPECT_EQ(run.cpu_cores_max, 4);
  EXPECT_EQ(run.memory_peak_bytes, 5 * kMiB);
  EXPECT_EQ(run.memory_mean_bytes, kMiB);
}

TEST_F(Tally, GivesAReadingFromThePastNoTime) {
  add(0s, 1);
  add(10s, 1);
  add(5s, 100);
  add(15s, 1);
  const RunSummary run = tally.summary({});
  EXPECT_EQ(run.duration_seconds, 30);
  EXPECT_EQ(run.cpu_cores_mean, 1);
  EXPECT_EQ(run.cpu_cores_max, 100);
}

/// The engine makes a container's process first, and states the start when its devices are there.
TEST_F(Tally, BeginsWithTheStartAndNotWhenItsProcessWasMade) {
  tally = RunTally(kStart);
  tally.add({.read_at = kStart + 1s, .since_before = 150s, .cpu_cores = 1});
  const RunSummary run = tally.summary({.started_at = kStart, .ended_at = kStart + 2s});
  EXPECT_EQ(run.duration_seconds, 2);
  EXPECT_EQ(run.cpu_seconds, 2);
}

/// A run of 40 s that is read every 10 s. The wall clock is stepped after the second reading.
class TallyOfSteppedClock : public Tally, public testing::WithParamInterface<std::chrono::hours> {};

INSTANTIATE_TEST_SUITE_P(Steps, TallyOfSteppedClock, testing::Values(-5h, 0h, 5h));

TEST_P(TallyOfSteppedClock, GoesByTheClockThatNobodySteps) {
  tally = RunTally(kStart);
  const auto look = [&](std::chrono::seconds at, double cores, std::chrono::nanoseconds step) {
    tally.add({.read_at = kStart + at + step, .since_before = 10s, .cpu_cores = cores, .seen = 5s});
  };
  look(10s, 4, 0s);
  look(20s, 4, 0s);
  look(30s, 1, GetParam());
  const RunSummary run = tally.summary(
      {.started_at = kStart, .ended_at = kStart + 40s + GetParam(), .rest_at_most = 12s});
  EXPECT_EQ(run.duration_seconds, 40);
  EXPECT_EQ(run.cpu_cores_mean, 2.5);
  EXPECT_EQ(run.cpu_seconds, 100);
  EXPECT_EQ(run.coverage_percent, 37.5);
}

TEST_P(TallyOfSteppedClock, BoundsTheRestByWhenTheEndWasTold) {
  tally = RunTally(kStart);
  tally.add({.read_at = kStart + 10s, .since_before = 10s, .cpu_cores = 1});
  const RunSummary run = tally.summary(
      {.started_at = kStart, .ended_at = kStart + 13s + GetParam(), .rest_at_most = 5s});
  EXPECT_GE(run.duration_seconds, 10);
  EXPECT_LE(run.duration_seconds, 15);
}

TEST_P(TallyOfSteppedClock, CoversFromNothingToAllWhereOnlyTheWallClockTells) {
  for (const auto seen : {-3600s, 5s, 36000s}) {
    tally = RunTally(kStart);
    tally.add({.read_at = kStart + 10s, .cpu_cores = 1, .seen = seen});
    tally.add({.read_at = kStart + 20s + GetParam(), .cpu_cores = 1, .seen = seen});
    const RunSummary run =
        tally.summary({.started_at = kStart, .ended_at = kStart + 30s + GetParam()});
    EXPECT_GT(run.duration_seconds, 0);
    EXPECT_GE(run.coverage_percent, 0);
    EXPECT_LE(run.coverage_percent, 100);
    EXPECT_EQ(run.cpu_cores_mean, 1);
  }
}

TEST_F(Tally, OfARunThatEndedBeforeItBeganHasNoDuration) {
  EXPECT_EQ(tally.summary({.started_at = kStart, .ended_at = kStart - 1s}).duration_seconds,
            std::nullopt);
}

TEST_F(Tally, LeavesOutWhatAReadingDoesNotKnow) {
  tally.add({.read_at = kStart, .cpu_cores = 2});
  tally.add({.read_at = kStart + 5s, .memory_used_bytes = 8});
  tally.add({.read_at = kStart + 10s, .cpu_cores = 4});
  const RunSummary run = tally.summary({});
  EXPECT_EQ(run.cpu_cores_mean, 3);
  EXPECT_EQ(run.memory_mean_bytes, 8);
  EXPECT_EQ(run.network_rx_bytes, std::nullopt);
  EXPECT_EQ(run.gpu_count, std::nullopt);
}

TEST_F(Tally, AddsCountersUpThatBeginAnew) {
  const auto add_counter = [&](std::chrono::seconds after_start,
                               std::optional<std::uint64_t> bytes) {
    tally.add({.read_at = kStart + after_start,
               .network_rx_bytes = bytes,
               .network_tx_bytes = 0,
               .block_read_bytes = bytes,
               .block_write_bytes = 7});
  };
  add_counter(0s, 10);
  add_counter(1s, 25);
  add_counter(2s, std::nullopt);
  add_counter(3s, 5);
  add_counter(4s, 8);
  add_counter(5s, 1);
  const RunSummary run = tally.summary({});
  EXPECT_EQ(run.network_rx_bytes, 25U + 8U + 1U);
  EXPECT_EQ(run.network_tx_bytes, 0U);
  EXPECT_EQ(run.block_read_bytes, 34U);
  EXPECT_EQ(run.block_write_bytes, 7U);
}

TEST_F(Tally, HasTheGpusOfAllReadingsInTheOrderOfTheirNumbers) {
  add_gpus(0s, {{.id = "10", .name = "B"}});
  add_gpus(5s, {{.id = "2", .name = "A"}, {.id = "Unknown", .name = "Unknown"}});
  add_gpus(10s, {});
  const RunSummary run = tally.summary({});
  EXPECT_EQ(run.gpu_count, 3U);
  EXPECT_EQ(run.gpu_ids, "2,10,Unknown");
  EXPECT_EQ(run.gpu_names, "A,B,Unknown");
  EXPECT_EQ(run.gpu_utilization_mean, std::nullopt);
  EXPECT_EQ(run.energy_wh, std::nullopt);
}

TEST_F(Tally, KnowsThatThereWasNoGpu) {
  add_gpus(0s, {});
  add(5s, 1);
  const RunSummary run = tally.summary({});
  EXPECT_EQ(run.gpu_count, 0U);
  EXPECT_EQ(run.gpu_ids, "");
  EXPECT_EQ(run.gpu_utilization_mean, std::nullopt);
  EXPECT_EQ(run.gpu_shared_percent, std::nullopt);
}

TEST_F(Tally, TakesUtilizationAndMemoryWhileThereIsAGpu) {
  const auto gpu = [](const char* id, double percent, double device_mib, double task_mib) {
    return GpuReading{.id = id,
                      .name = "A",
                      .utilization_percent = percent,
                      .memory_used_mib = device_mib,
                      .task_memory_used_mib = task_mib};
  };
  add_gpus(0s, {});
  add_gpus(5s, {gpu("0", 50, 1000, 800), gpu("1", 100, 500, 100)});
  add_gpus(15s, {gpu("0", 20, 700, 600)});
  const RunSummary run = tally.summary({});
  EXPECT_EQ(run.gpu_utilization_mean, (5 * 75 + 10 * 20) / 15.0);
  EXPECT_EQ(run.gpu_utilization_max, 100);
  EXPECT_EQ(run.gpu_memory_mean_mib, (5 * 900 + 10 * 600) / 15.0);
  EXPECT_EQ(run.gpu_memory_peak_mib, 900);
  EXPECT_EQ(run.gpu_device_memory_peak_mib, 1500);
}

TEST_F(Tally, SharesPowerAmongTheTasksOnAGpu) {
  tally = RunTally(kStart);
  add_gpus(1800s, {{.id = "0", .name = "A", .power_draw_watts = 300, .tasks_on_it = 3}});
  add_gpus(3600s, {{.id = "0", .name = "A", .power_draw_watts = 50, .tasks_on_it = 1},
                   {.id = "1", .name = "A", .power_draw_watts = 10, .tasks_on_it = 1}});
  const RunSummary run = tally.summary({.started_at = kStart, .ended_at = kStart + 3600s});
  EXPECT_DOUBLE_EQ(run.energy_wh.value(), 100 * 0.5 + 60 * 0.5);
  EXPECT_EQ(run.gpu_shared_percent, 50);
}

TEST_F(Tally, TakesUnseenPowerToBeLikeTheRestAndNoGpuForNoPower) {
  add_gpus(0s, {{.id = "0", .name = "A", .power_draw_watts = 360}});
  add_gpus(5s, {{.id = "0", .name = "A"}});
  add_gpus(10s, {});
  const RunSummary run = tally.summary({});
  EXPECT_DOUBLE_EQ(run.energy_wh.value(), 180.0 * 15 / 3600);
  EXPECT_EQ(run.gpu_shared_percent, std::nullopt);
}

TEST_F(Tally, HoldsWhatWasMeasuredOfAGpuUntilItIsMeasuredAgain) {
  tally = RunTally(kStart);
  const Gpus measured{{.id = "0", .name = "A", .utilization_percent = 80, .power_draw_watts = 360}};
  const Gpus only_known{{.id = "0", .name = "A"}};
  for (int second = 1; second <= 10; ++second) {
    add_gpus(std::chrono::seconds(second), {});
  }
  for (int second = 11; second <= 20; ++second) {
    add_gpus(std::chrono::seconds(second), second % 5 == 1 ? measured : only_known);
  }
  add_gpus(30s, {});
  const RunSummary run = tally.summary({.started_at = kStart, .ended_at = kStart + 30s});
  EXPECT_DOUBLE_EQ(run.energy_wh.value(), 360.0 * 10 / 3600) << "and nothing while it used none";
  EXPECT_DOUBLE_EQ(run.gpu_utilization_mean.value(), 80);
}

TEST_F(Tally, HoldsWhatIsKnownOfTheGpusForTenSecondsOnly) {
  tally = RunTally(kStart);
  const auto add_unknown = [&](std::chrono::nanoseconds after_start) {
    tally.add({.read_at = kStart + after_start});
  };
  add_gpus(10s, {{.id = "0", .name = "A", .utilization_percent = 100, .power_draw_watts = 360}});
  for (int second = 12; second <= 40; second += 2) {
    add_unknown(std::chrono::seconds(second));
  }
  add_gpus(42s, {{.id = "0", .name = "A", .utilization_percent = 40, .power_draw_watts = 360}});
  const RunSummary run = tally.summary({.started_at = kStart, .ended_at = kStart + 42s});
  EXPECT_DOUBLE_EQ(run.gpu_utilization_mean.value(), (20 * 100 + 2 * 40) / 22.0);
}

TEST_F(Tally, NamesSharesOnlyWhereTheyAreKnown) {
  add_gpus(0s, {{.id = "0", .name = "A", .tasks_on_it = 2}});
  add_gpus(5s, {{.id = "0", .name = "A", .tasks_on_it = 1}});
  add_gpus(10s, {{.id = "0", .name = "A"}});
  EXPECT_EQ(tally.summary({}).gpu_shared_percent, 50);
}

TEST_F(Tally, IsTheSameWhenItIsAskedTwice) {
  add(0s, 1);
  add(5s, 2);
  const RunFacts facts{.ended_at = kStart + 9s};
  EXPECT_EQ(tally.summary(facts), tally.summary(facts));
  EXPECT_EQ(tally.summary(facts).duration_seconds, 14);
}

TEST_F(Tally, HoldsTheLargestNumbers) {
  constexpr std::uint64_t kLargest = std::numeric_limits<std::uint64_t>::max();
  add(0s, 1, kLargest);
  EXPECT_EQ(tally.summary({}).memory_peak_bytes, kLargest);
}

}  // namespace
}  // namespace wemol
