#include "nvidia_smi_reader.h"

#include <gtest/gtest.h>

#include "fake_command_runner.h"
#include "text_file.h"

namespace wemol::nvidia_smi {
namespace {

using test::ended_as;
using test::FakeCommandRunner;
using test::fixture;
using test::printed;
using Status = CommandOutcome::Status;

constexpr const char* kApps = "nvidia-smi --query-compute-apps";
constexpr const char* kGpus = "nvidia-smi --query-gpu";

CommandOutcome printed_with_status(std::string text, int code) {
  CommandOutcome outcome = printed(std::move(text));
  outcome.code = code;
  return outcome;
}

class NvidiaSmi : public testing::Test {
 protected:
  void SetUp() override {
    runner.answer(kApps, printed(fixture("nvidia_smi/compute_apps_multi.csv")));
    runner.answer(kGpus, printed(fixture("nvidia_smi/querygpu_two_a100.csv")));
  }
  FakeCommandRunner runner;
  NvidiaSmiReader reader{runner};
};

TEST_F(NvidiaSmi, ReadsProcessesAndDevicesOneAfterTheOther) {
  const auto readings = reader.read(SteadyTime());
  ASSERT_TRUE(readings.processes);
  ASSERT_TRUE(readings.devices);
  EXPECT_EQ(readings.processes->size(), 3U);
  EXPECT_EQ(readings.devices->size(), 2U);
  EXPECT_TRUE(readings.conditions.empty());
  EXPECT_EQ(runner.most_at_once(), 1U);
  EXPECT_EQ(runner.started().size(), 2U);
}

TEST_F(NvidiaSmi, NoProcessIsAGoodAnswer) {
  runner.answer(kApps, printed(""));
  const auto readings = reader.read(SteadyTime());
  ASSERT_TRUE(readings.processes);
  EXPECT_TRUE(readings.processes->empty());
}

TEST_F(NvidiaSmi, AnAnswerThatIsCutOffIsNone) {
  runner.answer(kApps, printed("11, GPU-1, 5\n12, GP"));
  runner.answer(kGpus, printed("0, GPU-1, X, 1, 1, 1"));
  const auto readings = reader.read(SteadyTime());
  EXPECT_FALSE(readings.processes) << "process 12 would be taken for one that uses no GPU";
  EXPECT_FALSE(readings.devices);
  ASSERT_EQ(readings.conditions.size(), 2U);
  EXPECT_NE(readings.conditions[0].message.find("cut off at \"12, GP\""), std::string::npos);
}

TEST_F(NvidiaSmi, WhenItIsMissingThatIsSaidOnceAndNothingIsKnown) {
  runner.answer(kApps, ended_as(Status::not_found));
  const auto readings = reader.read(SteadyTime());
  EXPECT_FALSE(readings.processes);
  EXPECT_FALSE(readings.devices);
  ASSERT_EQ(readings.conditions.size(), 1U);
  EXPECT_FALSE(readings.conditions[0].follow_up);
}

TEST_F(NvidiaSmi, ErrorOnStandardOutputIsQuoted) {
  const auto error = printed_with_status(
      "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.\n\n", 9);
  runner.answer(kApps, error);
  runner.answer(kGpus, error);
  const auto readings = reader.read(SteadyTime());
  EXPECT_FALSE(readings.processes);
  EXPECT_FALSE(readings.devices);
  ASSERT_EQ(readings.conditions.size(), 2U);
  EXPECT_NE(readings.conditions[0].message.find("couldn't communicate"), std::string::npos);
  EXPECT_NE(readings.conditions[0].message.find("status 9"), std::string::npos);
}

TEST_F(NvidiaSmi, FailureWithExitStatusZeroIsNoEmptyAnswer) {
  runner.answer(kApps, printed("No devices were found\n"));
  EXPECT_FALSE(reader.read(SteadyTime()).processes);
}

TEST_F(NvidiaSmi, RowsCountWhateverTheExitStatus) {
  runner.answer(kGpus, printed_with_status(fixture("nvidia_smi/querygpu_infos_warning.txt"), 14));
  const auto readings = reader.read(SteadyTime());
  ASSERT_TRUE(readings.devices);
  EXPECT_EQ(readings.devices->size(), 1U);
  ASSERT_EQ(readings.conditions.size(), 1U);
  EXPECT_NE(readings.conditions[0].message.find("infoROM is corrupted"), std::string::npos);
}

TEST_F(NvidiaSmi, DeadGpuLeavesTheProcessesOfTheOthersKnown) {
  runner.answer(kApps, printed("Unable to determine the device handle for GPU0000:65:00.0: "
                               "Unknown Error\n"));
  const auto readings = reader.read(SteadyTime());
  ASSERT_TRUE(readings.processes);
  EXPECT_TRUE(readings.processes->empty());
  EXPECT_EQ(readings.conditions.size(), 1U);
}

TEST_F(NvidiaSmi, AfterAHangItIsNotAskedAgainInTheSameRound) {
  runner.answer(kApps, ended_as(Status::timed_out));
  const auto readings = reader.read(SteadyTime());
  EXPECT_FALSE(readings.processes);
  EXPECT_FALSE(readings.devices);
  EXPECT_EQ(runner.count_started(kGpus), 0U);
  EXPECT_EQ(readings.conditions.size(), 1U);
}

TEST_F(NvidiaSmi, WhatAnEndedQueryPrintedIsNotUsed) {
  auto outcome = ended_as(Status::timed_out);
  outcome.standard_output = fixture("nvidia_smi/querygpu_two_a100.csv");
  runner.answer(kGpus, outcome);
  EXPECT_FALSE(reader.read(SteadyTime()).devices);
}

TEST_F(NvidiaSmi, FieldThatIsNotKnownIsLeftOutFromTheNextRoundOn) {
  runner.answer(kGpus,
                printed_with_status("Field \"fan.speed\" is not a valid field to query.\n\n", 2));
  runner.answer(
      "nvidia-smi --query-gpu=index,uuid,name,memory.total,memory.used,utilization.gpu,"
      "utilization.memory,temperature.gpu,power.draw",
      printed("0, GPU-1, X, 10, 5, 1, 2, 40, 12.50, 75.00\n"));
  EXPECT_FALSE(reader.read(SteadyTime()).devices);
  const auto readings = reader.read(SteadyTime());
  ASSERT_TRUE(readings.devices);
  EXPECT_EQ(readings.devices->at(0).power_draw_watts, 12.5);
  EXPECT_FALSE(readings.devices->at(0).fan_speed_percent);
}

TEST_F(NvidiaSmi, ACallThatTakesLongerThanItsRoundAnswersInALaterOne) {
  runner.set_slow(kApps);
  const auto late = reader.read(SteadyTime());
  EXPECT_FALSE(late.processes);
  EXPECT_FALSE(late.devices);
  ASSERT_EQ(late.conditions.size(), 1U);
  EXPECT_FALSE(late.conditions[0].follow_up) << "slow is said once";
  (void)reader.read(SteadyTime());
  EXPECT_EQ(runner.started().size(), 1U) << "none is started beside it";
  runner.set_quick();
  const auto readings = reader.read(SteadyTime());
  EXPECT_TRUE(readings.processes);
  EXPECT_TRUE(readings.devices);
  EXPECT_TRUE(readings.conditions.empty());
  EXPECT_EQ(runner.started().size(), 2U);
}

TEST_F(NvidiaSmi, WhileTheDevicesAreLateTheProcessesAreKnown) {
  runner.set_slow(kGpus);
  const auto late = reader.read(SteadyTime());
  EXPECT_EQ(late.processes->size(), 3U);
  EXPECT_FALSE(late.devices);
  EXPECT_EQ(late.conditions.size(), 1U);
  runner.set_quick();
  const auto readings = reader.read(SteadyTime());
  EXPECT_EQ(readings.processes->size(), 3U);
  EXPECT_TRUE(readings.devices);
  EXPECT_EQ(runner.count_started(kApps), 1U);
  (void)reader.read(SteadyTime());
  EXPECT_EQ(runner.count_started(kApps), 2U) << "the next round asks for both again";
}

TEST_F(NvidiaSmi, WhatHasFailedBeforeStillFailsWhileItIsLate) {
  runner.answer(kApps, ended_as(Status::timed_out));
  const auto failed = reader.read(SteadyTime());
  runner.set_slow(kApps);
  const auto late = reader.read(SteadyTime());
  ASSERT_EQ(late.conditions.size(), 1U);
  EXPECT_EQ(late.conditions[0].key, failed.conditions[0].key);
  EXPECT_EQ(late.conditions[0].message, failed.conditions[0].message);
}

}  // namespace
}  // namespace wemol::nvidia_smi
