#include <gtest/gtest.h>

#include "host_rates.h"

namespace wemol {
namespace {

using namespace std::chrono_literals;

ProcessFacts process(std::uint64_t pid, std::uint64_t parent, std::uint64_t start,
                     std::uint64_t cpu_ticks) {
  return {.pid = pid,
          .parent_pid = parent,
          .start_ticks = start,
          .user_id = 1000,
          .cpu_ticks = cpu_ticks,
          .resident_bytes = pid * 100};
}

std::string name_of(std::uint32_t user_id) {
  return "user" + std::to_string(user_id);
}

/// Two lists, two seconds apart.
class RatesOfProcesses : public testing::Test {
 protected:
  RatesOfProcesses() {
    before.measured_at = std::chrono::steady_clock::time_point(100s);
    now.measured_at = before.measured_at + 2s;
    now.booted_at = before.booted_at = std::chrono::system_clock::time_point(1700000000s);
  }
  [[nodiscard]] std::vector<ProcessSample> samples() {
    ProcessRates rates;
    (void)rates.derive(as_read(before), 1000000, name_of);
    return rates.derive(as_read(now), 1000000, name_of);
  }
  /// All of its processes were read with it.
  static ProcessList as_read(ProcessList list) {
    for (ProcessFacts& process : list.processes) {
      process.measured_at = list.measured_at;
    }
    return list;
  }

  ProcessList before;
  ProcessList now;
};

TEST_F(RatesOfProcesses, AreWhatWasUsedSinceTheListBefore) {
  before.processes = {process(7, 1, 50, 100)};
  now.processes = {process(7, 1, 50, 250)};
  ASSERT_EQ(samples().size(), 1U);
  EXPECT_EQ(samples()[0].cpu_percent, 75) << "1.5 s in 2 s";
  EXPECT_EQ(samples()[0].user, "user1000");
  EXPECT_DOUBLE_EQ(*samples()[0].memory_percent, 0.07);
  EXPECT_EQ(samples()[0].started_at, now.booted_at + 500ms);
  EXPECT_EQ(samples()[0].facts.pid, 7U);
}

TEST_F(RatesOfProcesses, PidThatIsUsedAgainIsANewProcess) {
  before.processes = {process(7, 1, 50, 1000)};
  now.processes = {process(7, 1, 10000, 20)};
  EXPECT_EQ(samples()[0].cpu_percent, 10);
}

TEST_F(RatesOfProcesses, ProcessThatWasHiddenBeforeHasNone) {
  before.processes = {process(7, 1, 5000, 0)};
  now.processes = {process(7, 1, 5000, 0), process(8, 1, 4000, 90000)};
  EXPECT_EQ(samples()[0].cpu_percent, 0);
  EXPECT_FALSE(samples()[1].cpu_percent);
}

TEST_F(RatesOfProcesses, FirstListHasNone) {
  now.processes = {process(7, 1, 50, 250)};
  const auto first = ProcessRates().derive(now, std::nullopt, name_of);
  EXPECT_FALSE(first[0].cpu_percent);
  EXPECT_FALSE(first[0].memory_percent);
}

TEST_F(RatesOfProcesses, TimeThatHasFallenIsNone) {
  before.processes = {process(7, 1, 50, 100)};
  now.processes = {process(7, 1, 50, 99)};
  EXPECT_FALSE(samples()[0].cpu_percent);
}

TEST_F(RatesOfProcesses, ProcessThatRestsIsMeasuredOverItsOwnTime) {
  ProcessRates rates;
  before.processes = {process(7, 1, 50, 100)};
  now.processes = {process(7, 1, 50, 110)};
  ProcessList later = as_read(now);
  (void)rates.derive(as_read(before), 1000000, name_of);
  EXPECT_EQ(rates.derive(later, 1000000, name_of)[0].cpu_percent, 5);
  later.measured_at += 2s;  // it has not been read anew
  EXPECT_EQ(rates.derive(later, 1000000, name_of)[0].cpu_percent, 5);
  later.measured_at += 2s;
  later.processes[0].cpu_ticks += 100;
  EXPECT_EQ(rates.derive(as_read(later), 1000000, name_of)[0].cpu_percent, 25) << "1 s in 4 s";
}

class ProcessTree : public RatesOfProcesses {
 protected:
  ProcessTree() {
    before.processes = {process(1, 0, 1, 0), process(10, 1, 5, 0), process(11, 10, 5, 0),
                        process(12, 11, 5, 0), process(20, 1, 5, 0)};
    now.processes = {process(1, 0, 1, 0), process(10, 1, 5, 20), process(11, 10, 5, 40),
                     process(12, 11, 5, 60), process(20, 1, 5, 80)};
  }
};

TEST_F(ProcessTree, IsTheProcessAndAllThatDescendFromIt) {
  const auto tree = process_tree(samples(), 10, std::nullopt);
  ASSERT_TRUE(tree);
  EXPECT_EQ(tree->processes, 3U);
  EXPECT_EQ(tree->cpu_percent, 60);
  EXPECT_EQ(tree->resident_bytes, (10U + 11 + 12) * 100);
  EXPECT_FALSE(tree->gpus) << "nobody has said what runs on the GPUs";
}

TEST_F(ProcessTree, OfNoProcessIsNone) {
  EXPECT_FALSE(process_tree(samples(), 99, std::nullopt));
}

TEST_F(ProcessTree, CircleOfParentsEnds) {
  now.processes = {process(1, 2, 1, 0), process(2, 1, 1, 0)};
  EXPECT_EQ(process_tree(samples(), 1, std::nullopt)->processes, 2U);
}

TEST_F(ProcessTree, HasItsPartOfEachGpu) {
  const std::vector<GpuProcess> on_gpus = {
      {.pid = 11, .gpu_uuid = "GPU-b", .memory_used_bytes = 100, .sm_utilization_percent = 10},
      {.pid = 11, .gpu_uuid = "GPU-b", .memory_used_bytes = 100, .sm_utilization_percent = 10},
      {.pid = 12, .gpu_uuid = "GPU-b", .memory_used_bytes = 50},
      {.pid = 12, .gpu_uuid = "GPU-a"},
      {.pid = 20, .gpu_uuid = "GPU-c", .memory_used_bytes = 7}};
  const auto tree = process_tree(samples(), 10, on_gpus);
  ASSERT_TRUE(tree->gpus);
  ASSERT_EQ(tree->gpus->size(), 2U);
  EXPECT_EQ(tree->gpus->at(0).uuid, "GPU-a");
  EXPECT_FALSE(tree->gpus->at(0).memory_used_bytes);
  EXPECT_EQ(tree->gpus->at(1).uuid, "GPU-b");
  EXPECT_EQ(tree->gpus->at(1).memory_used_bytes, 150U) << "a process that is listed twice is one";
  EXPECT_EQ(tree->gpus->at(1).sm_utilization_percent, 10);
  EXPECT_TRUE(process_tree(samples(), 10, std::vector<GpuProcess>())->gpus->empty());
}

}  // namespace
}  // namespace wemol
