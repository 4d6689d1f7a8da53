#include "process_tree.h"

#include <gtest/gtest.h>

namespace wemol::sdk {
namespace {

ProcessSample process(std::uint64_t pid, std::uint64_t parent, std::optional<double> cpu,
                      std::optional<std::uint64_t> resident) {
  ProcessSample sample;
  sample.facts.pid = pid;
  sample.facts.parent_pid = parent;
  sample.facts.resident_bytes = resident;
  sample.cpu_percent = cpu;
  return sample;
}

TEST(SdkProcessTree, AddsUpAllThatDescendsFromARun) {
  HostSample sample;
  // The child comes before its parent, and a pid that is its own parent ends nothing.
  sample.process_list = {process(30, 20, 5, 300), process(10, 1, 50, 1000),
                         process(20, 10, {}, 200), process(11, 1, 99, 9999), process(0, 0, 1, 1)};
  sample.gpu_processes = {
      {.pid = 20, .gpu_uuid = "A", .memory_used_bytes = 100},
      {.pid = 30, .gpu_uuid = "A", .memory_used_bytes = 50, .sm_utilization_percent = 7},
      {.pid = 30, .gpu_uuid = "B"},
      {.pid = 11, .gpu_uuid = "A", .memory_used_bytes = 9999}};
  const auto tree = process_tree(sample, 10);
  ASSERT_TRUE(tree);
  EXPECT_EQ(tree->processes, 3U);
  EXPECT_EQ(tree->cpu_percent, 55);
  EXPECT_EQ(tree->resident_bytes, 1500U);
  ASSERT_TRUE(tree->gpus);
  ASSERT_EQ(tree->gpus->size(), 2U);
  EXPECT_EQ(tree->gpus->at(0).memory_used_bytes, 150U);
  EXPECT_EQ(tree->gpus->at(0).sm_utilization_percent, 7);
  EXPECT_EQ(tree->gpus->at(1).uuid, "B");
  EXPECT_EQ(tree->gpus->at(1).memory_used_bytes, std::nullopt);
}

TEST(SdkProcessTree, UnknownIsNotZero) {
  HostSample sample;
  EXPECT_FALSE(process_tree(sample, 10)) << "no list of processes";
  sample.process_list = {process(10, 1, {}, {})};
  EXPECT_FALSE(process_tree(sample, 11)) << "not in the list";
  const auto tree = process_tree(sample, 10);
  ASSERT_TRUE(tree);
  EXPECT_EQ(tree->cpu_percent, std::nullopt);
  EXPECT_EQ(tree->gpus, std::nullopt) << "GPUs were not read";
}

}  // namespace
}  // namespace wemol::sdk
