#include "container_run.h"

#include <gtest/gtest.h>

#include "declared_cgroup.h"
#include "fake_clock.h"

namespace wemol::native {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kHostMemoryBytes = std::uint64_t{64} << 30;

/// A run whose files say "first" values until the test changes them.
class Run : public testing::Test {
 protected:
  Run() {
    use("1000000000", "5000", "3");
    group.write("memory", "memory.limit_in_bytes", "9000\n");
    group.write("blkio", "blkio.throttle.io_service_bytes", "8:0 Read 10\n8:0 Write 20\n");
    set_network("eth0: 100 1 0 0 0 0 0 0 200 1 0 0 0 0 0 0\n");
  }
  void use(const std::string& cpu, const std::string& memory, const std::string& pids) const {
    group.write("cpuacct", "cpuacct.usage", cpu + "\n");
    group.write("memory", "memory.usage_in_bytes", memory + "\n");
    group.write("pids", "pids.current", pids + "\n");
  }
  void set_network(const std::string& text) const { group.write("net", "dev", text); }
  /// As the end of the container leaves its files.
  void end_container() const {
    use("2500000000", "0", "0");
    group.write("blkio", "blkio.throttle.io_service_bytes", "8:0 Read 11\n8:0 Write 22\n");
    set_network("lo: 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n");
  }
  [[nodiscard]] ContainerRun open(bool has_network = true) const {
    std::optional<PersistentFile> network;
    if (has_network) {
      network = std::move(*PersistentFile::open(group.path("net", "dev")));
    }
    return {cgroup::Counters::open(group.folders(), kHostMemoryBytes).value(), std::move(network),
            began_at};
  }

  test::DeclaredCgroup group{false};
  test::FakeClock clock;
  SteadyTime began_at = clock.steady - 4s;
};

TEST_F(Run, ReadingHasEveryValueAndItsTime) {
  const auto stats = open().read(clock);
  ASSERT_TRUE(stats);
  EXPECT_EQ(stats->read_at, clock.wall);
  ASSERT_TRUE(stats->cpu_counter);
  EXPECT_EQ(stats->cpu_counter->used, 1s);
  EXPECT_EQ(stats->cpu_counter->read_at, clock.steady);
  EXPECT_EQ(stats->cpu_counter->began_at, began_at);
  EXPECT_EQ(stats->memory_used_bytes, 5000U);
  EXPECT_EQ(stats->memory_limit_bytes, 9000U);
  EXPECT_EQ(stats->block_read_bytes, 10U);
  EXPECT_EQ(stats->block_written_bytes, 20U);
  EXPECT_EQ(stats->network_received_bytes, 100U);
  EXPECT_EQ(stats->network_sent_bytes, 200U);
  EXPECT_EQ(stats->pids, 3U);
  EXPECT_FALSE(stats->cpu_percent) << "the model derives it";
  EXPECT_FALSE(stats->memory_percent);
  EXPECT_FALSE(stats->printed);
}

TEST_F(Run, ContainerWithoutNetworkHasNoTraffic) {
  const auto stats = open(false).read(clock);
  EXPECT_EQ(stats->network_received_bytes, 0U);
  EXPECT_EQ(stats->network_sent_bytes, 0U);
}

TEST_F(Run, NetworkThatCannotBeReadIsAbsent) {
  ContainerRun run(cgroup::Counters::open(group.folders(), kHostMemoryBytes).value(),
                   PersistentFile(), began_at);
  const auto stats = run.read(clock);
  ASSERT_TRUE(stats);
  EXPECT_FALSE(stats->network_received_bytes);
  EXPECT_FALSE(stats->network_sent_bytes);
}

TEST_F(Run, MissingControllersAreAbsent) {
  std::filesystem::remove_all(group.path("memory", ""));
  std::filesystem::remove_all(group.path("blkio", ""));
  const auto stats = open().read(clock);
  EXPECT_FALSE(stats->memory_used_bytes);
  EXPECT_FALSE(stats->block_read_bytes);
  EXPECT_FALSE(stats->block_written_bytes);
}

TEST_F(Run, WhoseGroupIsGoneHasNoReading) {
  ContainerRun run = open();
  group.take_away_cpu();
  EXPECT_FALSE(run.read(clock));
}

TEST_F(Run, LastStateHasTheFinalCountersAndTheMemoryAndPidsOfTheReadingBefore) {
  ContainerRun run = open();
  (void)run.read(clock);
  end_container();
  clock.pass(2s);
  clock.wall += 2s;
  const auto last = run.read_last(clock);
  EXPECT_FALSE(last.came_too_late);
  ASSERT_TRUE(last.stats);
  EXPECT_EQ(last.stats->cpu_counter->used, 2500ms);
  EXPECT_EQ(last.stats->cpu_counter->read_at, clock.steady);
  EXPECT_EQ(last.stats->read_at, clock.wall);
  EXPECT_EQ(last.stats->block_read_bytes, 11U);
  EXPECT_EQ(last.stats->block_written_bytes, 22U);
  EXPECT_EQ(last.stats->memory_used_bytes, 5000U);
  EXPECT_EQ(last.stats->memory_limit_bytes, 9000U);
  EXPECT_EQ(last.stats->pids, 3U);
}

TEST_F(Run, NetworkDoesNotFallWhenTheEndTakesTheInterfacesAway) {
  ContainerRun run = open();
  (void)run.read(clock);
  end_container();
  const auto last = run.read_last(clock);
  EXPECT_EQ(last.stats->network_received_bytes, 100U);
  EXPECT_EQ(last.stats->network_sent_bytes, 200U);
}

TEST_F(Run, NetworkThatGrewUntilTheEndIsInTheLastState) {
  ContainerRun run = open();
  (void)run.read(clock);
  set_network("eth0: 150 1 0 0 0 0 0 0 250 1 0 0 0 0 0 0\n");
  const auto last = run.read_last(clock);
  EXPECT_EQ(last.stats->network_received_bytes, 150U);
  EXPECT_EQ(last.stats->network_sent_bytes, 250U);
}

TEST_F(Run, LastStateIsTakenAlsoWhenTheReadingBeforeIsOnRecord) {
  ContainerRun run = open();
  (void)run.read(clock);
  run.mark_recorded();
  end_container();
  const auto last = run.read_last(clock);
  ASSERT_TRUE(last.stats);
  EXPECT_EQ(last.stats->cpu_counter->used, 2500ms);
}

TEST_F(Run, LastStateWithoutAReadingBeforeIsWhatIsLeft) {
  const auto last = open().read_last(clock);
  ASSERT_TRUE(last.stats);
  EXPECT_FALSE(last.came_too_late);
  EXPECT_EQ(last.stats->memory_used_bytes, 5000U);
}

TEST_F(Run, TooLateIsTheReadingBeforeTheLastState) {
  ContainerRun run = open();
  const auto before = run.read(clock);
  clock.wall += 2s;
  group.take_away_cpu();
  const auto last = run.read_last(clock);
  EXPECT_TRUE(last.came_too_late);
  ASSERT_TRUE(last.stats);
  EXPECT_EQ(last.stats->read_at, before->read_at);
  EXPECT_EQ(last.stats->cpu_counter->used, 1s);
}

/// An end that is read too late lacks little of what the kernel keeps of a run's life.
TEST_F(Run, PeakAndKillsAreReadMeanwhileToo) {
  const auto peak_at = [this](ContainerRun& run, std::chrono::seconds age) {
    clock.steady = began_at + age;
    return run.read(clock)->memory_peak_bytes;
  };
  const auto set_peak = [this](const std::string& bytes) {
    group.write("memory", "memory.max_usage_in_bytes", bytes + "\n");
  };
  ContainerRun run = open();
  set_peak("7000");
  group.write("memory", "memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n");
  EXPECT_EQ(peak_at(run, 4s), 7000U);
  set_peak("8000");
  EXPECT_EQ(peak_at(run, 7s), 7000U) << "less than half of its life ago";
  EXPECT_EQ(peak_at(run, 8s), 8000U);
  EXPECT_EQ(peak_at(run, 100s), 8000U);
  set_peak("9000");
  EXPECT_EQ(peak_at(run, 109s), 8000U) << "less than 10 s ago";
  EXPECT_EQ(peak_at(run, 110s), 9000U);
  group.take_away_cpu();
  const auto last = run.read_last(clock);
  ASSERT_TRUE(last.stats);
  EXPECT_EQ(last.stats->memory_peak_bytes, 9000U);
  EXPECT_EQ(last.stats->out_of_memory_kills, 2U);
}

TEST_F(Run, LastStateHasThePeakOfTheEnd) {
  ContainerRun run = open();
  group.write("memory", "memory.max_usage_in_bytes", "7000\n");
  (void)run.read(clock);
  group.write("memory", "memory.max_usage_in_bytes", "8000\n");
  EXPECT_EQ(run.read_last(clock).stats->memory_peak_bytes, 8000U);
}

TEST_F(Run, TooLateLeavesNothingWhenTheReadingBeforeIsOnRecord) {
  ContainerRun run = open();
  (void)run.read(clock);
  run.mark_recorded();
  group.take_away_cpu();
  const auto last = run.read_last(clock);
  EXPECT_TRUE(last.came_too_late);
  EXPECT_FALSE(last.stats);
}

TEST_F(Run, ReadingAfterOneOnRecordIsNotOnRecord) {
  ContainerRun run = open();
  (void)run.read(clock);
  run.mark_recorded();
  use("1500000000", "6000", "4");
  (void)run.read(clock);
  group.take_away_cpu();
  const auto last = run.read_last(clock);
  ASSERT_TRUE(last.stats);
  EXPECT_EQ(last.stats->cpu_counter->used, 1500ms);
}

TEST_F(Run, TooLateWithoutAnyReadingLeavesNothing) {
  ContainerRun run = open();
  group.take_away_cpu();
  const auto last = run.read_last(clock);
  EXPECT_TRUE(last.came_too_late);
  EXPECT_FALSE(last.stats);
}

}  // namespace
}  // namespace wemol::native
