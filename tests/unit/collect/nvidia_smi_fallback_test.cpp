#include "nvidia_smi_fallback.h"

#include <gtest/gtest.h>

#include "fake_clock.h"
#include "fake_command_runner.h"
#include "fake_file_reader.h"
#include "text_file.h"

namespace wemol {
namespace {

using namespace std::chrono_literals;
using test::ended_as;
using test::fixture;
using test::printed;

constexpr const char* kApps = "nvidia-smi --query-compute-apps";
constexpr const char* kGpus = "nvidia-smi --query-gpu";
constexpr TaskGpuUse kIdleTask{.is_wanted = true};
constexpr TaskGpuUse kNewTask{.is_wanted = true, .new_tasks = 1};
constexpr TaskGpuUse kBusyTask{.is_wanted = true, .a_task_uses_gpu = true};

class Fallback : public testing::Test {
 protected:
  void SetUp() override {
    set_opens(10, 2);
    runner.answer(kApps, printed(fixture("nvidia_smi/compute_apps_multi.csv")));
    runner.answer(kGpus, printed(fixture("nvidia_smi/querygpu_two_a100.csv")));
  }
  void set_opens(unsigned driver, unsigned unified_memory) {
    files.files[kDriverCount] = std::to_string(driver) + "\n";
    files.files[kUnifiedMemoryCount] = std::to_string(unified_memory) + "\n";
  }
  /// One round `later` than the last.
  std::optional<GpuReadings> round(std::chrono::nanoseconds later, const TaskGpuUse& use) {
    clock.pass(later);
    gpus.note_tasks(use);
    return gpus.read(clock.now() + 200ms);
  }
  std::size_t asked() const { return runner.count_started(kApps); }
  static bool is_measured(const std::optional<GpuReadings>& readings) {
    return readings->devices && readings->devices->front().power_draw_watts;
  }

  test::FakeClock clock;
  test::FakeCommandRunner runner;
  test::FakeFileReader files;
  NvidiaSmiFallback gpus{runner, files, clock};
};

TEST_F(Fallback, WhileNoTaskUsesAGpuItIsAskedOnceAMinute) {
  EXPECT_TRUE(is_measured(round(0s, kIdleTask)));
  for (int i = 0; i < 11; ++i) {
    const auto readings = round(5s, kIdleTask);
    ASSERT_TRUE(readings->processes && readings->devices);
    EXPECT_FALSE(is_measured(readings));
  }
  EXPECT_EQ(asked(), 1U);
  EXPECT_TRUE(is_measured(round(5s, kIdleTask)));
  EXPECT_EQ(asked(), 2U);
}

TEST_F(Fallback, WhileATaskUsesAGpuEachRoundOfFiveSecondsHasItsOwnAnswer) {
  round(0s, kNewTask);
  for (const auto later : {5s, 5s, 5s}) {
    EXPECT_TRUE(is_measured(round(later - 20ms, kBusyTask))) << "a round may be a little early";
  }
  EXPECT_EQ(asked(), 4U);
}

TEST_F(Fallback, ShortIntervalsAskEveryFiveSeconds) {
  gpus.set_interval(200ms);
  round(0s, kNewTask);
  for (int i = 1; i <= 100; ++i) {
    EXPECT_EQ(is_measured(round(200ms, kBusyTask)), i % 25 == 0) << i;
  }
  EXPECT_EQ(asked(), 5U);
}

TEST_F(Fallback, BetweenTwoAnswersOnlyWhoUsesWhichGpuIsKnown) {
  gpus.set_interval(200ms);
  const auto answer = round(0s, kNewTask);
  const auto readings = round(200ms, kBusyTask);
  ASSERT_TRUE(readings->processes && readings->devices);
  ASSERT_EQ(readings->processes->size(), answer->processes->size());
  EXPECT_EQ(readings->processes->front().pid, answer->processes->front().pid);
  EXPECT_EQ(readings->processes->front().gpu_uuid, answer->processes->front().gpu_uuid);
  EXPECT_TRUE(answer->processes->front().memory_used_bytes);
  EXPECT_FALSE(readings->processes->front().memory_used_bytes);
  const GpuDevice& device = readings->devices->front();
  EXPECT_EQ(device.uuid, answer->devices->front().uuid);
  EXPECT_EQ(device.name, answer->devices->front().name);
  EXPECT_EQ(device.memory_total_bytes, answer->devices->front().memory_total_bytes);
  EXPECT_FALSE(device.memory_used_bytes || device.utilization_percent ||
               device.memory_utilization_percent || device.temperature_celsius ||
               device.fan_speed_percent || device.power_draw_watts || device.power_limit_watts);
  EXPECT_TRUE(readings->conditions.empty());
}

TEST_F(Fallback, WhenSomebodyClosesOrOpensTheDriverUsersAreUnknownUntilTheNextAnswer) {
  for (const auto& [driver, unified_memory] : {std::pair{11U, 2U}, {9U, 2U}, {10U, 1U}}) {
    set_opens(10, 2);
    clock.pass(5s);
    gpus.set_interval(5s);
    round(0s, kNewTask);
    gpus.set_interval(200ms);
    round(200ms, kBusyTask);
    set_opens(driver, unified_memory);
    const auto readings = round(200ms, kBusyTask);
    EXPECT_FALSE(readings->processes);
    EXPECT_FALSE(readings->devices);
    set_opens(10, 2);
    EXPECT_FALSE(round(200ms, {.is_wanted = true})->processes) << "it may be another one";
    EXPECT_TRUE(is_measured(round(5s, {.is_wanted = true})));
  }
}

TEST_F(Fallback, WhoeverOpensTheDriverIsLookedForAtOnce) {
  round(0s, kIdleTask);
  round(5s, kIdleTask);
  set_opens(11, 2);
  EXPECT_TRUE(is_measured(round(5s, kIdleTask)));
  EXPECT_FALSE(is_measured(round(5s, kIdleTask)));
  set_opens(11, 3);
  EXPECT_TRUE(is_measured(round(5s, kIdleTask))) << "CUDA, while another one has closed a file";
}

TEST_F(Fallback, WhoeverOpensTheDriverShortlyAfterAnAnswerIsUnknownUntilItMayBeAskedAgain) {
  gpus.set_interval(1s);
  round(0s, kNewTask);
  set_opens(12, 3);
  EXPECT_FALSE(round(1s, kIdleTask)->processes);
  set_opens(10, 2);
  EXPECT_FALSE(round(1s, kIdleTask)->processes) << "gone again, but nobody has looked";
  EXPECT_EQ(asked(), 1U);
  EXPECT_TRUE(round(3s, kIdleTask)->processes);
  EXPECT_EQ(asked(), 2U);
}

TEST_F(Fallback, WhoeverClosesTheDriverWhileNoTaskUsesItMakesRoomForNobody) {
  round(0s, kIdleTask);
  set_opens(8, 1);
  EXPECT_TRUE(round(5s, kIdleTask)->processes);
  EXPECT_EQ(asked(), 1U);
  set_opens(10, 1);
  EXPECT_TRUE(is_measured(round(5s, kIdleTask))) << "not above the first count, but the last";
}

TEST_F(Fallback, NewTaskIsLookedAtAsSoonAsItMayBe) {
  gpus.set_interval(1s);
  round(0s, kNewTask);
  EXPECT_FALSE(is_measured(round(1s, kNewTask)));
  EXPECT_FALSE(is_measured(round(3s, kIdleTask)));
  EXPECT_TRUE(is_measured(round(1s, kIdleTask)));
  EXPECT_FALSE(is_measured(round(10s, kIdleTask)));
}

TEST_F(Fallback, WithoutCountsItIsAskedInEachRoundAndNothingIsKnownBetween) {
  files.files.clear();
  round(0s, kIdleTask);
  EXPECT_TRUE(is_measured(round(5s, kIdleTask)));
  gpus.set_interval(1s);
  EXPECT_FALSE(round(1s, kIdleTask)->processes);
  EXPECT_FALSE(round(1s, kIdleTask)->devices);
  EXPECT_TRUE(is_measured(round(3s, kIdleTask)));
}

TEST_F(Fallback, ModuleThatNobodyHasNeededYetCountsAsClosed) {
  files.files.erase(kUnifiedMemoryCount);
  round(0s, kIdleTask);
  EXPECT_TRUE(round(5s, kIdleTask)->processes);
  EXPECT_EQ(asked(), 1U);
  set_opens(10, 1);
  round(5s, kIdleTask);
  EXPECT_EQ(asked(), 2U);
}

TEST_F(Fallback, FailureIsStatedUntilTheNextAnswerAndGivesNothing) {
  runner.answer(kApps, {.status = CommandOutcome::Status::exited,
                        .code = 18,
                        .standard_output = "Driver/library version mismatch\n"});
  gpus.set_interval(1s);
  ASSERT_EQ(round(0s, kIdleTask)->conditions.size(), 1U);
  const auto readings = round(1s, kIdleTask);
  ASSERT_EQ(readings->conditions.size(), 1U);
  EXPECT_FALSE(readings->processes);
  EXPECT_FALSE(readings->finds_none);
  EXPECT_EQ(asked(), 1U);
  round(4s, kIdleTask);
  EXPECT_EQ(asked(), 2U) << "no answer yet that could hold";
}

TEST_F(Fallback, HostWithoutADriverIsAskedOnceAMinuteOrWhenTheDriverAppears) {
  files.files.clear();
  for (const char* query : {kApps, kGpus}) {
    runner.answer(query, {.status = CommandOutcome::Status::exited, .code = 9});
  }
  EXPECT_TRUE(round(0s, kNewTask)->finds_none);
  EXPECT_TRUE(round(30s, kNewTask)->finds_none);
  EXPECT_EQ(asked(), 1U);
  round(30s, kIdleTask);
  EXPECT_EQ(asked(), 2U);
  set_opens(0, 0);
  round(5s, kIdleTask);
  EXPECT_EQ(asked(), 3U);
}

TEST_F(Fallback, AnswerThatComesLateCountsFromItsOwnBeginning) {
  gpus.set_interval(200ms);
  runner.set_slow("nvidia-smi");
  EXPECT_FALSE(round(0s, kNewTask)->processes);
  set_opens(14, 2);  // nvidia-smi's own
  EXPECT_FALSE(round(200ms, kIdleTask)->processes);
  EXPECT_EQ(asked(), 1U);
  runner.set_quick();
  set_opens(10, 2);
  EXPECT_TRUE(is_measured(round(200ms, kIdleTask)));
  EXPECT_TRUE(round(200ms, kBusyTask)->processes);
  EXPECT_TRUE(round(200ms, kBusyTask)->processes);
}

TEST_F(Fallback, ProcessThatBeginsWhileItIsAskedIsNotTakenForKnown) {
  gpus.set_interval(200ms);
  runner.set_slow("nvidia-smi");
  round(0s, kNewTask);
  runner.set_quick();
  set_opens(13, 3);
  EXPECT_TRUE(round(200ms, kIdleTask)->processes);
  EXPECT_FALSE(round(200ms, kIdleTask)->processes) << "it may have come after the answer";
  EXPECT_TRUE(is_measured(round(5s, kIdleTask)));
}

TEST_F(Fallback, StatesWhatTheLastAnswerSaidWhileItIsAskedAgain) {
  gpus.set_interval(200ms);
  runner.answer(kApps, {.status = CommandOutcome::Status::exited, .code = 18});
  const std::string key = round(0s, kNewTask)->conditions.front().key;
  runner.set_slow("nvidia-smi");
  const auto readings = round(5s, kIdleTask);
  EXPECT_TRUE(std::ranges::any_of(
      readings->conditions, [&](const Condition& condition) { return condition.key == key; }));
}

}  // namespace
}  // namespace wemol
