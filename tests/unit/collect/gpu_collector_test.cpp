#include "gpu_collector.h"

#include <gtest/gtest.h>

#include "fake_clock.h"
#include "fake_file_reader.h"
#include "temp_dir.h"

namespace wemol {
namespace {

using namespace std::chrono_literals;
using test::FakeFileReader;

const std::string kTask(64, 'a');

/// Gives what the test has put there.
class FakeGpus : public GpuReader {
 public:
  void note_tasks(const TaskGpuUse& use) override { told.push_back(use); }
  void set_answer_timeout(std::chrono::milliseconds timeout) override { answer_timeout = timeout; }
  void begin() override { ++asked; }
  [[nodiscard]] std::optional<GpuReadings> finish(const GpuReadingsDue& /*due*/) override {
    return readings;
  }
  [[nodiscard]] std::optional<Condition> why_nothing() const override {
    return Condition{.key = "nothing", .message = "no such GPUs"};
  }
  std::optional<GpuReadings> readings = GpuReadings{.devices = {{}}, .processes = {{}}};
  std::vector<TaskGpuUse> told;
  int asked = 0;
  std::chrono::milliseconds answer_timeout{};
};

/// One that is a task.
class FakeContainers : public TaskContainers {
 public:
  [[nodiscard]] bool is_known(std::string_view id) const override { return id == kTask; }
  [[nodiscard]] bool is_task(std::string_view id) const override { return id == kTask; }
  [[nodiscard]] std::size_t tasks() const override { return running; }
  [[nodiscard]] std::uint64_t tasks_seen() const override { return seen; }
  std::size_t running = 1;
  std::uint64_t seen = 0;
};

class GpusOfTwoMakers : public testing::Test {
 protected:
  GpusOfTwoMakers() {
    std::vector<std::unique_ptr<GpuReader>> readers;
    for (FakeGpus** reader : {&first, &second}) {
      readers.push_back(std::make_unique<FakeGpus>());
      *reader = static_cast<FakeGpus*>(readers.back().get());
    }
    gpus.emplace(std::move(readers),
                 GpuCollector::Borders{
                     .files = files, .clock = clock, .containers = containers, .root = host.path()},
                 CollectorSettings{});
    files.files["/proc/7/cgroup"] = "0::/docker/" + kTask + "\n";
    files.files["/proc/7/stat"] = "7 (x) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 100 0 0\n";
  }
  Facts round() {
    Facts facts;
    EXPECT_TRUE(gpus->start({}, facts) && gpus->collect({}, facts));
    return facts;
  }
  FakeContainers containers;
  FakeFileReader files;
  test::FakeClock clock;
  test::TempDir host;
  std::optional<GpuCollector> gpus;
  FakeGpus* first = nullptr;
  FakeGpus* second = nullptr;
};

TEST_F(GpusOfTwoMakers, AreNumberedOneAfterTheOther) {
  first->readings->devices = {{.index = 0, .uuid = "A"}, {.index = 1, .uuid = "B"}};
  second->readings->devices = {{.index = 0, .uuid = "C"}};
  const Facts facts = round();
  ASSERT_EQ(facts.gpu_devices->size(), 3U);
  EXPECT_EQ(facts.gpu_devices->at(2).uuid, "C");
  EXPECT_EQ(facts.gpu_devices->at(2).index, 2U);
}

TEST_F(GpusOfTwoMakers, AreAllToldOfAnotherTimeout) {
  gpus->reconfigure({.command_timeout = 3s});
  for (const FakeGpus* reader : {first, second}) {
    EXPECT_EQ(reader->answer_timeout, 3s);
  }
}

TEST_F(GpusOfTwoMakers, AreThoseOfOneWhereTheOtherIsNotThere) {
  first->readings.reset();
  second->readings->devices = {{.index = 0, .uuid = "C"}};
  const Facts facts = round();
  ASSERT_EQ(facts.gpu_devices->size(), 1U);
  EXPECT_EQ(facts.gpu_devices->front().index, 0U);
  EXPECT_TRUE(facts.conditions.empty()) << "a host without one maker's cards is nothing to tell";
}

TEST_F(GpusOfTwoMakers, WhereNeitherIsThereNothingIsKnownAndThatIsSaid) {
  first->readings.reset();
  second->readings.reset();
  const Facts facts = round();
  EXPECT_FALSE(facts.gpu_devices);
  EXPECT_FALSE(facts.gpu_processes);
  EXPECT_EQ(facts.conditions.size(), 2U);
}

TEST_F(GpusOfTwoMakers, WhereNeitherIsThereAndNoneIsOnTheBusNoTaskUsesOneWhichIsSaid) {
  for (const char* folder : {"dev", "sys/bus/pci/devices"}) {
    std::filesystem::create_directories(host / folder);
  }
  second->readings.reset();
  for (const bool tool_is_there : {false, true}) {
    first->readings.reset();
    if (tool_is_there) {
      first->readings.emplace().conditions = {{.key = "no driver"}};
      first->readings->finds_none = true;
    }
    const Facts facts = round();
    ASSERT_TRUE(facts.gpu_devices && facts.gpu_processes);
    EXPECT_TRUE(facts.gpu_devices->empty());
    EXPECT_TRUE(facts.gpu_processes->empty());
    ASSERT_EQ(facts.conditions.size(), 1U);
    EXPECT_EQ(facts.conditions.front().severity, Severity::info);
    EXPECT_EQ(facts.conditions.front().message, "no GPU on the PCI bus: gpu_count is 0");
    EXPECT_FALSE(facts.conditions.front().follow_up);
  }
  first->readings.emplace().conditions = {{.key = "hangs"}};
  EXPECT_FALSE(round().gpu_processes) << "who fails says nothing of whether there are any";
}

TEST_F(GpusOfTwoMakers, WhereTheBusMayHaveOneThatNobodyReadsNothingIsKnown) {
  for (const char* folder : {"dev", "sys/bus/pci/devices/0000:01:00.0"}) {
    std::filesystem::create_directories(host / folder);
  }
  const std::string device = (host / "sys/bus/pci/devices/0000:01:00.0").string();
  files.files[device + "/class"] = "0x030200\n";
  files.files[device + "/vendor"] = "0x10de\n";
  first->readings.reset();
  second->readings.reset();
  const Facts facts = round();
  EXPECT_FALSE(facts.gpu_processes);
  EXPECT_EQ(facts.conditions.size(), 2U);
}

TEST_F(GpusOfTwoMakers, KeepTheirNumbersWhileTheFirstMakersAreLeftAlone) {
  first->readings->devices = {{.index = 0, .uuid = "A"}, {.index = 2, .uuid = "B"}};
  second->readings->devices = {{.index = 0, .uuid = "C"}};
  EXPECT_EQ(round().gpu_devices->back().index, 3U);
  first->readings->is_left_alone = true;
  first->readings->devices.reset();  // with an empty list of processes: nobody uses them
  const Facts facts = round();
  ASSERT_TRUE(facts.gpu_devices);
  ASSERT_EQ(facts.gpu_devices->size(), 1U);
  EXPECT_EQ(facts.gpu_devices->front().index, 3U);
}

TEST_F(GpusOfTwoMakers, PartOfAListDoesNotPassForTheWhole) {
  first->readings->processes.reset();
  first->readings->conditions = {{.key = "hangs"}};
  second->readings->processes = {{{.pid = 7, .gpu_uuid = "C"}}};
  const Facts facts = round();
  EXPECT_FALSE(facts.gpu_processes);
  EXPECT_TRUE(facts.gpu_devices);
  EXPECT_EQ(facts.conditions.size(), 1U);
}

TEST_F(GpusOfTwoMakers, ProcessesGetTheirContainerAndTheirUseIsToldInTheNextRound) {
  second->readings->processes = {{{.pid = 7, .gpu_uuid = "C"}}};
  EXPECT_EQ(round().gpu_processes->front().container_id, kTask);
  (void)round();
  EXPECT_FALSE(first->told.at(0).a_task_uses_gpu);
  EXPECT_TRUE(first->told.at(1).a_task_uses_gpu);
}

TEST_F(GpusOfTwoMakers, AreLeftAloneWhileThereIsNoTask) {
  containers.running = 0;
  const Facts facts = round();
  EXPECT_FALSE(facts.gpu_devices);
  EXPECT_EQ(first->asked, 0);
  ASSERT_EQ(first->told.size(), 1U);
  EXPECT_FALSE(first->told.front().is_wanted);
}

TEST_F(GpusOfTwoMakers, AreAskedWithoutATaskForWhoeverHasSubscribed) {
  containers.running = 0;
  gpus->set_subscribed(true);
  EXPECT_TRUE(round().gpu_devices);
  EXPECT_TRUE(first->told.back().is_wanted);
  gpus->set_subscribed(false);
  EXPECT_FALSE(round().gpu_devices);
  EXPECT_EQ(first->asked, 1);
}

TEST_F(GpusOfTwoMakers, ReadersAreToldHowManyTasksAreNew) {
  containers.seen = 2;
  (void)round();
  containers.seen = 3;
  (void)round();
  (void)round();
  EXPECT_EQ(first->told.at(0).new_tasks, 2U);
  EXPECT_EQ(first->told.at(1).new_tasks, 1U);
  EXPECT_EQ(first->told.at(2).new_tasks, 0U);
}

TEST_F(GpusOfTwoMakers, LateDevicesAreMissingThoughNoProcessUsesAny) {
  first->readings->devices.reset();
  first->readings->processes.emplace();
  EXPECT_FALSE(round().gpu_devices);
}

}  // namespace
}  // namespace wemol
