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

constexpr const char* kInfoRom = "WARNING: infoROM is corrupted at gpu 0000:0B:00.0\n";

TEST_F(NvidiaSmi, NoProcessIsAGoodAnswerBesideAWarning) {
  CommandOutcome on_standard_error = printed_with_status("", 14);
  on_standard_error.standard_error = kInfoRom;
  for (const CommandOutcome& outcome :
       {printed_with_status(kInfoRom, 14), printed_with_status("", 14), printed(kInfoRom),
        printed_with_status("No running processes found\n" + std::string(kInfoRom), 14),
        printed("No running processes found\n"), on_standard_error}) {
    runner.answer(kApps, outcome);
    const auto readings = reader.read(SteadyTime());
    ASSERT_TRUE(readings.processes) << outcome.standard_output << outcome.code;
    EXPECT_TRUE(readings.processes->empty());
    const bool is_warned =
        (outcome.standard_output + outcome.standard_error).find("WARNING") != std::string::npos;
    EXPECT_EQ(readings.conditions.size(), is_warned ? 1U : 0U);
  }
}

TEST_F(NvidiaSmi, NoProcessIsNoAnswerWhenTheDriverWasNotAsked) {
  for (const int code : {2, 4, 6, 8, 9, 12, 15, 18, 255}) {
    runner.answer(kApps, printed_with_status("", code));
    EXPECT_FALSE(reader.read(SteadyTime()).processes) << code;
    runner.answer(kApps, printed_with_status(kInfoRom, code));
    EXPECT_FALSE(reader.read(SteadyTime()).processes) << code;
  }
  for (const char* text : {"No devices were found\n", "11, GP", "something else\n",
                           "Unable to determine the device handle for GPU 0000:0B:00.0: x\n"}) {
    runner.answer(kApps, printed_with_status(kInfoRom + std::string(text), 14));
    EXPECT_FALSE(reader.read(SteadyTime()).processes) << text;
  }
  CommandOutcome said_elsewhere = printed("");
  said_elsewhere.standard_error = "Failed to initialize NVML: Unknown Error\n";
  runner.answer(kApps, said_elsewhere);
  EXPECT_FALSE(reader.read(SteadyTime()).processes);
}

TEST_F(NvidiaSmi, AListOfGpusThatLacksTheOneThatIsWarnedOfIsNone) {
  for (const int code : {0, 14}) {
    runner.answer(kGpus, printed_with_status(kInfoRom, code));
    EXPECT_FALSE(reader.read(SteadyTime()).devices) << code;
  }
}

TEST_F(NvidiaSmi, AMessageSaysWhatIsRecordedAllTheSame) {
  const auto said = [&](const std::string& text) {
    runner.answer(kGpus, printed(text));
    const auto readings = reader.read(SteadyTime());
    return readings.conditions.empty() ? "" : readings.conditions.front().message;
  };
  const std::string two = fixture("nvidia_smi/querygpu_two_a100.csv");
  const std::string one = two.substr(0, two.find('\n') + 1);
  const std::string lost = "Unable to determine the device handle for GPU0000:65:00.0: x\n";
  EXPECT_TRUE(said(two + kInfoRom).ends_with("; all 2 listed GPUs are recorded"));
  EXPECT_TRUE(said(one + kInfoRom).ends_with("; the 1 listed GPU is recorded"));
  EXPECT_TRUE(said(lost + one).ends_with("; that GPU is missing, the 1 listed GPU is recorded"));
  EXPECT_TRUE(said(lost + two).ends_with("; that GPU is missing, the 2 listed GPUs are recorded"));
}

TEST_F(NvidiaSmi, SaysWhetherItFindsNoGpuOrFails) {
  const auto finds_none = [&](const CommandOutcome& outcome) {
    runner.answer(kApps, outcome);
    runner.answer(kGpus, outcome);
    return reader.read(SteadyTime()).finds_none;
  };
  EXPECT_TRUE(finds_none(ended_as(Status::not_found)));
  EXPECT_TRUE(finds_none(printed("No devices were found\n")));
  EXPECT_TRUE(finds_none(printed_with_status("No devices were found\n", 6)));
  EXPECT_TRUE(finds_none(printed_with_status(
      "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make\n", 9)));
  EXPECT_TRUE(finds_none(printed_with_status(
      "NVIDIA-SMI couldn't find libnvidia-ml.so library in your system.\n", 12)));
  EXPECT_TRUE(finds_none(printed_with_status("", 9)));
  EXPECT_FALSE(finds_none(ended_as(Status::timed_out)));
  EXPECT_FALSE(finds_none(ended_as(Status::signaled)));
  EXPECT_FALSE(finds_none(printed_with_status("", 15)));
  EXPECT_FALSE(finds_none(printed_with_status(kInfoRom, 6)));
  EXPECT_FALSE(finds_none(
      printed_with_status("Failed to initialize NVML: Driver/library version mismatch\n", 18)));
  EXPECT_FALSE(finds_none(printed("")));
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
