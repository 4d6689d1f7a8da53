#include "host_reader.h"

#include <atomic>
#include <functional>
#include <memory>
#include <thread>

#include <gtest/gtest.h>

#include "fake_clock.h"
#include "gate.h"
#include "host_tree.h"

namespace wemol::host {
namespace {

using namespace std::chrono_literals;

class HostReaderOfATree : public testing::Test {
 protected:
  HostReaderOfATree() {
    tree.write("proc/stat", "cpu  30 0 0 70 0 0 0 0 0 0\ncpu0 30 0 0 70 0 0 0 0 0 0\nintr 1\n");
    tree.write("proc/meminfo", "MemTotal: 1000 kB\nMemAvailable: 400 kB\n");
    tree.write("proc/loadavg", "0.50 0.25 0.10 1/7 99\n");
    tree.write("proc/diskstats",
               "8 0 sda 1 0 8 0 2 0 16\n8 1 sda1 1 0 8 0 2 0 16\n7 0 loop0 1 0 8 0 0 0 0\n");
    tree.add_disk("sda");
    tree.add_virtual_block_device("loop0");
    tree.write("proc/self/mountinfo",
               "28 1 8:1 / / rw - ext4 /dev/sda1 rw\n29 28 0:40 / /nfs rw - nfs server:/ rw\n"
               "30 28 7:0 / /image rw - ext4 /dev/loop0 rw\n");
    tree.link("sys/dev/block/7:0", "../../devices/virtual/block/loop0");
    tree.write("proc/self/net/dev",
               "h\nh\n lo: 9 9 0 0 0 0 0 0 9 9 0\neth0: 1 2 0 0 0 0 0 0 3 4 0\n");
    tree.add_physical_interface("eth0");
    tree.add_interface("lo", "0x9");
    tree.write("proc/self/net/snmp", "Tcp: CurrEstab\nTcp: 17\n");
    tree.write("proc/pressure/io", "some avg10=1.50 x\nfull avg10=0.25 x\n");
    tree.add_cpu(0, 0, 0, "0");
    tree.set_frequency(0, 2000000);
    tree.add_hwmon(0, "coretemp", "platform/coretemp.0");
    tree.add_temperature(0, 1, "Package id 0", 50000);
    tree.add_temperature(0, 2, "Core 0", 48000);
  }

  [[nodiscard]] static std::optional<Space> space_of(const std::string& mount_point) {
    return mount_point == "/" ? Space{1000, 600, 300} : Space{5000, 1, 2};
  }
  /// Reads until all answers are there that are to come: a thread gives them.
  [[nodiscard]] HostFacts read_until(HostReader& reader,
                                     const std::function<bool(const HostFacts&)>& is_whole) {
    while (true) {
      HostFacts facts = reader.read(clock);
      if (is_whole(facts)) {
        return facts;
      }
      std::this_thread::yield();
    }
  }
  static bool has_all(const HostFacts& facts) {
    return facts.file_systems && facts.file_systems->size() == 2 && facts.cpu.temperature_celsius;
  }

  test::HostTree tree;
  test::FakeClock clock;
};

/// The kernel's idle time does; who takes rates of a counter takes that for a new begin.
TEST_F(HostReaderOfATree, TheCpusTimesDoNotFallBack) {
  HostReader reader(tree.root(), space_of);
  (void)reader.read(clock);
  tree.write("proc/stat", "cpu  31 0 0 69 0 0 0 0 0 0\ncpu0 31 0 0 69 0 0 0 0 0 0\nintr 1\n");
  const HostFacts facts = reader.read(clock);
  EXPECT_EQ(facts.cpu.times->busy_ticks, 31U);
  EXPECT_EQ(facts.cpu.times->total_ticks, 101U);
  EXPECT_EQ(facts.cpu.cores.at(0).times.total_ticks, 101U);
}

TEST_F(HostReaderOfATree, StatesWhatTheFilesSay) {
  HostReader reader(tree.root(), space_of);
  const HostFacts facts = read_until(reader, has_all);
  EXPECT_EQ(facts.read_at, clock.wall);
  EXPECT_EQ(facts.measured_at, clock.steady);
  EXPECT_EQ(facts.cpu.times->busy_ticks, 30U);
  ASSERT_EQ(facts.cpu.cores.size(), 1U);
  EXPECT_EQ(facts.cpu.cores[0].frequency_mhz, 2000);
  EXPECT_EQ(facts.cpu.cores[0].temperature_celsius, 48);
  EXPECT_EQ(facts.cpu.temperature_celsius, 50);
  EXPECT_EQ(facts.cpu.load_averages, (std::array{0.5, 0.25, 0.1}));
  EXPECT_EQ(facts.cpu.threads, 7U);
  EXPECT_EQ(facts.memory.total_bytes, 1024000U);
  EXPECT_FALSE(facts.memory.cgroup_limit_bytes);
  ASSERT_EQ(facts.disks->size(), 1U);
  EXPECT_EQ(facts.disks->front().name, "sda");
  ASSERT_EQ(facts.interfaces->size(), 1U);
  EXPECT_EQ(facts.interfaces->front().name, "eth0");
  EXPECT_EQ(facts.tcp_connections, 17U);
  EXPECT_EQ(facts.io_pressure.some_percent, 1.5);
  EXPECT_FALSE(facts.cpu_pressure.some_percent);
  EXPECT_EQ(facts.file_systems->at(0).mount_point, "/");
  EXPECT_EQ(facts.file_systems->at(0).used_bytes, 600U);
  EXPECT_EQ(facts.file_systems->at(0).available_bytes, 300U);
  EXPECT_TRUE(facts.file_systems->at(1).is_network);
}

TEST_F(HostReaderOfATree, ReadsTheOpenFilesAnew) {
  HostReader reader(tree.root(), space_of);
  (void)reader.read(clock);
  tree.write("proc/stat", "cpu  31 0 0 70 0 0 0 0 0 0\ncpu0 31 0 0 70 0 0 0 0 0 0\nintr 1\n");
  tree.write("proc/diskstats", "8 0 sda 2 0 8 0 2 0 16\n");
  EXPECT_EQ(reader.read(clock).cpu.times->busy_ticks, 31U);
  EXPECT_EQ(reader.read(clock).disks->front().reads, 2U);
}

TEST_F(HostReaderOfATree, FileSystemThatHangsIsAbsentAndTheOthersAreNot) {
  const test::Gate gate;
  const SpaceOf hanging = [gate](const std::string& mount_point) -> std::optional<Space> {
    if (mount_point == "/nfs") {
      gate.pass();
    }
    return Space{1000, 600, 300};
  };
  HostReader reader(tree.root(), hanging);
  const auto has_root = [](const HostFacts& facts) { return facts.file_systems.has_value(); };
  EXPECT_EQ(read_until(reader, has_root).file_systems->size(), 1U);
  gate.open();
  EXPECT_EQ(read_until(reader, has_all).file_systems->size(), 2U);
  gate.close();
  clock.pass(FileSystemReader::kEvery);
  (void)reader.read(clock);
  gate.wait_for_one();
  clock.pass(FileSystemReader::kEvery);
  const auto without_nfs = [](const HostFacts& facts) { return facts.file_systems->size() == 1; };
  EXPECT_EQ(read_until(reader, without_nfs).file_systems->front().mount_point, "/");
  gate.open();
}

TEST_F(HostReaderOfATree, SpaceAndSensorsAreAskedForSeldom) {
  const auto asked = std::make_shared<std::atomic<int>>(0);
  const SpaceOf counting = [asked](const std::string& /*mount_point*/) {
    ++*asked;
    return std::optional(Space{1000, 600, 300});
  };
  HostReader reader(tree.root(), counting);
  (void)read_until(reader, has_all);
  tree.add_temperature(0, 1, "Package id 0", 60000);
  EXPECT_EQ(reader.read(clock).cpu.temperature_celsius, 50);
  EXPECT_EQ(*asked, 2);
  clock.pass(SensorReader::kEvery);
  (void)read_until(reader, [](const auto& facts) { return facts.cpu.temperature_celsius == 60.0; });
  EXPECT_EQ(*asked, 2);
  clock.pass(FileSystemReader::kEvery);
  (void)reader.read(clock);
  while (*asked < 4) {
    std::this_thread::yield();
  }
}

TEST_F(HostReaderOfATree, NewDisksAreLookedUpAndOldOnesNowAndThen) {
  HostReader reader(tree.root(), space_of);
  EXPECT_EQ(reader.read(clock).disks->size(), 1U);
  tree.add_disk("sdb");
  tree.write("proc/diskstats", "8 0 sda 1 0 8 0 2 0 16\n8 16 sdb 1 0 8 0 2 0 16\n");
  EXPECT_EQ(reader.read(clock).disks->size(), 2U);
  tree.remove("sys/block/sda");
  EXPECT_EQ(reader.read(clock).disks->size(), 2U);
  clock.pass(HostReader::kDevicesEvery);
  EXPECT_EQ(reader.read(clock).disks->size(), 1U);
}

TEST_F(HostReaderOfATree, HostThatDeniesEverythingHasNoFactsAndNoZeros) {
  const test::HostTree empty;
  HostReader reader(empty.root(), space_of);
  const HostFacts facts = reader.read(clock);
  EXPECT_FALSE(facts.cpu.times);
  EXPECT_TRUE(facts.cpu.cores.empty());
  EXPECT_FALSE(facts.cpu.load_averages);
  EXPECT_FALSE(facts.cpu.processes);
  EXPECT_FALSE(facts.memory.total_bytes);
  EXPECT_FALSE(facts.disks);
  EXPECT_FALSE(facts.file_systems);
  EXPECT_FALSE(facts.interfaces);
  EXPECT_FALSE(facts.tcp_connections);
  EXPECT_FALSE(facts.io_pressure.some_percent);
}

TEST_F(HostReaderOfATree, WithoutSysNobodyTellsWhatADiskIs) {
  tree.remove("sys");
  HostReader reader(tree.root(), space_of);
  EXPECT_FALSE(reader.read(clock).disks);
}

TEST_F(HostReaderOfATree, SystemInfoHasWhatStays) {
  tree.write("proc/cpuinfo", "model name : A CPU\n");
  tree.write("sys/devices/system/cpu/online", "0-1\n");
  tree.add_cpu(1, 0, 0, "0-1");
  tree.add_cpu(0, 0, 0, "0-1");
  HostReader reader(tree.root(), space_of);
  (void)read_until(reader, has_all);
  const SystemInfo info = reader.system_info();
  EXPECT_EQ(info.cpu_model, "A CPU");
  EXPECT_EQ(info.cpu_cores, 1U);
  EXPECT_EQ(info.cpu_threads, 2U);
  EXPECT_EQ(info.memory_total_bytes, 1024000U);
  EXPECT_EQ(info.disk_total_bytes, 1000U) << "without the network's";
  EXPECT_FALSE(info.platform.empty());
  EXPECT_FALSE(info.hostname.empty());
}

class Processes : public testing::Test {
 protected:
  [[nodiscard]] std::optional<std::uint64_t> count(std::optional<std::uint64_t> threads = 100) {
    return counter.read(clock.steady, threads);
  }

  test::HostTree tree;
  test::FakeClock clock;
  ProcessCount counter{tree.root() / "proc"};
};

TEST_F(Processes, AreCounted) {
  for (const char* name : {"1", "27", "4711", "sys", "pressure"}) {
    tree.make_folder(std::string("proc/") + name);
  }
  tree.write("proc/stat", "");
  tree.link("proc/self", "4711");
  EXPECT_EQ(count(), 3U);
  tree.make_folder("proc/4712");
  EXPECT_EQ(count(), 4U);
}

TEST_F(Processes, AreAsManyAsThereAreThreadsAtMost) {
  tree.make_folder("proc/1");
  EXPECT_EQ(count(), 1U);
  for (const char* name : {"a", "b", "c"}) {
    tree.make_folder(std::string("proc/") + name);  // not known yet
  }
  EXPECT_EQ(count(2), 1U);
}

TEST_F(Processes, AreUnknownWithoutProc) {
  EXPECT_FALSE(count());
}

}  // namespace
}  // namespace wemol::host
