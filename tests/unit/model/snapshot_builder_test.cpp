#include "snapshot_builder.h"

#include <gtest/gtest.h>

namespace wemol {
namespace {

ContainerStats some_stats() {
  return {.cpu_percent = 12.5, .pids = 3};
}

GpuDevice gpu(unsigned index, const std::string& uuid) {
  return {.index = index, .uuid = uuid, .name = "X"};
}

GpuProcess process(std::uint64_t pid, const std::string& uuid, const std::string& container,
                   std::optional<std::uint64_t> memory = std::nullopt) {
  return {.pid = pid, .gpu_uuid = uuid, .memory_used_bytes = memory, .container_id = container};
}

class Building : public testing::Test {
 protected:
  Building() {
    facts.containers = {{"a", "task_1_2_3", some_stats()}, {"b", "task_gpu_4_5_6", some_stats()}};
    facts.gpu_devices = {{gpu(0, "GPU-0"), gpu(1, "GPU-1")}};
    facts.gpu_processes.emplace();
  }
  Snapshot build() {
    return build_snapshot(
        facts, identify_tasks(*facts.containers, "task").tasks,
        [](const TaskContainer& task) { return "module of " + task.container_id; });
  }
  Facts facts;
};

TEST_F(Building, GivesASamplePerTaskWithItsReadings) {
  const Snapshot snapshot = build();
  ASSERT_EQ(snapshot.samples.size(), 2U);
  EXPECT_EQ(snapshot.samples[1].task, (Task{"gpu", "4", "5"}));
  EXPECT_EQ(snapshot.samples[1].container_id, "b");
  EXPECT_EQ(snapshot.samples[1].container_name, "task_gpu_4_5_6");
  EXPECT_EQ(snapshot.samples[1].module_name, "module of b");
  EXPECT_EQ(snapshot.samples[1].stats.cpu_percent, 12.5);
}

TEST_F(Building, ContainerWithoutReadingHasNoSample) {
  facts.containers->at(0).stats.reset();
  const Snapshot snapshot = build();
  ASSERT_EQ(snapshot.samples.size(), 1U);
  EXPECT_EQ(snapshot.samples[0].container_id, "b");
}

TEST_F(Building, ShareOfTheGpuIsThatOfAllProcessesOfTheTask) {
  facts.gpu_processes = {
      {process(1, "GPU-0", "a"), process(2, "GPU-0", "a"), process(3, "GPU-0", "b")}};
  facts.gpu_processes->at(0).sm_utilization_percent = 30;
  facts.gpu_processes->at(1).sm_utilization_percent = 12;
  const Snapshot snapshot = build();
  EXPECT_EQ(snapshot.samples[0].gpus->at(0).task_sm_utilization_percent, 42);
  EXPECT_FALSE(snapshot.samples[1].gpus->at(0).task_sm_utilization_percent) << "not told";
}

TEST_F(Building, OfARunThatHasEndedTheGpusAreNotKnown) {
  facts.containers->at(0).ended = true;
  facts.gpu_processes = {{process(1, "GPU-0", "a")}};
  const Snapshot snapshot = build();
  EXPECT_TRUE(snapshot.samples[0].ended);
  EXPECT_FALSE(snapshot.samples[0].gpus);
  EXPECT_TRUE(snapshot.samples[1].gpus);
}

TEST_F(Building, TaskWithoutGpuProcessUsesNoGpu) {
  facts.gpu_processes = {{process(1, "GPU-0", "b")}};
  const Snapshot snapshot = build();
  ASSERT_TRUE(snapshot.samples[0].gpus);
  EXPECT_TRUE(snapshot.samples[0].gpus->empty());
}

TEST_F(Building, AProcessOfUnknownOwnerMayBelongToAnyTaskThatSeemsToUseNoGpu) {
  facts.gpu_processes = {{process(1, "GPU-0", "b"), {.pid = 2, .gpu_uuid = "GPU-1"}}};
  facts.gpu_processes->at(1).owner_unknown = true;
  const Snapshot snapshot = build();
  EXPECT_FALSE(snapshot.samples[0].gpus) << "unknown, which is not the same as none";
  ASSERT_TRUE(snapshot.samples[1].gpus);
  EXPECT_EQ(snapshot.samples[1].gpus->size(), 1U);
}

TEST_F(Building, WithoutTheProcessListNothingIsKnownAboutGpus) {
  facts.gpu_processes.reset();
  EXPECT_FALSE(build().samples[0].gpus);
}

TEST_F(Building, WithoutTheDeviceListTheGpusOfATaskAreNotKnown) {
  facts.gpu_devices.reset();
  facts.gpu_processes = {{process(1, "GPU-0", "b")}};
  const Snapshot snapshot = build();
  EXPECT_FALSE(snapshot.samples[1].gpus);
  ASSERT_TRUE(snapshot.samples[0].gpus) << "that it uses none is known all the same";
  EXPECT_TRUE(snapshot.samples[0].gpus->empty());
}

TEST_F(Building, ProcessOnTwoGpusCountsOnBothInTheOrderOfTheirIndex) {
  facts.gpu_processes = {{process(1, "GPU-1", "a", 10), process(1, "GPU-0", "a", 20)}};
  const Snapshot snapshot = build();
  const auto& gpus = snapshot.samples[0].gpus.value();
  ASSERT_EQ(gpus.size(), 2U);
  EXPECT_EQ(gpus[0].device->index, 0U);
  EXPECT_EQ(gpus[0].task_memory_used_bytes, 20U);
  EXPECT_EQ(gpus[1].device->index, 1U);
  EXPECT_EQ(gpus[1].task_memory_used_bytes, 10U);
}

TEST_F(Building, ProcessesOfOneTaskOnOneGpuAddUpAndCountAsOneGpu) {
  facts.gpu_processes = {{process(1, "GPU-0", "a", 10), process(2, "GPU-0", "a", 20)}};
  const Snapshot snapshot = build();
  ASSERT_EQ(snapshot.samples[0].gpus->size(), 1U);
  EXPECT_EQ(snapshot.samples[0].gpus->at(0).task_memory_used_bytes, 30U);
}

TEST_F(Building, ProcessThatIsListedTwiceOnAGpuCountsOnce) {
  facts.gpu_processes = {{process(1, "GPU-0", "a", 10), process(1, "GPU-0", "a", 10)}};
  EXPECT_EQ(build().samples[0].gpus->at(0).task_memory_used_bytes, 10U);
}

TEST_F(Building, MemoryThatNoProcessGaveIsAbsent) {
  facts.gpu_processes = {{process(1, "GPU-0", "a")}};
  EXPECT_FALSE(build().samples[0].gpus->at(0).task_memory_used_bytes);
}

TEST_F(Building, OneGpuMayBeSharedByTasks) {
  facts.gpu_processes = {{process(1, "GPU-0", "a"), process(2, "GPU-0", "b")}};
  const Snapshot snapshot = build();
  EXPECT_EQ(snapshot.samples[0].gpus->at(0).uuid, "GPU-0");
  EXPECT_EQ(snapshot.samples[1].gpus->at(0).uuid, "GPU-0");
}

TEST_F(Building, GpuThatTheDeviceListLacksComesLastWithoutDevice) {
  facts.gpu_processes = {{process(1, "GPU-?", "a"), process(1, "GPU-1", "a")}};
  const Snapshot snapshot = build();
  const auto& gpus = snapshot.samples[0].gpus.value();
  ASSERT_EQ(gpus.size(), 2U);
  EXPECT_TRUE(gpus[0].device);
  EXPECT_FALSE(gpus[1].device);
  EXPECT_EQ(gpus[1].uuid, "GPU-?");
}

TEST_F(Building, ProcessOutsideOfContainersBelongsToNoTask) {
  facts.gpu_processes = {{{.pid = 1, .gpu_uuid = "GPU-0"}}};
  EXPECT_TRUE(build().samples[0].gpus->empty());
}

TEST(Identifying, StatesEachMalformedNameOnceAndGoesOn) {
  const std::vector<Container> containers{
      {"a", "task_x", std::nullopt}, {"b", "task_1_2_3", std::nullopt}, {"c", "web", std::nullopt}};
  const IdentifiedTasks identified = identify_tasks(containers, "task");
  ASSERT_EQ(identified.tasks.size(), 1U);
  EXPECT_EQ(identified.tasks[0].container_id, "b");
  ASSERT_EQ(identified.conditions.size(), 1U);
  EXPECT_EQ(identified.conditions[0].severity, Severity::warning);
  EXPECT_FALSE(identified.conditions[0].follow_up);
  EXPECT_NE(identified.conditions[0].message.find("task_x"), std::string::npos);
}

}  // namespace
}  // namespace wemol
