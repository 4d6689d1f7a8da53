#include "cgroup_counters.h"

#include <cerrno>

#include <gtest/gtest.h>

#include "declared_cgroup.h"
#include "open_files_limit.h"

namespace wemol::cgroup {
namespace {

using namespace std::chrono_literals;
using test::fixture;

constexpr std::uint64_t kHostMemoryBytes = std::uint64_t{64} << 30;
constexpr SteadyTime now(1h);

class CountersOfV1 : public testing::Test {
 protected:
  CountersOfV1() {
    group.write("cpuacct", "cpuacct.usage", "692481662123\n");
    group.write("memory", "memory.usage_in_bytes", "1000000\n");
    group.write("memory", "memory.stat", "inactive_file 100\ntotal_inactive_file 400000\n");
    group.write("memory", "memory.limit_in_bytes", "536870912\n");
    group.write("blkio", "blkio.throttle.io_service_bytes",
                fixture("cgroup/v1_blkio.throttle.io_service_bytes.txt"));
    group.write("pids", "pids.current", "387\n");
  }
  [[nodiscard]] Result<Counters> open() const {
    return Counters::open(group.folders(), kHostMemoryBytes);
  }
  [[nodiscard]] Reading read() const { return open().value().read(now).value(); }

  test::DeclaredCgroup group{false};
};

TEST_F(CountersOfV1, HaveEveryValue) {
  const Reading reading = read();
  EXPECT_EQ(reading.cpu_used, 692481662123ns);
  EXPECT_EQ(reading.memory_used_bytes, 600000U);
  EXPECT_EQ(reading.memory_limit_bytes, 536870912U);
  EXPECT_EQ(reading.block->read, 12300288U);
  EXPECT_EQ(reading.block->written, 4096U);
  EXPECT_EQ(reading.pids, 387U);
}

TEST_F(CountersOfV1, AreReadAnewFromTheOpenFiles) {
  auto counters = open();
  ASSERT_TRUE(counters->read(now));
  group.write("cpuacct", "cpuacct.usage", "5\n");
  group.write("memory", "memory.usage_in_bytes", "400001\n");
  group.write("pids", "pids.current", "1\n");
  const auto reading = counters->read(now);
  EXPECT_EQ(reading->cpu_used, 5ns);
  EXPECT_EQ(reading->memory_used_bytes, 1U);
  EXPECT_EQ(reading->pids, 1U);
}

TEST_F(CountersOfV1, LimitIsReadAgainAfterAWhileOrWhenItIsSaidToHaveChanged) {
  auto counters = open();
  const auto limit_at = [&](SteadyTime time) { return counters->read(time)->memory_limit_bytes; };
  EXPECT_EQ(limit_at(now), 536870912U);
  group.write("memory", "memory.limit_in_bytes", "1000000\n");
  EXPECT_EQ(limit_at(now + Counters::kLimitLastsFor - 1ns), 536870912U);
  EXPECT_EQ(limit_at(now + Counters::kLimitLastsFor), 1000000U);
  group.write("memory", "memory.limit_in_bytes", "2000000\n");
  counters->limit_has_changed();
  EXPECT_EQ(limit_at(now + Counters::kLimitLastsFor), 2000000U);
}

TEST_F(CountersOfV1, LimitThatCannotBeReadIsAbsentUntilItCan) {
  group.write("memory", "memory.limit_in_bytes", "");
  auto counters = open();
  EXPECT_FALSE(counters->read(now)->memory_limit_bytes);
  group.write("memory", "memory.limit_in_bytes", "1000000\n");
  EXPECT_EQ(counters->read(now)->memory_limit_bytes, 1000000U);
}

TEST_F(CountersOfV1, CpuTimeThatCannotBeIsNoReading) {
  group.write("cpuacct", "cpuacct.usage", "9223372036854775807\n");
  EXPECT_EQ(read().cpu_used, std::chrono::nanoseconds::max());
  group.write("cpuacct", "cpuacct.usage", "9223372036854775808\n");
  EXPECT_FALSE(open()->read(now));
}

TEST_F(CountersOfV1, NoLimitIsTheHostsMemory) {
  group.write("memory", "memory.limit_in_bytes",
              fixture("cgroup/v1_memory.limit_in_bytes_unlimited.txt"));
  EXPECT_EQ(read().memory_limit_bytes, kHostMemoryBytes);
}

TEST_F(CountersOfV1, CacheLargerThanTheUsageFallsToTheGroupsOwn) {
  group.write("memory", "memory.usage_in_bytes", "300000\n");
  EXPECT_EQ(read().memory_used_bytes, 299900U);
}

TEST_F(CountersOfV1, IdleGroupHasReadAndWrittenNothing) {
  group.write("blkio", "blkio.throttle.io_service_bytes", fixture("cgroup/v1_blkio_idle.txt"));
  ASSERT_TRUE(read().block);
  EXPECT_EQ(read().block->read, 0U);
  EXPECT_EQ(read().block->written, 0U);
}

TEST_F(CountersOfV1, FileOfTheCfqSchedulerIsPreferredWhenItHoldsData) {
  group.write("blkio", "blkio.io_service_bytes_recursive",
              "8:0 Read 7\n8:0 Write 8\n8:0 Total 15\nTotal 15\n");
  EXPECT_EQ(read().block->read, 7U);
  EXPECT_EQ(read().block->written, 8U);
}

TEST_F(CountersOfV1, EmptyFileOfTheCfqSchedulerIsPassedOver) {
  group.write("blkio", "blkio.io_service_bytes_recursive", fixture("cgroup/v1_blkio_idle.txt"));
  EXPECT_EQ(read().block->read, 12300288U);
}

TEST_F(CountersOfV1, MissingControllersAreAbsentAndNot0) {
  std::filesystem::remove_all(group.path("memory", ""));
  std::filesystem::remove_all(group.path("blkio", ""));
  std::filesystem::remove_all(group.path("pids", ""));
  Folders folders = group.folders();
  for (int round = 0; round < 2; ++round) {
    auto counters = Counters::open(folders, kHostMemoryBytes);
    ASSERT_TRUE(counters);
    const auto reading = counters->read(now);
    EXPECT_EQ(reading->cpu_used, 692481662123ns);
    EXPECT_FALSE(reading->memory_used_bytes);
    EXPECT_FALSE(reading->memory_limit_bytes);
    EXPECT_FALSE(reading->block);
    EXPECT_FALSE(reading->pids);
    folders.memory = folders.block_io = folders.pids = std::nullopt;  // not even mounted
  }
}

TEST_F(CountersOfV1, UsageWithoutStatIsTheWholeUsage) {
  std::filesystem::remove(group.path("memory", "memory.stat"));
  EXPECT_EQ(read().memory_used_bytes, 1000000U);
}

TEST_F(CountersOfV1, LifeHasThePeakAndTheKills) {
  group.write("memory", "memory.max_usage_in_bytes", "20971520\n");
  group.write("memory", "memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n");
  const LifeReading life = open()->read_life();
  EXPECT_EQ(life.memory_peak_bytes, 20971520U);
  EXPECT_EQ(life.out_of_memory_kills, 2U);
}

TEST_F(CountersOfV1, LifeOfWhichTheKernelKeepsNothingIsAbsent) {
  const LifeReading life = open()->read_life();
  EXPECT_FALSE(life.memory_peak_bytes);
  EXPECT_FALSE(life.out_of_memory_kills);
}

TEST_F(CountersOfV1, GroupThatIsGoneHasNoReading) {
  auto counters = open();
  group.take_away_cpu();
  EXPECT_FALSE(counters->read(now));
}

TEST_F(CountersOfV1, WithoutTheCpusCounterThereAreNone) {
  Folders folders = group.folders();
  folders.cpu = std::nullopt;
  EXPECT_FALSE(Counters::open(folders, kHostMemoryBytes));
  std::filesystem::remove(group.path("cpuacct", "cpuacct.usage"));
  auto counters = open();
  ASSERT_FALSE(counters);
  EXPECT_EQ(counters.error().code, ENOENT);
  EXPECT_NE(counters.error().message.find("cpuacct.usage"), std::string::npos);
}

TEST_F(CountersOfV1, UsedUpDescriptorsAreAnErrorAndNotAMissingController) {
  {
    const test::OpenFilesLimit limit(0);
    auto counters = open();
    ASSERT_FALSE(counters);
    EXPECT_EQ(counters.error().code, EMFILE);
  }
  EXPECT_TRUE(open());
}

class CountersOfV2 : public testing::Test {
 protected:
  CountersOfV2() {
    write("cpu.stat", fixture("cgroup/v2_cpu.stat.txt"));
    write("memory.current", "764411904\n");
    write("memory.stat", fixture("cgroup/v2_memory.stat.txt"));
    write("memory.max", "max\n");
    write("io.stat", fixture("cgroup/v2_io.stat.txt"));
    write("pids.current", "387\n");
  }
  void write(const std::string& file, const std::string& text) const {
    group.write("", file, text);
  }
  void remove(const std::string& file) const { std::filesystem::remove(group.path("", file)); }
  [[nodiscard]] Reading read() const {
    return Counters::open(group.folders(), kHostMemoryBytes).value().read(now).value();
  }

  test::DeclaredCgroup group{true};
};

TEST_F(CountersOfV2, HaveEveryValue) {
  const Reading reading = read();
  EXPECT_EQ(reading.cpu_used, 692481662us);
  EXPECT_EQ(reading.memory_used_bytes, 764411904U - 524288000U);
  EXPECT_EQ(reading.memory_limit_bytes, kHostMemoryBytes) << "of no limit";
  EXPECT_EQ(reading.block->read, 24600576U);
  EXPECT_EQ(reading.block->written, 8192U);
  EXPECT_EQ(reading.pids, 387U);
}

TEST_F(CountersOfV2, CpuTimeThatCannotBeIsNoReading) {
  write("cpu.stat", "usage_usec 9223372036854775\n");
  EXPECT_EQ(read().cpu_used, 9223372036854775us);
  write("cpu.stat", "usage_usec 9223372036854776\n");
  EXPECT_FALSE(Counters::open(group.folders(), kHostMemoryBytes)->read(now));
}

TEST_F(CountersOfV2, LimitIsThatOfTheGroupOrTheHostsMemory) {
  write("memory.max", "536870912\n");
  EXPECT_EQ(read().memory_limit_bytes, 536870912U);
  write("memory.max", std::to_string(kHostMemoryBytes + 1) + "\n");
  EXPECT_EQ(read().memory_limit_bytes, kHostMemoryBytes);
}

TEST_F(CountersOfV2, IdleGroupHasReadAndWrittenNothing) {
  write("io.stat", "");
  ASSERT_TRUE(read().block);
  EXPECT_EQ(read().block->read, 0U);
}

TEST_F(CountersOfV2, MissingControllersAreAbsentAndNot0) {
  for (const char* file :
       {"memory.current", "memory.stat", "memory.max", "io.stat", "pids.current"}) {
    remove(file);
  }
  const Reading reading = read();
  EXPECT_EQ(reading.cpu_used, 692481662us);
  EXPECT_FALSE(reading.memory_used_bytes);
  EXPECT_FALSE(reading.memory_limit_bytes);
  EXPECT_FALSE(reading.block);
  EXPECT_FALSE(reading.pids);
}

TEST_F(CountersOfV2, CacheLargerThanTheUsageIsNotTakenOff) {
  write("memory.current", "1000\n");
  EXPECT_EQ(read().memory_used_bytes, 1000U);
}

TEST_F(CountersOfV2, FilesOfTheCfqSchedulerAreNoneOfV2) {
  write("blkio.io_service_bytes_recursive", "8:0 Read 7\n");
  EXPECT_EQ(read().block->read, 24600576U);
}

TEST_F(CountersOfV2, LifeHasThePeakAndTheKills) {
  group.write("memory", "memory.peak", "20971520\n");
  group.write("memory", "memory.events", "low 0\nhigh 0\nmax 7\noom 3\noom_kill 1\n");
  const LifeReading life = Counters::open(group.folders(), kHostMemoryBytes)->read_life();
  EXPECT_EQ(life.memory_peak_bytes, 20971520U);
  EXPECT_EQ(life.out_of_memory_kills, 1U);
}

TEST_F(CountersOfV2, GroupThatIsGoneHasNoReading) {
  auto counters = Counters::open(group.folders(), kHostMemoryBytes);
  ASSERT_TRUE(counters->read(now));
  group.take_away_cpu();
  EXPECT_FALSE(counters->read(now));
}

}  // namespace
}  // namespace wemol::cgroup
