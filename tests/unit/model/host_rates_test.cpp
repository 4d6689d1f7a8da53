#include "host_rates.h"

#include <gtest/gtest.h>

namespace wemol {
namespace {

using namespace std::chrono_literals;

/// Two readings of one host, two seconds apart.
class HostRates : public testing::Test {
 protected:
  HostRates() {
    before.measured_at = std::chrono::steady_clock::time_point(100s);
    now.measured_at = before.measured_at + 2s;
  }
  [[nodiscard]] HostSample sample() const { return host_sample(now, &before); }

  HostFacts before;
  HostFacts now;
};

TEST_F(HostRates, CpusAreBusyForTheirShareOfTheTime) {
  before.cpu.times = CpuTimes{1000, 5000};
  now.cpu.times = CpuTimes{1100, 5400};
  before.cpu.cores = {{.id = 0, .times = {100, 500}}, {.id = 2, .times = {0, 500}}};
  now.cpu.cores = {{.id = 1, .times = {1, 2}}, {.id = 2, .times = {50, 600}}};
  EXPECT_EQ(sample().cpu_usage_percent, 25);
  ASSERT_EQ(sample().cores.size(), 2U);
  EXPECT_EQ(sample().cores[0].id, 1U);
  EXPECT_FALSE(sample().cores[0].usage_percent) << "it was offline before";
  EXPECT_EQ(sample().cores[1].usage_percent, 50);
  EXPECT_EQ(sample().rates_cover, 2s);
}

TEST_F(HostRates, CpuWhoseTimeHasFallenHasNoUsage) {
  before.cpu.times = CpuTimes{1000, 5000};
  now.cpu.times = CpuTimes{999, 5400};
  EXPECT_FALSE(sample().cpu_usage_percent);
  now.cpu.times = CpuTimes{1000, 4999};
  EXPECT_FALSE(sample().cpu_usage_percent);
  now.cpu.times = CpuTimes{1000, 5000};
  EXPECT_FALSE(sample().cpu_usage_percent) << "no time has passed";
}

TEST_F(HostRates, CpuIsNeverBusierThanTime) {
  before.cpu.times = CpuTimes{1000, 5000};
  now.cpu.times = CpuTimes{1010, 5009};  // idle fell back by a tick
  EXPECT_EQ(sample().cpu_usage_percent, 100);
}

TEST_F(HostRates, DisksAreSummedUp) {
  before.disks = {{.name = "sda", .read_bytes = 1000, .written_bytes = 0, .reads = 1, .writes = 2},
                  {.name = "sdb", .read_bytes = 500, .written_bytes = 10, .reads = 5, .writes = 0}};
  now.disks = {{.name = "sdb", .read_bytes = 700, .written_bytes = 30, .reads = 7, .writes = 4},
               {.name = "sda", .read_bytes = 3000, .written_bytes = 4, .reads = 2, .writes = 3}};
  EXPECT_EQ(sample().disk_read_bytes_per_second, (200 + 2000) / 2);
  EXPECT_EQ(sample().disk_written_bytes_per_second, (20 + 4) / 2);
  EXPECT_EQ(sample().disk_operations_per_second, (2 + 4 + 1 + 1) / 2);
}

TEST_F(HostRates, DevicesThatAreNotInBothDoNotCount) {
  before.interfaces = {{.name = "eth0", .received_bytes = 10},
                       {.name = "gone", .received_bytes = 9}};
  now.interfaces = {{.name = "eth0", .received_bytes = 30},
                    {.name = "new", .received_bytes = 1000000}};
  EXPECT_EQ(sample().network_received_bytes_per_second, 10);
  now.interfaces->clear();
  EXPECT_EQ(sample().network_received_bytes_per_second, 0);
}

TEST_F(HostRates, CounterThatHasFallenMakesItsRateAbsentAndNoOther) {
  before.interfaces = {{.name = "eth0", .received_bytes = 10, .sent_bytes = 50, .sent_packets = 5},
                       {.name = "eth1", .received_bytes = 10, .sent_bytes = 0}};
  now.interfaces = {{.name = "eth0", .received_bytes = 30, .sent_bytes = 49, .sent_packets = 9},
                    {.name = "eth1", .received_bytes = 10, .sent_bytes = 7000}};
  EXPECT_EQ(sample().network_received_bytes_per_second, 10);
  EXPECT_FALSE(sample().network_sent_bytes_per_second);
  EXPECT_EQ(sample().network_sent_packets_per_second, 2);
  EXPECT_EQ(sample().network_received_packets_per_second, 0);
}

TEST_F(HostRates, AreAbsentInTheFirstSample) {
  now.cpu.times = CpuTimes{1, 2};
  now.disks = {{.name = "sda", .read_bytes = 5}};
  now.interfaces = {{.name = "eth0", .received_bytes = 5}};
  now.cpu.load_averages = {1, 2, 3};
  const HostSample first = host_sample(now, nullptr);
  EXPECT_FALSE(first.rates_cover);
  EXPECT_FALSE(first.cpu_usage_percent);
  EXPECT_FALSE(first.disk_read_bytes_per_second);
  EXPECT_FALSE(first.network_received_bytes_per_second);
  EXPECT_EQ(first.load_averages, (std::array{1.0, 2.0, 3.0}));
}

TEST_F(HostRates, AreAbsentWhereOneReadingLacksTheCounters) {
  now.cpu.times = CpuTimes{1, 2};
  now.disks.emplace();
  EXPECT_FALSE(sample().cpu_usage_percent);
  EXPECT_FALSE(sample().disk_operations_per_second);
}

TEST_F(HostRates, AreAbsentWhenNoTimeHasPassed) {
  before.disks = {{.name = "sda", .read_bytes = 5}};
  now.disks = {{.name = "sda", .read_bytes = 9}};
  now.measured_at = before.measured_at;
  EXPECT_FALSE(sample().disk_read_bytes_per_second);
}

TEST_F(HostRates, MemoryUsedIsWhatIsNotAvailable) {
  now.memory.total_bytes = 1000;
  now.memory.available_bytes = 250;
  now.memory.swap_total_bytes = 100;
  now.memory.swap_free_bytes = 60;
  now.memory.cgroup_limit_bytes = 500;
  EXPECT_EQ(sample().memory_used_bytes, 750U);
  EXPECT_EQ(sample().memory_usage_percent, 75);
  EXPECT_EQ(sample().swap_used_bytes, 40U);
  EXPECT_EQ(sample().swap_usage_percent, 40);
  EXPECT_EQ(sample().memory.cgroup_limit_bytes, 500U);
  now.memory.available_bytes = std::nullopt;
  EXPECT_FALSE(sample().memory_used_bytes);
  now.memory.swap_total_bytes = now.memory.swap_free_bytes = 0;
  EXPECT_EQ(sample().swap_usage_percent, 0);
}

TEST_F(HostRates, DiskSpaceIsThatOfThisHostsDisks) {
  now.file_systems = {
      {.mount_point = "/", .total_bytes = 1000, .used_bytes = 600, .available_bytes = 300},
      {.mount_point = "/d", .total_bytes = 500, .used_bytes = 100, .available_bytes = 400},
      {.mount_point = "/nfs",
       .is_network = true,
       .total_bytes = 9000,
       .used_bytes = 1,
       .available_bytes = 1}};
  EXPECT_EQ(sample().disk_total_bytes, 1500U);
  EXPECT_EQ(sample().disk_used_bytes, 700U);
  EXPECT_EQ(sample().disk_usage_percent, 50) << "of what can be used, as df has it";
  EXPECT_EQ(sample().file_systems->size(), 3U);
}

TEST_F(HostRates, FileSystemsOfOnePoolShareWhatItHasLeft) {
  now.file_systems = {
      {.mount_point = "/tank",
       .pool = "tank",
       .total_bytes = 710,
       .used_bytes = 10,
       .available_bytes = 700},
      {.mount_point = "/tank/a",
       .pool = "tank",
       .total_bytes = 900,
       .used_bytes = 200,
       .available_bytes = 700},
      {.mount_point = "/", .total_bytes = 100, .used_bytes = 50, .available_bytes = 50}};
  EXPECT_EQ(sample().disk_total_bytes, 10U + 200 + 700 + 100);
  EXPECT_EQ(sample().disk_used_bytes, 260U);
}

TEST_F(HostRates, WithoutAnyDiskItsSpaceIsAbsent) {
  now.file_systems.emplace();
  EXPECT_FALSE(sample().disk_total_bytes);
  EXPECT_FALSE(sample().disk_usage_percent);
}

}  // namespace
}  // namespace wemol
