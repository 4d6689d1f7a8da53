#include "amd_gpus.h"

#include <set>

#include <gtest/gtest.h>

#include "amd_host.h"
#include "fake_clock.h"

namespace wemol::amd {
namespace {

using test::AmdHost;
using namespace std::chrono_literals;

/// Reads the real files, notes which, and is refused those that the test names.
class WatchedFileReader : public FileReader {
 public:
  explicit WatchedFileReader(std::filesystem::path root) : root_(std::move(root)) {}

  std::set<std::string> refused;
  mutable std::set<std::string> reads;

  [[nodiscard]] Result<std::string> read(const std::filesystem::path& path,
                                         std::size_t max_bytes) const override {
    const std::string name = path.lexically_relative(root_).string();
    reads.insert(name);
    return refused.contains(name) ? failure(name + ": Operation not permitted", EPERM)
                                  : SystemFileReader().read(path, max_bytes);
  }

 private:
  std::filesystem::path root_;
};

class AmdGpusOfHost : public testing::Test {
 protected:
  static constexpr const char* kFirst = "AMD-8f1c3a5b7d9e0f10";
  static constexpr const char* kSecond = "AMD-8f1c3a5b7d9e0f11";

  GpuReadings read() {
    auto readings = gpus.finish({});
    EXPECT_TRUE(readings);
    return readings.value_or(GpuReadings());
  }
  GpuReadings read_after_a_minute() {
    clock.pass(1min);
    return read();
  }
  GpuDevice first_device() {
    const auto devices = read().devices;
    return devices && !devices->empty() ? devices->front() : GpuDevice();
  }
  /// Two cards, the second one first on the bus, with a node of KFD each.
  void add_two_cards() {
    host.add_card(0, "0000:c3:00.0");
    host.add_card(1, "0000:03:00.0");
    host.add_node(0, 0, 0, 0);
    host.add_node(1, 7001, 0, 0xc300);
    host.add_node(2, 7002, 0, 0x0300);
  }

  AmdHost host;
  test::FakeClock clock;
  WatchedFileReader files{host.root()};
  AmdGpus gpus{files, clock, host.root()};
};

TEST_F(AmdGpusOfHost, HostWithoutGraphicsHasNone) {
  EXPECT_FALSE(gpus.finish({}));
}

TEST_F(AmdGpusOfHost, CardsOfOtherVendorsDoNotCount) {
  host.write("sys/class/drm/card0/device/vendor", "0x10de");
  host.add_connector(1);
  EXPECT_FALSE(gpus.finish({}));
}

TEST_F(AmdGpusOfHost, WithoutCardsARoundReadsNothing) {
  host.write("sys/class/drm/card0/device/vendor", "0x10de");
  EXPECT_FALSE(gpus.finish({}));
  files.reads.clear();
  clock.pass(59s);
  EXPECT_FALSE(gpus.finish({}));
  EXPECT_TRUE(files.reads.empty());
}

TEST_F(AmdGpusOfHost, CardThatComesLaterIsFound) {
  EXPECT_FALSE(gpus.finish({}));
  host.add_card(0, "0000:c3:00.0");
  EXPECT_EQ(read_after_a_minute().devices->size(), 1U);
}

TEST_F(AmdGpusOfHost, CardThatIsGoneIsForgotten) {
  add_two_cards();
  EXPECT_EQ(read().devices->size(), 2U);
  host.remove("sys/class/drm/card1");
  EXPECT_EQ(read_after_a_minute().devices->size(), 1U);
}

TEST_F(AmdGpusOfHost, ReadingsAreInTheirUnits) {
  host.add_card(0, "0000:c3:00.0");
  host.add_connector(0);
  const GpuReadings readings = read();
  ASSERT_EQ(readings.devices->size(), 1U);
  const GpuDevice& gpu = readings.devices->front();
  EXPECT_EQ(gpu.index, 0U);
  EXPECT_EQ(gpu.uuid, kFirst);
  EXPECT_EQ(gpu.utilization_percent, 37);
  EXPECT_EQ(gpu.memory_utilization_percent, 12);
  EXPECT_EQ(gpu.memory_used_bytes, 11534336U);
  EXPECT_EQ(gpu.memory_total_bytes, 68702699520U);
  EXPECT_EQ(gpu.memory_free_bytes, 68702699520U - 11534336U);
  EXPECT_EQ(gpu.temperature_celsius, 41);
  EXPECT_EQ(gpu.fan_speed_percent, 20);
  EXPECT_EQ(gpu.power_draw_watts, 42.5);
  EXPECT_EQ(gpu.power_limit_watts, 300);
  EXPECT_TRUE(readings.conditions.empty());
}

TEST_F(AmdGpusOfHost, IndexFollowsTheBusAndNotTheCardNumbers) {
  add_two_cards();
  host.add_card(2, "10000:01:00.0");
  const auto devices = read().devices.value();
  ASSERT_EQ(devices.size(), 3U);
  EXPECT_EQ(devices[0].uuid, kSecond);
  EXPECT_EQ(devices[1].uuid, kFirst);
  EXPECT_EQ(devices[2].uuid, "AMD-8f1c3a5b7d9e0f12");
  EXPECT_EQ(devices[2].index, 2U);
}

TEST_F(AmdGpusOfHost, WhatCannotBeReadIsAbsentAndNever0) {
  host.add_card(0, "0000:c3:00.0");
  host.remove(AmdHost::card(0) + "mem_busy_percent");
  host.write(AmdHost::hwmon(0) + "temp1_input", "");
  files.refused = {AmdHost::card(0) + "gpu_busy_percent", AmdHost::hwmon(0) + "pwm1",
                   AmdHost::hwmon(0) + "power1_average", AmdHost::hwmon(0) + "power1_cap"};
  const GpuDevice gpu = first_device();
  EXPECT_FALSE(gpu.utilization_percent);
  EXPECT_FALSE(gpu.memory_utilization_percent);
  EXPECT_FALSE(gpu.temperature_celsius);
  EXPECT_FALSE(gpu.fan_speed_percent);
  EXPECT_FALSE(gpu.power_draw_watts);
  EXPECT_FALSE(gpu.power_limit_watts);
  EXPECT_EQ(gpu.memory_used_bytes, 11534336U);
}

TEST_F(AmdGpusOfHost, ShareOfMoreThanEverythingIsAbsent) {
  host.add_card(0, "0000:c3:00.0");
  host.write(AmdHost::card(0) + "gpu_busy_percent", "65535");
  EXPECT_FALSE(first_device().utilization_percent);
  host.write(AmdHost::card(0) + "gpu_busy_percent", "100");
  EXPECT_EQ(first_device().utilization_percent, 100);
}

TEST_F(AmdGpusOfHost, CardOfWhichNothingCanBeReadIsStated) {
  add_two_cards();
  for (const char* name :
       {"gpu_busy_percent", "mem_busy_percent", "mem_info_vram_used", "mem_info_vram_total"}) {
    files.refused.insert(AmdHost::card(0) + name);
  }
  host.remove(AmdHost::card(0) + "hwmon");
  const GpuReadings readings = read();
  ASSERT_EQ(readings.conditions.size(), 1U);
  EXPECT_NE(readings.conditions[0].message.find("AMD GPU 1 (AMD-8f1c3a5b7d9e0f10) has no readings"),
            std::string::npos);
  EXPECT_NE(readings.conditions[0].message.find("not permitted"), std::string::npos);
  ASSERT_EQ(readings.devices->size(), 2U);
  EXPECT_EQ(readings.devices->at(1).uuid, kFirst);
  EXPECT_FALSE(readings.devices->at(1).memory_used_bytes);
  EXPECT_EQ(readings.devices->at(0).utilization_percent, 37);
}

TEST_F(AmdGpusOfHost, CardWithoutAnEdgeSensorGivesItsFirstOne) {
  host.add_card(0, "0000:c3:00.0");
  host.remove(AmdHost::hwmon(0) + "temp1_input");
  EXPECT_EQ(first_device().temperature_celsius, 47);
}

TEST_F(AmdGpusOfHost, EdgeSensorNeedNotBeTheFirst) {
  host.add_card(0, "0000:c3:00.0");
  host.write(AmdHost::hwmon(0) + "temp1_label", "mem");
  host.write(AmdHost::hwmon(0) + "temp2_label", "edge");
  EXPECT_EQ(first_device().temperature_celsius, 47);
}

TEST_F(AmdGpusOfHost, FanAndPowerHaveTheirSecondBestFiles) {
  host.add_card(0, "0000:c3:00.0");
  host.remove(AmdHost::hwmon(0) + "pwm1_max");
  host.write(AmdHost::hwmon(0) + "fan1_input", "1500");
  host.write(AmdHost::hwmon(0) + "fan1_max", "3000");
  host.remove(AmdHost::hwmon(0) + "power1_average");
  host.write(AmdHost::hwmon(0) + "power1_input", "55000000");
  const GpuDevice gpu = first_device();
  EXPECT_EQ(gpu.fan_speed_percent, 50);
  EXPECT_EQ(gpu.power_draw_watts, 55);
}

TEST_F(AmdGpusOfHost, NameIsThatOfTheBoardElseThatOfTheListElseItsNumber) {
  host.add_card(0, "0000:c3:00.0");
  EXPECT_EQ(first_device().name, "AMD GPU 0x740f");
  host.write("usr/share/libdrm/amdgpu.ids", "740F,\t02,\t");
  EXPECT_EQ(read_after_a_minute().devices->at(0).name, "AMD GPU 0x740f");
  host.write("usr/share/libdrm/amdgpu.ids",
             "# List of AMDGPU IDs\n\n1.0.0\n740C,\t01,\tAMD Instinct MI250X\n"
             "740F,\t01,\tAnother revision\n740F,\t02,\tAMD Instinct MI210, PCIe");
  EXPECT_EQ(read_after_a_minute().devices->at(0).name, "AMD Instinct MI210, PCIe");
  host.write(AmdHost::card(0) + "product_name", "Instinct MI210 OAM");
  EXPECT_EQ(read_after_a_minute().devices->at(0).name, "Instinct MI210 OAM");
}

TEST_F(AmdGpusOfHost, CardWithoutAUniqueIdIsKnownByItsPlace) {
  host.add_card(0, "0000:c3:00.0");
  host.remove(AmdHost::card(0) + "unique_id");
  EXPECT_EQ(first_device().uuid, "0000:c3:00.0");
  for (const char* id : {"0000000000000000", "8f1c\x1b[31m", "8f1c3a5b7d9e0f108f1c3a5b7d9e0f10"}) {
    host.write(AmdHost::card(0) + "unique_id", id);
    EXPECT_EQ(read_after_a_minute().devices->at(0).uuid, "0000:c3:00.0") << id;
  }
}

TEST_F(AmdGpusOfHost, CardThatIsBeingResetKeepsItsUuid) {
  host.add_card(0, "0000:c3:00.0");
  EXPECT_EQ(first_device().uuid, kFirst);
  files.refused = {AmdHost::card(0) + "unique_id"};
  EXPECT_EQ(read_after_a_minute().devices->at(0).uuid, kFirst);
}

class AmdCardThatSleeps : public AmdGpusOfHost {
 protected:
  void expect_left_alone() {
    host.add_card(0, "0000:c3:00.0");
    const GpuReadings before = read();  // it was found while it was awake
    for (const auto& [file, text] : power) {
      host.write(AmdHost::card(0) + "power/" + file, text);
    }
    files.reads.clear();
    const GpuReadings readings = read();
    EXPECT_EQ(files.reads.count(AmdHost::card(0) + "gpu_busy_percent"), 0U);
    EXPECT_EQ(files.reads.count(AmdHost::hwmon(0) + "temp1_input"), 0U);
    const GpuDevice& gpu = readings.devices->at(0);
    EXPECT_EQ(gpu.uuid, kFirst);
    EXPECT_EQ(gpu.name, "AMD GPU 0x740f");
    EXPECT_FALSE(gpu.utilization_percent || gpu.memory_total_bytes || gpu.power_draw_watts);
    EXPECT_TRUE(readings.conditions.empty());
  }
  std::map<std::string, std::string> power;
};

TEST_F(AmdCardThatSleeps, IsListedWithoutReadingsAndNotTouched) {
  for (const char* status : {"suspended", "suspending", "resuming"}) {
    power = {{"runtime_status", status}};
    expect_left_alone();
  }
}

TEST_F(AmdCardThatSleeps, OrMayFallAsleepWithoutAProcessIsNotKeptAwake) {
  power = {{"control", "auto"}};
  expect_left_alone();
}

TEST_F(AmdCardThatSleeps, IsFoundWithoutTouchingIt) {
  host.add_card(0, "0000:c3:00.0");
  host.write(AmdHost::card(0) + "power/runtime_status", "suspended");
  EXPECT_EQ(first_device().uuid, kFirst);
  EXPECT_EQ(files.reads.count(AmdHost::card(0) + "gpu_busy_percent"), 0U);
  EXPECT_EQ(files.reads.count(AmdHost::hwmon(0) + "temp1_input"), 0U);
}

TEST_F(AmdCardThatSleeps, IsReadWhileAProcessHasIt) {
  add_two_cards();
  host.write(AmdHost::card(0) + "power/control", "auto");
  host.write(AmdHost::card(1) + "power/control", "auto");
  host.set_memory(4711, 7001, 4096);
  const auto devices = read().devices.value();
  EXPECT_FALSE(devices.at(0).utilization_percent);
  EXPECT_EQ(devices.at(1).utilization_percent, 37);
}

TEST_F(AmdCardThatSleeps, NeverIsReadAlways) {
  host.add_card(0, "0000:c3:00.0");
  host.write(AmdHost::card(0) + "power/runtime_status", "unsupported");
  EXPECT_EQ(first_device().utilization_percent, 37);
  host.remove(AmdHost::card(0) + "power");
  EXPECT_EQ(first_device().utilization_percent, 37);
}

class AmdProcesses : public AmdGpusOfHost {
 protected:
  void SetUp() override { add_two_cards(); }
};

TEST_F(AmdProcesses, CountOnTheCardsOfWhichTheyHoldMemory) {
  host.set_memory(4711, 7001, 4096);
  host.set_memory(4711, 7002, 0);
  host.set_memory(4712, 7001, 8192);
  host.set_memory(4712, 7002, 16384);
  const auto processes = read().processes.value();
  ASSERT_EQ(processes.size(), 3U);
  EXPECT_EQ(processes[0].pid, 4711U);
  EXPECT_EQ(processes[0].gpu_uuid, kFirst);
  EXPECT_EQ(processes[0].memory_used_bytes, 4096U);
  EXPECT_FALSE(processes[0].container_id);
  EXPECT_EQ(processes[1].pid, 4712U);
  EXPECT_EQ(processes[1].memory_used_bytes, 8192U);
  EXPECT_EQ(processes[2].gpu_uuid, kSecond);
  EXPECT_EQ(processes[2].memory_used_bytes, 16384U);
}

TEST_F(AmdProcesses, CountOnTheCardsOnWhichTheyHaveAQueue) {
  host.set_memory(4711, 7001, 0);
  host.set_memory(4711, 7002, 0);
  host.add_queue(4711, 0, 7002);
  host.add_queue(4712, 3, 7001);  // its memory cannot be read
  const auto processes = read().processes.value();
  ASSERT_EQ(processes.size(), 2U);
  EXPECT_EQ(processes[0].gpu_uuid, kSecond);
  EXPECT_EQ(processes[0].memory_used_bytes, 0U);
  EXPECT_EQ(processes[1].pid, 4712U);
  EXPECT_EQ(processes[1].gpu_uuid, kFirst);
  EXPECT_FALSE(processes[1].memory_used_bytes);
}

TEST_F(AmdProcesses, OnPartitionsOfOneCardAreTakenTogether) {
  host.add_node(3, 7003, 0, 0x1000c300);  // the partition stands in the highest bits
  host.add_node(4, 7004, 0, 0xc302);      // or in place of the function
  for (const std::uint32_t gpu_id : {7001U, 7003U, 7004U}) {
    host.set_memory(4711, gpu_id, 1000);
  }
  const auto processes = read().processes.value();
  ASSERT_EQ(processes.size(), 1U);
  EXPECT_EQ(processes[0].gpu_uuid, kFirst);
  EXPECT_EQ(processes[0].memory_used_bytes, 3000U);
}

TEST_F(AmdProcesses, OnTheSamePlaceOfAnotherDomainAreNotMixedUp) {
  host.add_card(2, "0001:c3:00.0");
  host.add_node(3, 7003, 1, 0xc300);
  host.set_memory(4711, 7003, 1000);
  EXPECT_EQ(read().processes->at(0).gpu_uuid, "AMD-8f1c3a5b7d9e0f12");
}

TEST_F(AmdProcesses, NoneIsAGoodAnswerAlsoWithoutKfd) {
  EXPECT_EQ(read().processes->size(), 0U);
  host.remove("sys/class/kfd");
  const GpuReadings readings = read_after_a_minute();
  EXPECT_EQ(readings.processes->size(), 0U);
  EXPECT_TRUE(readings.conditions.empty());
}

TEST_F(AmdProcesses, WhenTheirListCannotBeReadThatIsStated) {
  host.remove("sys/class/kfd/kfd/proc");
  const GpuReadings readings = read();
  EXPECT_FALSE(readings.processes);
  ASSERT_EQ(readings.conditions.size(), 1U);
  EXPECT_NE(readings.conditions[0].message.find("processes on the AMD GPUs cannot be read"),
            std::string::npos);
  EXPECT_EQ(readings.devices->size(), 2U);
}

TEST_F(AmdProcesses, WhenTheirCardsAreNotKnownThatIsStated) {
  host.set_memory(4711, 7001, 4096);
  files.refused = {"sys/class/kfd/kfd/topology/nodes/1/gpu_id"};
  const GpuReadings readings = read();
  EXPECT_FALSE(readings.processes);
  EXPECT_EQ(readings.conditions.size(), 1U);
  EXPECT_EQ(readings.devices->size(), 2U);
}

TEST_F(AmdGpusOfHost, WhenTheListOfCardsCannotBeReadThatIsStated) {
  host.write("sys/class/drm", "not a folder");
  const auto readings = gpus.finish({});
  ASSERT_TRUE(readings);
  EXPECT_FALSE(readings->devices);
  EXPECT_EQ(readings->conditions.size(), 1U);
}

}  // namespace
}  // namespace wemol::amd
