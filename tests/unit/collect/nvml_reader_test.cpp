#include "nvml_reader.h"

#include <gtest/gtest.h>

#include "nvml_scenario.h"

namespace wemol::nvml {
namespace {

using namespace std::chrono_literals;
using test::kTwoGpus;
using test::NvmlScenario;

class Nvml : public testing::Test {
 protected:
  Answer read_answer() { return reader.read(now, std::chrono::system_clock::now()); }
  GpuReadings read() {
    auto answer = read_answer();
    EXPECT_TRUE(answer.readings) << answer.why_no_library;
    return answer.readings.value_or(GpuReadings{});
  }
  static GpuReadings read_once(const char* library) {
    const auto answer =
        NvmlReader(library).read(SteadyTime(1000s), std::chrono::system_clock::now());
    return answer.readings.value_or(GpuReadings{});
  }
  static GpuProcess process(const GpuReadings& readings, std::uint64_t pid,
                            const std::string& uuid) {
    for (const GpuProcess& candidate : readings.processes.value_or(std::vector<GpuProcess>{})) {
      if (candidate.pid == pid && candidate.gpu_uuid == uuid) {
        return candidate;
      }
    }
    ADD_FAILURE() << "no process " << pid << " on " << uuid;
    return {};
  }

  NvmlScenario scenario;
  NvmlReader reader{WEMOL_FAKE_NVML};
  SteadyTime now{1000s};
};

TEST_F(Nvml, ReadsAllValuesOfAllGpus) {
  scenario.set(kTwoGpus);
  const auto readings = read();
  ASSERT_TRUE(readings.devices);
  ASSERT_EQ(readings.devices->size(), 2U);
  const GpuDevice& gpu = readings.devices->at(0);
  EXPECT_EQ(gpu.index, 0U);
  EXPECT_EQ(gpu.uuid, "GPU-0");
  EXPECT_EQ(gpu.name, "NVIDIA A100");
  EXPECT_EQ(gpu.memory_total_bytes, 1000U);
  EXPECT_EQ(gpu.memory_used_bytes, 300U) << "without what the driver reserves";
  EXPECT_EQ(gpu.memory_free_bytes, 600U) << "nor is that free";
  EXPECT_EQ(gpu.utilization_percent, 90);
  EXPECT_EQ(gpu.memory_utilization_percent, 40);
  EXPECT_EQ(gpu.temperature_celsius, 61);
  EXPECT_EQ(gpu.fan_speed_percent, 30);
  EXPECT_EQ(gpu.power_draw_watts, 250.5);
  EXPECT_EQ(gpu.power_limit_watts, 400);
  EXPECT_EQ(readings.devices->at(1).index, 1U);
  EXPECT_TRUE(readings.conditions.empty());
}

TEST_F(Nvml, ReadsWhatMonitorsOfTheHostWantWhenAskedForAll) {
  scenario.set(std::string(kTwoGpus) +
               "0.enforced_limit 350000\n0.sm_clock 1410\n0.memory_clock 1593\n"
               "0.corrected_errors 7\n0.uncorrected_errors 0\n");
  const auto of_tasks = read();
  EXPECT_FALSE(of_tasks.devices->at(0).sm_clock_mhz) << "each value costs a call";
  const auto answer = reader.read(now, std::chrono::system_clock::now(), Detail::all);
  const GpuDevice& gpu = answer.readings->devices->at(0);
  EXPECT_EQ(gpu.enforced_power_limit_watts, 350);
  EXPECT_EQ(gpu.sm_clock_mhz, 1410);
  EXPECT_EQ(gpu.memory_clock_mhz, 1593);
  EXPECT_EQ(gpu.corrected_memory_errors, 7U);
  EXPECT_EQ(gpu.uncorrected_memory_errors, 0U);
  EXPECT_FALSE(answer.readings->devices->at(1).sm_clock_mhz) << "which has none";
}

TEST_F(Nvml, ListsComputeProcessesAndMpsClientsOncePerGpu) {
  scenario.set(std::string(kTwoGpus) +
               "0.processes 10:100,11:200,11:200\n0.mps_processes "
               "12:50,10:100\n");
  const auto readings = read();
  ASSERT_TRUE(readings.processes);
  EXPECT_EQ(readings.processes->size(), 4U);
  EXPECT_EQ(process(readings, 10, "GPU-0").memory_used_bytes, 100U);
  EXPECT_EQ(process(readings, 11, "GPU-0").memory_used_bytes, 200U);
  EXPECT_EQ(process(readings, 12, "GPU-0").memory_used_bytes, 50U);
  EXPECT_EQ(process(readings, 11, "GPU-1").memory_used_bytes, 400U);
}

TEST_F(Nvml, ShareOfSmTimeIsTheMeanOfTheLatestSamples) {
  scenario.set(kTwoGpus);
  const auto readings = read();
  EXPECT_EQ(process(readings, 11, "GPU-0").sm_utilization_percent, 50) << "not the old sample";
  EXPECT_EQ(process(readings, 10, "GPU-0").sm_utilization_percent, 0) << "idle, as no sample says";
  EXPECT_EQ(process(readings, 11, "GPU-1").sm_utilization_percent, 0) << "nobody was busy";
}

TEST_F(Nvml, ShareOfSmTimeCoversTheTimeSinceTheLastReading) {
  scenario.set(std::string(kTwoGpus) + "0.samples 11:4000:10\n");
  EXPECT_EQ(process(read(), 11, "GPU-0").sm_utilization_percent, 0) << "before the first reading";
  scenario.set(std::string(kTwoGpus) + "0.samples 11:1900:10\n");
  EXPECT_EQ(process(read(), 11, "GPU-0").sm_utilization_percent, 10);
  scenario.set(std::string(kTwoGpus) + "0.samples 11:1500:20,11:1000:40\n");
  EXPECT_EQ(process(read(), 11, "GPU-0").sm_utilization_percent, 30);
}

TEST_F(Nvml, SampleThatIsOlderThanAskedForIsLeftOut) {
  scenario.set(std::string(kTwoGpus) + "0.stale_samples yes\n");
  EXPECT_EQ(process(read(), 11, "GPU-0").sm_utilization_percent, 50);
}

TEST_F(Nvml, SampleThatIsNoPercentageIsLeftOut) {
  scenario.set(std::string(kTwoGpus) + "0.samples 11:500:40,11:1000:4294967295\n");
  EXPECT_EQ(process(read(), 11, "GPU-0").sm_utilization_percent, 40);
}

TEST_F(Nvml, WhatAGpuDoesNotHaveIsAbsentAndNoCondition) {
  scenario.set("count 1\n0.uuid GPU-0\n0.processes 10:18446744073709551615\n");
  const auto readings = read();
  ASSERT_EQ(readings.devices->size(), 1U);
  const GpuDevice& gpu = readings.devices->at(0);
  EXPECT_EQ(gpu.uuid, "GPU-0");
  EXPECT_FALSE(gpu.memory_total_bytes);
  EXPECT_FALSE(gpu.memory_used_bytes);
  EXPECT_FALSE(gpu.utilization_percent);
  EXPECT_FALSE(gpu.memory_utilization_percent);
  EXPECT_FALSE(gpu.temperature_celsius);
  EXPECT_FALSE(gpu.fan_speed_percent);
  EXPECT_FALSE(gpu.power_draw_watts);
  EXPECT_FALSE(gpu.power_limit_watts);
  ASSERT_EQ(readings.processes->size(), 1U);
  EXPECT_FALSE(readings.processes->at(0).memory_used_bytes);
  EXPECT_FALSE(readings.processes->at(0).sm_utilization_percent);
  EXPECT_TRUE(readings.conditions.empty());
}

TEST_F(Nvml, NoGpuIsAGoodAnswer) {
  scenario.set("count 0\n");
  const auto readings = read();
  ASSERT_TRUE(readings.devices && readings.processes);
  EXPECT_TRUE(readings.devices->empty());
  EXPECT_TRUE(readings.processes->empty());
}

TEST_F(Nvml, ProcessesInMigInstancesAreStatedUnderTheWholeGpu) {
  scenario.set(
      "count 1\n0.uuid GPU-0\n0.memory 1000 0 300\n0.mig 3\n"
      "0.0.processes 5:10:1:0\n0.2.processes 5:20:2:0,6:7:2:0\n");
  const auto readings = read();
  ASSERT_EQ(readings.processes->size(), 2U);
  EXPECT_EQ(process(readings, 5, "GPU-0").memory_used_bytes, 30U);
  EXPECT_EQ(process(readings, 6, "GPU-0").memory_used_bytes, 7U);
  EXPECT_FALSE(process(readings, 5, "GPU-0").sm_utilization_percent);
  EXPECT_EQ(readings.devices->at(0).memory_used_bytes, 300U);
  EXPECT_FALSE(readings.devices->at(0).utilization_percent);
}

TEST_F(Nvml, InstancesAreDevicesOfTheirOwnForThoseWhoAsk) {
  scenario.set(
      "count 2\n0.uuid GPU-0\n0.name A100\n0.memory 1000 0 300\n0.mig 3\n"
      "0.0.uuid MIG-a\n0.0.name A100 MIG 1g.10gb\n0.0.memory 100 10 20\n0.0.processes 5:10:1:0\n"
      "0.2.uuid MIG-b\n0.2.processes 5:20:2:0,6:7:2:0\n0.2.mps_processes 7:1\n"
      "1.uuid GPU-1\n1.memory 2000 0 400\n1.processes 8:1\n");
  NvmlReader reader(WEMOL_FAKE_NVML);
  const auto answer = reader.read({}, {}, Detail::instances);
  ASSERT_TRUE(answer.readings && answer.readings->devices && answer.readings->processes);
  EXPECT_EQ(answer.readings->divided, std::vector<std::string>{"GPU-0"});
  const auto& devices = *answer.readings->devices;
  ASSERT_EQ(devices.size(), 4U);
  EXPECT_EQ(devices[0].uuid, "GPU-0");
  EXPECT_EQ(devices[1].uuid, "MIG-a");
  EXPECT_EQ(devices[1].index, 0U);
  EXPECT_EQ(devices[1].name, "A100 MIG 1g.10gb");
  EXPECT_EQ(devices[1].memory_total_bytes, 100U);
  EXPECT_EQ(devices[1].memory_free_bytes, 70U);
  EXPECT_EQ(devices[2].uuid, "MIG-b");
  EXPECT_EQ(devices[2].name, "A100") << "its card's";
  EXPECT_FALSE(devices[2].memory_free_bytes) << "unknown is not 0";
  EXPECT_EQ(devices[3].uuid, "GPU-1");
  ASSERT_EQ(answer.readings->processes->size(), 5U);
  EXPECT_EQ(process(*answer.readings, 5, "MIG-a").memory_used_bytes, 10U);
  EXPECT_EQ(process(*answer.readings, 5, "MIG-b").memory_used_bytes, 20U);
  EXPECT_EQ(process(*answer.readings, 7, "MIG-b").memory_used_bytes, 1U);
  EXPECT_EQ(process(*answer.readings, 8, "GPU-1").memory_used_bytes, 1U);
}

TEST_F(Nvml, ADividedGpuWithoutInstancesIsTold) {
  scenario.set("count 1\n0.uuid GPU-0\n0.mig 2\n0.processes 5:10\n");
  NvmlReader reader(WEMOL_FAKE_NVML);
  const auto answer = reader.read({}, {}, Detail::instances);
  ASSERT_TRUE(answer.readings && answer.readings->devices && answer.readings->processes);
  EXPECT_EQ(answer.readings->divided, std::vector<std::string>{"GPU-0"});
  EXPECT_EQ(answer.readings->devices->size(), 1U);
  EXPECT_TRUE(answer.readings->processes->empty());
}

TEST_F(Nvml, AnInstanceWhoseProcessesAreSecretLeavesThemUnknown) {
  scenario.set(
      "count 1\n0.uuid GPU-0\n0.mig 2\n0.0.uuid MIG-a\n0.0.processes 5:10:1:0\n"
      "0.1.uuid MIG-b\n0.1.processes 6:7:1:0\n0.1.nvmlDeviceGetComputeRunningProcesses error 4\n");
  NvmlReader reader(WEMOL_FAKE_NVML);
  const auto answer = reader.read({}, {}, Detail::instances);
  ASSERT_TRUE(answer.readings && answer.readings->devices);
  EXPECT_EQ(answer.readings->devices->size(), 3U);
  EXPECT_FALSE(answer.readings->processes);
  ASSERT_EQ(answer.readings->conditions.size(), 1U);
  EXPECT_NE(answer.readings->conditions[0].message.find("cannot list the processes on GPU 0"),
            std::string::npos);
}

TEST_F(Nvml, WhenMigInstancesTellNothingTheWholeGpuIsAsked) {
  scenario.set(
      "count 1\n0.uuid GPU-0\n0.mig 1\n0.0.processes 5:10:1:0\n0.processes 6:7:1:0\n"
      "0.0.nvmlDeviceGetComputeRunningProcesses error 4\n");
  EXPECT_EQ(process(read(), 6, "GPU-0").memory_used_bytes, 7U);
}

TEST_F(Nvml, ListOfTheFirstVersionIsReadByItsOwnElementSize) {
  scenario.set(kTwoGpus);
  const auto readings = read_once(WEMOL_FAKE_NVML_OLD);
  ASSERT_EQ(readings.processes->size(), 3U);
  EXPECT_EQ(process(readings, 10, "GPU-0").memory_used_bytes, 100U);
  EXPECT_EQ(process(readings, 11, "GPU-0").memory_used_bytes, 200U);
  EXPECT_EQ(readings.devices->at(0).memory_used_bytes, 400U) << "with what the driver reserves";
}

TEST_F(Nvml, LongerElementOfDriver53543IsReadByItsOwnSize) {
  scenario.set(kTwoGpus);
  const auto readings = read_once(WEMOL_FAKE_NVML_535_43);
  ASSERT_EQ(readings.processes->size(), 4U);
  EXPECT_EQ(process(readings, 11, "GPU-0").memory_used_bytes, 200U);
  EXPECT_EQ(process(readings, 11, "GPU-1").memory_used_bytes, 400U);
}

TEST_F(Nvml, LostGpuIsNamedAndTheOthersAreRead) {
  for (const char* call : {"nvmlDeviceGetHandleByIndex", "nvmlDeviceGetPowerUsage"}) {
    scenario.set(std::string(kTwoGpus) + "0." + call + " error 15\n");
    NvmlReader anew(WEMOL_FAKE_NVML);
    const auto readings = *anew.read(now, std::chrono::system_clock::now()).readings;
    ASSERT_TRUE(readings.devices && readings.processes) << call;
    ASSERT_EQ(readings.devices->size(), 1U) << call;
    EXPECT_EQ(readings.devices->at(0).uuid, "GPU-1");
    EXPECT_EQ(readings.processes->size(), 1U);
    ASSERT_EQ(readings.conditions.size(), 1U) << call;
    EXPECT_NE(readings.conditions[0].message.find("GPU 0"), std::string::npos);
    EXPECT_NE(readings.conditions[0].message.find("GPU is lost"), std::string::npos);
  }
}

TEST_F(Nvml, LostGpuIsLookedForAgainAfterAMinuteWithTheDriverOpenedAnew) {
  scenario.set(std::string(kTwoGpus) + "0.nvmlDeviceGetHandleByIndex error 15\n");
  EXPECT_EQ(read().devices->size(), 1U);
  scenario.set(kTwoGpus);
  now += 59s;
  EXPECT_EQ(read().devices->size(), 1U);
  EXPECT_EQ(scenario.log(), "init\n");
  now += 2s;
  EXPECT_EQ(read().devices->size(), 2U);
  EXPECT_EQ(scenario.log(), "init\nshutdown\ninit\n");
}

TEST_F(Nvml, WhenAllGpusAreLostNothingIsKnown) {
  scenario.set(std::string(kTwoGpus) + "nvmlDeviceGetHandleByIndex error 15\n");
  const auto readings = read();
  EXPECT_FALSE(readings.devices);
  EXPECT_FALSE(readings.processes);
  EXPECT_EQ(readings.conditions.size(), 2U);
}

TEST_F(Nvml, ProcessesThatCannotBeListedAreStated) {
  scenario.set(std::string(kTwoGpus) + "1.nvmlDeviceGetComputeRunningProcesses error 4\n");
  const auto some = read();
  EXPECT_EQ(some.devices->size(), 2U);
  EXPECT_EQ(some.processes->size(), 3U);
  ASSERT_EQ(some.conditions.size(), 1U);
  EXPECT_NE(some.conditions[0].message.find("GPU 1 (GPU-1): No Permission"), std::string::npos);
  scenario.set(std::string(kTwoGpus) + "nvmlDeviceGetComputeRunningProcesses error 4\n");
  EXPECT_FALSE(read().processes);
}

TEST_F(Nvml, DriverThatWasClosedUnderUsIsOpenedAnewInTheSameReading) {
  for (const char* code : {"1", "18"}) {
    scenario.set(kTwoGpus);
    EXPECT_EQ(read().devices->size(), 2U);
    scenario.set(std::string(kTwoGpus) + "nvmlDeviceGetPowerUsage once " + code + " " +
                 scenario.path(code) + "\n");
    const auto readings = read();
    EXPECT_EQ(readings.devices->size(), 2U);
    EXPECT_TRUE(readings.conditions.empty());
  }
  EXPECT_EQ(scenario.log(), "init\nshutdown\ninit\nshutdown\ninit\n");
}

TEST_F(Nvml, DriverThatCannotBeStartedIsTriedAgainAfterAPause) {
  scenario.set(std::string(kTwoGpus) + "nvmlInit error 18\n");
  const auto readings = read();
  EXPECT_FALSE(readings.devices);
  EXPECT_FALSE(readings.processes);
  ASSERT_EQ(readings.conditions.size(), 1U);
  EXPECT_NE(readings.conditions[0].message.find("Driver/library version mismatch"),
            std::string::npos);
  scenario.set(kTwoGpus);
  EXPECT_EQ(read().conditions.size(), 1U) << "the same is stated, and nothing is tried";
  EXPECT_EQ(scenario.log(), "init\n");
  now += 1s;
  EXPECT_EQ(read().devices->size(), 2U);
}

TEST_F(Nvml, DriverIsClosedAtTheEnd) {
  scenario.set(kTwoGpus);
  (void)read_once(WEMOL_FAKE_NVML);
  EXPECT_EQ(scenario.log(), "init\nshutdown\n");
}

TEST(NvmlMissing, IsToldWithTheLoadersWords) {
  const auto answer = NvmlReader("/no/such/library.so").read(SteadyTime(1s), WallTime(1s));
  EXPECT_FALSE(answer.readings);
  EXPECT_NE(answer.why_no_library.find("/no/such/library.so"), std::string::npos);
}

TEST(NvmlMissing, LibraryThatIsNoneIsAsGoodAsMissing) {
  const auto answer = NvmlReader("libc.so.6").read(SteadyTime(1s), WallTime(1s));
  EXPECT_FALSE(answer.readings);
  EXPECT_NE(answer.why_no_library.find("lacks functions"), std::string::npos);
}

}  // namespace
}  // namespace wemol::nvml
