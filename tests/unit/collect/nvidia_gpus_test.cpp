#include "nvidia_gpus.h"

#include <gtest/gtest.h>

#include "fake_clock.h"
#include "fake_command_runner.h"
#include "fake_file_reader.h"
#include "text_file.h"

namespace wemol {
namespace {

using namespace std::chrono_literals;
using test::fixture;
using test::printed;

struct FakeNvml : nvml::DriverReader {
  std::optional<GpuReadings> readings;
  int begun = 0;
  bool open = false;
  std::string why = "libnvidia-ml.so.1: not here";

  void begin() override {
    ++begun;
    open = true;
  }
  std::optional<GpuReadings> finish(const GpuReadingsDue& /*due*/) override { return readings; }
  void let_go() override { open = false; }
  bool has_let_go() override { return !open; }
  [[nodiscard]] const std::string& why_no_library() const override { return why; }
};

class Nvidia : public testing::Test {
 protected:
  void SetUp() override {
    files.files[kDriverCount] = "3\n";
    runner.answer("nvidia-smi --query-compute-apps",
                  printed(fixture("nvidia_smi/compute_apps_multi.csv")));
    runner.answer("nvidia-smi --query-gpu", printed(fixture("nvidia_smi/querygpu_two_a100.csv")));
  }
  std::optional<GpuReadings> round(const TaskGpuUse& use) {
    gpus.note_tasks(use);
    gpus.begin();
    return gpus.finish({.driver = clock.now() + 1s, .command = clock.now() + 4s});
  }
  static GpuReadings no_processes() {
    GpuReadings readings;
    readings.devices.emplace();
    readings.processes.emplace();
    return readings;
  }

  test::FakeClock clock;
  test::FakeCommandRunner runner;
  test::FakeFileReader files;
  FakeNvml* nvml = new FakeNvml;
  NvidiaGpus gpus{std::unique_ptr<nvml::DriverReader>(nvml), runner, files, clock};
};

constexpr TaskGpuUse kTask{.is_wanted = true};
constexpr TaskGpuUse kNewTask{.is_wanted = true, .new_tasks = 1};

TEST_F(Nvidia, WithNvmlNothingElseIsAsked) {
  nvml->readings = no_processes();
  const auto readings = round(kTask);
  ASSERT_TRUE(readings);
  EXPECT_TRUE(readings->devices);
  EXPECT_TRUE(readings->conditions.empty());
  EXPECT_TRUE(runner.started().empty());
}

TEST_F(Nvidia, WhatNvmlCannotReadNvidiaSmiIsNotAskedFor) {
  nvml->readings = GpuReadings{};
  EXPECT_FALSE(round(kTask)->devices);
  EXPECT_TRUE(runner.started().empty());
}

TEST_F(Nvidia, WithoutTasksNothingIsAsked) {
  (void)round({});
  EXPECT_EQ(nvml->begun, 0);
  EXPECT_TRUE(runner.started().empty());
}

TEST_F(Nvidia, WithoutNvmlNvidiaSmiIsReadAndThatIsSaidOnce) {
  const auto readings = round(kTask);
  ASSERT_TRUE(readings && readings->devices && readings->processes);
  EXPECT_EQ(readings->devices->size(), 2U);
  EXPECT_EQ(readings->processes->size(), 3U);
  EXPECT_EQ(runner.last_due("nvidia-smi --query-compute-apps"), clock.now() + 4s)
      << "longer than NVML";
  ASSERT_EQ(readings->conditions.size(), 1U);
  EXPECT_FALSE(readings->conditions[0].follow_up);
  EXPECT_NE(readings->conditions[0].message.find("libnvidia-ml.so.1: not here"), std::string::npos);
}

TEST_F(Nvidia, WithNeitherThereIsNothingAndNvidiaSmiIsLookedForOnceAMinute) {
  runner.answer("nvidia-smi", test::ended_as(CommandOutcome::Status::not_found));
  runner.answer("nvidia-smi --query-compute-apps",
                test::ended_as(CommandOutcome::Status::not_found));
  EXPECT_FALSE(round(kTask));
  EXPECT_EQ(runner.started().size(), 1U);
  clock.pass(59s);
  EXPECT_FALSE(round(kTask));
  EXPECT_EQ(runner.started().size(), 1U);
  clock.pass(1s);
  EXPECT_FALSE(round(kTask));
  EXPECT_EQ(runner.started().size(), 2U);
  EXPECT_FALSE(gpus.why_nothing()->follow_up);
  EXPECT_NE(gpus.why_nothing()->message.find("nvidia-smi"), std::string::npos);
}

TEST_F(Nvidia, NvmlThatAppearsIsUsed) {
  (void)round(kTask);
  runner.answer("nvidia-smi --query-compute-apps", printed(""));
  nvml->readings = no_processes();
  const auto readings = round(kTask);
  EXPECT_TRUE(readings->conditions.empty());
  EXPECT_EQ(runner.started().size(), 2U);
}

TEST_F(Nvidia, WhileTheDriverIsLeftAloneTasksAreKnownToUseNoGpu) {
  nvml->readings = no_processes();
  (void)round(kNewTask);
  clock.pass(60s);
  EXPECT_TRUE(round(kTask)->devices);
  EXPECT_FALSE(nvml->open) << "let go with the last answer";
  const int begun = nvml->begun;
  clock.pass(5s);
  const auto readings = round(kTask);
  ASSERT_TRUE(readings && readings->processes);
  EXPECT_TRUE(readings->processes->empty());
  EXPECT_FALSE(readings->devices);
  EXPECT_TRUE(readings->conditions.empty());
  EXPECT_EQ(nvml->begun, begun);
}

TEST_F(Nvidia, DriverIsNotLetGoBeforeTheLastAnswer) {
  nvml->readings = no_processes();
  (void)round(kNewTask);
  clock.pass(60s);
  nvml->readings = GpuReadings{};
  EXPECT_FALSE(round(kTask)->processes);
  EXPECT_TRUE(nvml->open);
  EXPECT_FALSE(round(kTask)->processes);
  nvml->readings = no_processes();
  EXPECT_TRUE(round(kTask)->processes);
  EXPECT_FALSE(nvml->open);
}

TEST_F(Nvidia, NewTaskIsNotForgottenWhenItIsToldTwiceBeforeARound) {
  nvml->readings = no_processes();
  (void)round(kNewTask);
  clock.pass(60s);
  (void)round(kTask);
  (void)round(kTask);
  EXPECT_FALSE(nvml->open);
  gpus.note_tasks(kNewTask);
  (void)round(kTask);
  EXPECT_TRUE(nvml->open);
}

}  // namespace
}  // namespace wemol
