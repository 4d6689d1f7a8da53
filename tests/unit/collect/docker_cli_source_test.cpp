#include <array>
#include <ctime>

#include <gtest/gtest.h>

#include "fake_clock.h"
#include "fake_command_runner.h"
#include "fake_file_reader.h"
#include "source_setup.h"
#include "temp_dir.h"

namespace wemol {
namespace {

using test::ended_as;
using test::failed;
using test::FakeClock;
using test::FakeCommandRunner;
using test::FakeFileReader;
using test::printed;
using Status = CommandOutcome::Status;

const std::string kTaskA(64, 'a');
const std::string kTaskB(64, 'b');
const std::string kOther(64, 'c');

std::string ps_line(const std::string& id, const std::string& name,
                    const std::string& state = "running") {
  return id + "\t" + name + "\t" + state + "\n";
}

std::string stats_line(const std::string& id, const std::string& cpu) {
  return id.substr(0, 12) + "\t" + id + "\t" + cpu + "\t1MiB / 2MiB\t50.00%\t0B / 0B\t0B / 0B\t1\n";
}

std::string cgroup_of(const std::string& id) {
  return "0::/system.slice/docker-" + id + ".scope\n";
}

/// Of a run that goes on.
std::string inspect_line(const std::string& id) {
  return id + "\ttrue\t2026-11-22T09:00:00Z\t0001-01-01T00:00:00Z\t0\tfalse\n";
}

std::string event_line(const std::string& action, const std::string& id, const std::string& name,
                       const std::string& exit_code = "") {
  return R"({"Type":"container","Action":")" + action + R"(","Actor":{"ID":")" + id +
         R"(","Attributes":{"name":")" + name + R"(","exitCode":")" + exit_code +
         "\"}},\"timeNano\":1795338669000000000}\n";
}

class DockerCli : public testing::Test {
 protected:
  void SetUp() override {
    runner.answer("docker ps", printed(ps_line(kTaskA, "task_1") + ps_line(kTaskB, "task_2") +
                                       ps_line(kOther, "web")));
    runner.answer("docker stats",
                  printed(stats_line(kTaskA, "1.00%") + stats_line(kTaskB, "2.00%") +
                          stats_line(kOther, "3.00%")));
    runner.answer("nvidia-smi --query-compute-apps", printed(""));
    runner.answer("nvidia-smi --query-gpu",
                  printed("0, GPU-1, X, 10, 5, 1, 2, 40, 30, 12.50, 75.00\n"));
    runner.answer("docker top", printed("PID\n"));
    runner.answer("docker events", printed(""));
    runner.answer("docker inspect", printed(inspect_line(kTaskA) + inspect_line(kTaskB)));
  }

  [[nodiscard]] SteadyTime due() const { return clock.now() + std::chrono::seconds(4); }

  Facts collect() {
    auto facts = source.collect(due());
    EXPECT_TRUE(facts);
    EXPECT_EQ(runner.unfinished(), 0U);
    return facts.value_or(Facts{});
  }

  void gpu_processes(const std::string& rows) {
    runner.answer("nvidia-smi --query-compute-apps", printed(rows));
  }

  FakeCommandRunner runner;
  FakeFileReader files;
  FakeClock clock;
  test::TempDir host;
  DockerCliSource source{runner, files, clock, {.container_prefix = "task"}, host.path()};
};

TEST_F(DockerCli, StatesContainersWithTheirReadings) {
  const Facts facts = collect();
  ASSERT_TRUE(facts.containers);
  ASSERT_EQ(facts.containers->size(), 3U);
  EXPECT_EQ(facts.containers->at(0).id, kTaskA);
  EXPECT_EQ(facts.containers->at(0).name, "task_1");
  EXPECT_EQ(facts.containers->at(0).stats->cpu_percent, 1.0);
  EXPECT_EQ(facts.containers->at(1).stats->cpu_percent, 2.0);
  EXPECT_TRUE(facts.conditions.empty());
}

TEST_F(DockerCli, SaysWhyThereIsNoReadingOfARunningContainer) {
  const std::string zeros =
      kTaskA.substr(0, 12) + "\t" + kTaskA + "\t0.00%\t0B / 0B\t0.00%\t0B / 0B\t0B / 0B\t0\n";
  runner.answer("docker stats", printed(zeros + stats_line(kOther, "3.00%")));
  const Facts facts = collect();
  ASSERT_EQ(facts.containers->size(), 3U);
  EXPECT_EQ(
      facts.containers->at(0).no_reading_because,
      "docker stats prints only zeros or \"--\" for it (no cgroup statistics: rootless docker "
      "on cgroup v1?)");
  EXPECT_EQ(facts.containers->at(1).no_reading_because,
            "docker stats does not list it, though docker ps does");
  EXPECT_EQ(facts.containers->at(2).no_reading_because, "");
}

TEST_F(DockerCli, NoReadingOfAContainerThatIsBeingRestartedIsNothingToSay) {
  runner.answer("docker ps",
                printed(ps_line(kTaskA, "task_1", "restarting") + ps_line(kTaskB, "task_2")));
  runner.answer("docker stats", printed(stats_line(kTaskB, "2.00%")));
  EXPECT_EQ(collect().containers->at(0).no_reading_because, "");
  runner.answer("docker stats", failed(1, "no"));
  EXPECT_EQ(collect().containers->at(1).no_reading_because, "") << "nobody could be asked";
}

TEST_F(DockerCli, AsksEachCommandOncePerRoundAndStatsBesideTheGpuTools) {
  (void)collect();
  EXPECT_EQ(runner.count_started("docker ps"), 1U);
  EXPECT_EQ(runner.count_started("docker stats --no-stream"), 1U);
  EXPECT_EQ(runner.count_started("nvidia-smi --query-compute-apps"), 1U);
  EXPECT_EQ(runner.count_started("nvidia-smi --query-gpu"), 1U);
  EXPECT_EQ(runner.most_at_once(), 2U);
  const auto place_of = [&](const std::string& start) {
    return std::ranges::find_if(runner.started(),
                                [&](const auto& line) { return line.starts_with(start); });
  };
  EXPECT_GT(place_of("docker events"), place_of("nvidia-smi"))
      << "it tells of all until the readings were complete";
}

TEST_F(DockerCli, WithoutATaskAsksNothingButTheListAndTheEvents) {
  runner.answer("docker ps", printed(ps_line(kOther, "web")));
  const Facts facts = collect();
  ASSERT_TRUE(facts.containers);
  EXPECT_EQ(facts.containers->size(), 1U);
  EXPECT_EQ(runner.started().size(), 2U);
}

TEST_F(DockerCli, WhenTheListFailsNothingIsKnownAndTheReasonIsStated) {
  runner.answer("docker ps", failed(1, "Cannot connect to the Docker daemon at unix:///x.\n"));
  const Facts facts = collect();
  EXPECT_FALSE(facts.containers);
  ASSERT_EQ(facts.conditions.size(), 1U);
  EXPECT_EQ(facts.conditions[0].severity, Severity::error);
  EXPECT_NE(facts.conditions[0].message.find("Cannot connect"), std::string::npos);
  EXPECT_EQ(runner.started().size(), 2U);
}

TEST_F(DockerCli, GarbageInsteadOfTheListIsAFailure) {
  runner.answer("docker ps", printed("garbage\n"));
  const Facts facts = collect();
  EXPECT_FALSE(facts.containers);
  ASSERT_EQ(facts.conditions.size(), 1U);
  EXPECT_NE(facts.conditions[0].message.find("garbage"), std::string::npos);
}

TEST_F(DockerCli, AListThatIsCutOffIsStated) {
  runner.answer("docker ps", printed(ps_line(kTaskA, "task_1") + kTaskB + "\ttas"));
  const Facts facts = collect();
  EXPECT_EQ(facts.containers->size(), 1U);
  ASSERT_EQ(facts.conditions.size(), 1U);
  EXPECT_EQ(facts.conditions[0].key, "docker ps messages");
  runner.answer("docker ps", printed(kTaskB + "\ttas"));
  EXPECT_FALSE(collect().containers) << "not a host without containers";
}

TEST_F(DockerCli, StatsThatAreCutOffAreStated) {
  runner.answer("docker stats", printed(stats_line(kTaskA, "1.00%") + kTaskB.substr(0, 12)));
  const Facts facts = collect();
  ASSERT_EQ(facts.conditions.size(), 1U);
  EXPECT_EQ(facts.conditions[0].key, "docker stats messages");
}

TEST_F(DockerCli, WhenStatsFailsThereAreContainersWithoutReadings) {
  runner.answer("docker stats", failed(1, "EOF\n"));
  const Facts facts = collect();
  ASSERT_TRUE(facts.containers);
  EXPECT_FALSE(facts.containers->at(0).stats);
  ASSERT_EQ(facts.conditions.size(), 1U);
  EXPECT_EQ(facts.conditions[0].key, "docker stats");
}

TEST_F(DockerCli, OneUnmeasuredContainerLeavesTheOthers) {
  runner.answer("docker stats", printed(kTaskA.substr(0, 12) + "\t\t--\t-- / --\t--\t--\t--\t--\n" +
                                        stats_line(kTaskB, "2.00%")));
  const Facts facts = collect();
  EXPECT_FALSE(facts.containers->at(0).stats);
  EXPECT_TRUE(facts.containers->at(1).stats);
}

TEST_F(DockerCli, StatsOfAContainerThatIsNotListedAreLeftOut) {
  runner.answer("docker stats",
                printed(stats_line(std::string(64, 'd'), "9.00%") + stats_line(kTaskA, "1.00%")));
  const Facts facts = collect();
  EXPECT_EQ(facts.containers->size(), 3U);
  EXPECT_EQ(facts.containers->at(0).stats->cpu_percent, 1.0);
  EXPECT_FALSE(facts.containers->at(1).stats);
}

TEST_F(DockerCli, FailingGpuToolsLeaveTheContainersRecorded) {
  runner.answer("nvidia-smi", ended_as(Status::timed_out));
  runner.answer("nvidia-smi --query-compute-apps", ended_as(Status::timed_out));
  const Facts facts = collect();
  EXPECT_TRUE(facts.containers->at(0).stats);
  EXPECT_FALSE(facts.gpu_processes);
  EXPECT_FALSE(facts.gpu_devices);
}

TEST_F(DockerCli, WithoutAGpuOnTheBusNoTaskUsesOne) {
  runner.answer("nvidia-smi --query-compute-apps", ended_as(Status::not_found));
  EXPECT_FALSE(collect().gpu_processes) << "a bus that cannot be read tells nothing";
  for (const char* folder : {"dev", "sys/bus/pci/devices"}) {
    std::filesystem::create_directories(host / folder);
  }
  clock.pass(std::chrono::minutes(2));
  const Facts facts = collect();
  ASSERT_TRUE(facts.gpu_processes && facts.gpu_devices);
  EXPECT_TRUE(facts.gpu_processes->empty());
  EXPECT_TRUE(std::ranges::any_of(facts.conditions, [](const Condition& condition) {
    return condition.message == "no GPU on the PCI bus: gpu_count is 0";
  }));
  runner.answer("nvidia-smi --query-compute-apps", ended_as(Status::timed_out));
  EXPECT_FALSE(collect().gpu_processes) << "a tool that hangs may have found one";
}

TEST_F(DockerCli, AStopInTheMiddleGivesNothing) {
  runner.answer("docker stats", ended_as(Status::canceled));
  EXPECT_FALSE(source.collect(due()));
  runner.answer("docker ps", ended_as(Status::canceled));
  EXPECT_FALSE(source.collect(due()));
}

TEST_F(DockerCli, ControlGroupTellsTheContainerOfAGpuProcessWithoutDockerTop) {
  gpu_processes("11, GPU-1, 100\n12, GPU-1, 100\n");
  files.files["/proc/11/cgroup"] = cgroup_of(kTaskB);
  files.files["/proc/11/stat"] = "11 (a) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 1 0\n";
  files.files["/proc/12/cgroup"] = cgroup_of(kOther);
  files.files["/proc/12/stat"] = "12 (b) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 1 0\n";
  const Facts facts = collect();
  EXPECT_EQ(facts.gpu_processes->at(0).container_id, kTaskB);
  EXPECT_EQ(facts.gpu_processes->at(1).container_id, kOther);
  EXPECT_EQ(runner.count_started("docker top"), 0U);
}

TEST_F(DockerCli, WithoutGpuProcessesThereIsNoDockerTop) {
  (void)collect();
  EXPECT_EQ(runner.count_started("docker top"), 0U);
}

TEST_F(DockerCli, DockerTopTellsTheContainerOfAProcessThatCannotBeSeen) {
  gpu_processes("11, GPU-1, 100\n");
  runner.answer("docker top " + kTaskB, printed("PID\n10\n11\n"));
  const Facts facts = collect();
  EXPECT_EQ(facts.gpu_processes->at(0).container_id, kTaskB);
  EXPECT_EQ(runner.count_started("docker top"), 2U);
  EXPECT_EQ(runner.count_started("docker top " + kOther), 0U) << "it is no task";
}

TEST_F(DockerCli, DockerTopIsAskedForAFewContainersAtOnce) {
  std::string list;
  for (char digit = '0'; digit <= '9'; ++digit) {
    list += ps_line(std::string(64, digit), std::string("task_") + digit);
  }
  runner.answer("docker ps", printed(list));
  runner.answer("docker top " + std::string(64, '9'), printed("PID\n11\n"));
  gpu_processes("11, GPU-1, 100\n");
  const Facts facts = collect();
  EXPECT_EQ(facts.gpu_processes->at(0).container_id, std::string(64, '9'));
  EXPECT_EQ(runner.count_started("docker top"), 10U);
  EXPECT_EQ(runner.most_at_once(), 5U) << "four tops beside docker stats";
}

TEST_F(DockerCli, RestartingContainersAreNotAskedForProcesses) {
  runner.answer("docker ps",
                printed(ps_line(kTaskA, "task_1", "restarting") + ps_line(kTaskB, "task_2")));
  gpu_processes("11, GPU-1, 100\n");
  (void)collect();
  EXPECT_EQ(runner.count_started("docker top " + kTaskA), 0U);
  EXPECT_EQ(runner.count_started("docker top " + kTaskB), 1U);
}

TEST_F(DockerCli, ForeignProcessIsAskedForOnlyOnce) {
  gpu_processes("11, GPU-1, 100\n");
  files.files["/proc/11/cgroup"] = "0::/user.slice\n";
  files.files["/proc/11/stat"] = "11 (Xorg :0) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 4711 0\n";
  (void)collect();
  EXPECT_EQ(runner.count_started("docker top"), 2U);
  const Facts facts = collect();
  EXPECT_FALSE(facts.gpu_processes->at(0).container_id);
  EXPECT_EQ(runner.count_started("docker top"), 2U);
}

TEST_F(DockerCli, ForeignProcessIsAskedForAgainWhenItsPidIsReused) {
  gpu_processes("11, GPU-1, 100\n");
  files.files["/proc/11/stat"] = "11 (a) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 4711 0\n";
  (void)collect();
  files.files["/proc/11/stat"] = "11 (b) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 5000 0\n";
  (void)collect();
  EXPECT_EQ(runner.count_started("docker top"), 4U);
}

TEST_F(DockerCli, ForeignProcessIsAskedForAgainWhenAnotherTaskHasStarted) {
  gpu_processes("11, GPU-1, 100\n");
  (void)collect();
  const std::string new_id(64, 'd');
  runner.answer("docker ps", printed(ps_line(kTaskA, "task_1") + ps_line(new_id, "task_3")));
  runner.answer("docker top " + new_id, printed("PID\n11\n"));
  EXPECT_EQ(collect().gpu_processes->at(0).container_id, new_id);
}

TEST_F(DockerCli, ContainerThatHasJustEndedIsNoFailureOfDockerTop) {
  gpu_processes("11, GPU-1, 100\n");
  runner.answer("docker top " + kTaskA,
                failed(1, "Error response from daemon: No such container: a\n"));
  runner.answer("docker top " + kTaskB, printed("PID\n11\n"));
  const Facts facts = collect();
  EXPECT_EQ(facts.gpu_processes->at(0).container_id, kTaskB);
  EXPECT_TRUE(facts.conditions.empty());
}

TEST_F(DockerCli, ADockerTopThatPrintsWhatCannotBeReadHasNotAnswered) {
  gpu_processes("11, GPU-1, 100\n");
  for (const char* garbage : {"", "busy?!\n", "PI", "PID\n1", "PID\n1\nx\n"}) {
    runner.answer("docker top", printed(garbage));
    const Facts facts = collect();
    EXPECT_TRUE(facts.gpu_processes->at(0).owner_unknown) << garbage;
    ASSERT_EQ(facts.conditions.size(), 1U) << garbage;
    EXPECT_EQ(facts.conditions[0].key, "docker top");
  }
  runner.answer("docker top", printed("PID\n"));
  runner.answer("docker top " + kTaskB, printed("PID\n11\n"));
  EXPECT_EQ(collect().gpu_processes->at(0).container_id, kTaskB) << "it is asked again";
}

TEST_F(DockerCli, AForeignProcessIsKnownToBeInNoContainer) {
  gpu_processes("11, GPU-1, 100\n");
  (void)collect();
  EXPECT_FALSE(collect().gpu_processes->at(0).owner_unknown);
}

TEST_F(DockerCli, FailingDockerTopIsStatedOnce) {
  gpu_processes("11, GPU-1, 100\n");
  runner.answer("docker top", failed(1, "Error response from daemon: ps: bad option\n"));
  const Facts facts = collect();
  EXPECT_FALSE(facts.gpu_processes->at(0).container_id);
  ASSERT_EQ(facts.conditions.size(), 1U);
  EXPECT_NE(facts.conditions[0].message.find("ps: bad option"), std::string::npos);
}

TEST_F(DockerCli, TheEndOfATaskIsStatedWithItsExitCodeAndTheRunOfItsReadings) {
  const Facts before = collect();
  const std::uint64_t run = before.containers->at(0).run;
  EXPECT_NE(run, 0U);
  EXPECT_NE(run, before.containers->at(1).run);
  EXPECT_EQ(before.containers->at(2).run, 0U) << "it is no task";
  runner.answer("docker ps", printed(ps_line(kTaskB, "task_2")));
  runner.answer("docker events", printed(event_line("die", kTaskA, "task_1", "3")));
  const Facts facts = collect();
  ASSERT_EQ(facts.ended_runs.size(), 1U);
  EXPECT_EQ(facts.ended_runs[0].container_name, "task_1");
  EXPECT_EQ(facts.ended_runs[0].run, run);
  EXPECT_EQ(facts.ended_runs[0].exit_code, 3);
  EXPECT_EQ(facts.ended_runs[0].oom_killed, false);
  EXPECT_EQ(facts.ended_runs[0].started_at, before.containers->at(0).started_at);
  EXPECT_TRUE(facts.ended_runs[0].started_at);
}

TEST_F(DockerCli, ATaskBetweenTwoRoundsIsStatedAsEndedThoughNobodyHasSeenIt) {
  runner.answer("docker ps", printed(""));
  runner.answer(
      "docker events",
      printed(event_line("start", kTaskA, "task_1") + event_line("oom", kTaskA, "task_1") +
              event_line("die", kTaskA, "task_1", "137") + event_line("die", kOther, "web", "0")));
  const Facts facts = collect();
  ASSERT_EQ(facts.ended_runs.size(), 1U) << "the others are no tasks";
  EXPECT_EQ(facts.ended_runs[0].exit_code, 137);
  EXPECT_EQ(facts.ended_runs[0].oom_killed, true);
  EXPECT_TRUE(facts.ended_runs[0].started_at);
}

TEST_F(DockerCli, EventsAreAskedForWithoutAGap) {
  (void)collect();
  clock.wall += std::chrono::seconds(5);
  (void)collect();
  EXPECT_EQ(runner.count_started("docker events --since 1749030268.000000001 --until "
                                 "1749030273.000000000 "),
            1U);
}

TEST_F(DockerCli, FailingEventsAreStatedAndTheEndIsLookedUpWithInspect) {
  (void)collect();
  runner.answer("docker events", failed(1, "unknown flag\n"));
  runner.answer("docker ps", printed(ps_line(kTaskB, "task_2")));
  runner.answer("docker inspect",
                printed(kTaskA + "\tfalse\t2026-11-22T09:00:00Z\t2026-11-22T09:01:00Z\t7\ttrue\n"));
  Facts facts = collect();
  ASSERT_EQ(facts.conditions.size(), 1U);
  EXPECT_EQ(facts.conditions[0].key, "docker events");
  EXPECT_TRUE(facts.ended_runs.empty()) << "the next round's events may tell";
  facts = collect();
  ASSERT_EQ(facts.ended_runs.size(), 1U);
  EXPECT_EQ(facts.ended_runs[0].exit_code, 7);
  EXPECT_EQ(facts.ended_runs[0].oom_killed, true);
}

TEST_F(DockerCli, EventsThatCannotBeReadAreAskedForAgainAsAWhole) {
  const std::string die = event_line("die", kTaskA, "task_1", "3");
  (void)collect();
  clock.wall += std::chrono::seconds(5);
  for (const std::string& answer : {die + "busy?!\n", die + die.substr(0, 20)}) {
    runner.answer("docker events", printed(answer));
    const Facts facts = collect();
    EXPECT_TRUE(facts.ended_runs.empty());
    ASSERT_EQ(facts.conditions.size(), 1U);
    EXPECT_EQ(facts.conditions[0].key, "docker events");
  }
  runner.answer("docker events", printed(die));
  EXPECT_EQ(collect().ended_runs.size(), 1U);
  EXPECT_EQ(runner.count_started("docker events --since 1749030268.000000001 "), 3U);
}

TEST_F(DockerCli, EventsThatFailedStillFailWhileTheyAreLate) {
  runner.answer("docker events", ended_as(Status::timed_out));
  EXPECT_EQ(collect().conditions.size(), 1U);
  runner.set_slow("docker events");
  const auto late = source.collect(due());
  ASSERT_EQ(late->conditions.size(), 1U);
  EXPECT_EQ(late->conditions[0].key, "docker events");
}

TEST_F(DockerCli, WhatIsLateInEventsIsTakenWhenItComes) {
  (void)collect();
  runner.set_slow("docker events");
  runner.answer("docker events", printed(event_line("die", kTaskA, "task_1", "0")));
  runner.answer("docker ps", printed(ps_line(kTaskB, "task_2")));
  const auto late = source.collect(due());
  ASSERT_TRUE(late);
  EXPECT_TRUE(late->ended_runs.empty());
  runner.set_quick();
  EXPECT_EQ(collect().ended_runs.size(), 1U);
  EXPECT_EQ(runner.count_started("docker events"), 2U);
}

TEST_F(DockerCli, EventsAreWaitedForNoLongerThanNeedsBeWhereReadingsAreWaitedForUntilTheyCome) {
  ASSERT_TRUE(source.collect(SteadyTime::max()));
  EXPECT_EQ(runner.last_due("docker stats"), SteadyTime::max());
  EXPECT_EQ(runner.last_due("docker events"), clock.now() + std::chrono::seconds(2));
}

TEST_F(DockerCli, EventsThatHangHoldUpNobodysReadings) {
  runner.set_slow("docker events");
  for (int round = 0; round < 3; ++round) {
    const auto facts = source.collect(due());
    ASSERT_TRUE(facts);
    EXPECT_TRUE(facts->containers->at(0).stats);
    EXPECT_NE(facts->containers->at(0).run, 0U);
    ASSERT_EQ(facts->conditions.size(), 1U);
    EXPECT_FALSE(facts->conditions[0].follow_up) << "slow is said once";
  }
  EXPECT_EQ(runner.count_started("docker stats"), 3U);
  EXPECT_EQ(runner.count_started("docker events"), 1U);
}

TEST_F(DockerCli, ARunThatEndsBeforeDockerStatsAnswersIsStatedWithItsReading) {
  runner.set_slow("docker stats");
  const auto late = source.collect(due());
  ASSERT_TRUE(late);
  const std::uint64_t run = late->containers->at(0).run;
  EXPECT_NE(run, 0U);
  const std::string restarted =
      event_line("die", kTaskA, "task_1", "0") + event_line("start", kTaskA, "task_1");
  runner.answer("docker events", printed(restarted));
  for (int round = 0; round < 3; ++round) {
    clock.wall += std::chrono::seconds(5);
    const auto facts = source.collect(due());
    EXPECT_TRUE(facts->ended_runs.empty()) << "a reading may follow";
    EXPECT_FALSE(facts->ends_stated_until) << "a recorder that stops now has not stated it";
  }
  runner.set_quick();
  const Facts facts = collect();
  EXPECT_TRUE(facts.containers->at(0).stats);
  EXPECT_EQ(facts.containers->at(0).run, run) << "and not the one that has begun since";
  ASSERT_EQ(facts.ended_runs.size(), 1U) << "the old list still names it";
  EXPECT_EQ(facts.ended_runs[0].run, run);
  EXPECT_TRUE(facts.ends_stated_until);
  runner.answer("docker events", printed(""));
  EXPECT_NE(collect().containers->at(0).run, run);
}

/// One task whose container is restarted while a round goes on. Times in seconds after docker stats
/// was asked, which takes two.
class RestartedMeanwhile : public DockerCli {
 protected:
  void SetUp() override {
    DockerCli::SetUp();
    runner.answer("docker ps", printed(ps_line(kTaskA, "task_1")));
    runner.answer("docker inspect", printed(inspected(-100)));
    CommandOutcome stats = printed(stats_line(kTaskA, "1.00%"));
    stats.took = std::chrono::seconds(2);
    runner.answer("docker stats", stats);
    first_run = collect().containers->at(0).run;
    next_round();
  }
  void next_round() {
    clock.wall += std::chrono::seconds(60);
    clock.pass(std::chrono::seconds(60));
  }
  [[nodiscard]] std::int64_t nanoseconds_at(double after_asking) const {
    return (clock.wall.time_since_epoch() + std::chrono::duration_cast<WallTime::duration>(
                                                std::chrono::duration<double>(after_asking)))
        .count();
  }
  [[nodiscard]] std::string event_at(const std::string& action, double after_asking) const {
    std::string line = event_line(action, kTaskA, "task_1", "0");
    const std::string told = "1795338669000000000";
    return line.replace(line.find(told), told.size(), std::to_string(nanoseconds_at(after_asking)));
  }
  [[nodiscard]] std::string restart(double die, double start) const {
    return event_at("die", die) + event_at("start", start);
  }
  [[nodiscard]] std::string inspected(double started) const {
    const std::time_t second = nanoseconds_at(started) / 1'000'000'000;
    std::tm parts{};
    std::array<char, 32> text{};
    gmtime_r(&second, &parts);
    std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
    return kTaskA + "\ttrue\t" + text.data() + "\t0001-01-01T00:00:00Z\t0\tfalse\n";
  }
  Facts collect_with(const std::string& events) {
    runner.answer("docker events", printed(events));
    return collect();
  }

  std::uint64_t first_run = 0;
};

TEST_F(RestartedMeanwhile, TheReadingIsOfTheRunThatBeganBeforeDockerStatsWasAsked) {
  const Facts facts = collect_with(restart(-0.5, -0.2));
  const Container& container = facts.containers->at(0);
  EXPECT_TRUE(container.stats);
  EXPECT_NE(container.run, first_run);
  EXPECT_NE(container.run, 0U);
  EXPECT_EQ(container.started_at->time_since_epoch().count(), nanoseconds_at(-0.2));
  ASSERT_EQ(facts.ended_runs.size(), 1U);
  EXPECT_EQ(facts.ended_runs[0].run, first_run);
}

TEST_F(RestartedMeanwhile, TheReadingThatMayBeOfTwoRunsIsOfNone) {
  using Restarts = std::vector<std::pair<double, double>>;
  for (const Restarts& restarts : {Restarts{{0.5, 1}}, {{1.8, 2.3}}, {{-1, -0.5}, {1, 1.5}}}) {
    std::string events;
    for (const auto& [die, start] : restarts) {
      events += restart(die, start);
    }
    const Facts facts = collect_with(events);
    EXPECT_FALSE(facts.containers->at(0).stats) << events;
    EXPECT_FALSE(facts.ended_runs.empty());
    next_round();
    EXPECT_TRUE(collect_with("").containers->at(0).stats) << "the next one is sure";
    next_round();
  }
}

TEST_F(RestartedMeanwhile, TheReadingIsOfTheOnlyRunThatThereWas) {
  const Facts ended_after = collect_with(event_at("die", 1));
  EXPECT_TRUE(ended_after.containers->at(0).stats);
  EXPECT_EQ(ended_after.containers->at(0).run, first_run);
  EXPECT_EQ(ended_after.ended_runs.at(0).run, first_run);
}

TEST_F(RestartedMeanwhile, ARestartAfterDockerStatsHadAnsweredChangesNothing) {
  const Facts facts = collect_with(restart(2.5, 3.5));
  EXPECT_TRUE(facts.containers->at(0).stats);
  EXPECT_EQ(facts.containers->at(0).run, first_run);
}

TEST_F(RestartedMeanwhile, AfterTwoRestartsTheReadingIsOfTheLastRun) {
  const Facts facts = collect_with(restart(-3, -2) + restart(-1, -0.5));
  ASSERT_EQ(facts.ended_runs.size(), 2U);
  EXPECT_TRUE(facts.containers->at(0).stats);
  EXPECT_GT(facts.containers->at(0).run, facts.ended_runs[1].run);
  EXPECT_NE(facts.ended_runs[1].run, first_run);
}

TEST_F(RestartedMeanwhile, WhereTheEventsFailAnInspectionTells) {
  runner.answer("docker events", failed(1, "unknown flag\n"));
  runner.answer("docker inspect", printed(inspected(1)));
  const Facts meanwhile = collect();
  EXPECT_FALSE(meanwhile.containers->at(0).stats);
  ASSERT_EQ(meanwhile.ended_runs.size(), 1U);
  EXPECT_EQ(meanwhile.ended_runs[0].run, first_run);
  const std::uint64_t second_run = meanwhile.ended_runs[0].run + 1;
  next_round();
  runner.answer("docker inspect", printed(inspected(-5)));
  const Facts before = collect();
  EXPECT_TRUE(before.containers->at(0).stats);
  EXPECT_NE(before.containers->at(0).run, first_run);
  EXPECT_EQ(before.ended_runs.at(0).run, second_run);
}

TEST_F(RestartedMeanwhile, EventsThatWereAskedForEarlierDoNotTellEnough) {
  runner.set_slow("docker events");
  (void)source.collect(due());
  runner.set_quick();
  runner.answer("docker inspect", printed(inspected(1)));
  EXPECT_FALSE(collect().containers->at(0).stats);
}

TEST_F(RestartedMeanwhile, WhatOnlyAnInspectionTellsMayHideMoreRuns) {
  runner.answer("docker events", failed(1, "unknown flag\n"));
  runner.answer("docker inspect", printed(inspected(30)));
  EXPECT_FALSE(collect().containers->at(0).stats);
}

TEST_F(RestartedMeanwhile, AStepOfTheWallClockMeanwhileMakesItUnsure) {
  for (const auto step : {std::chrono::hours(1), std::chrono::hours(-1)}) {
    runner.set_slow("docker stats");
    (void)source.collect(due());
    const std::string events = restart(-0.5, -0.2);
    clock.wall += step;
    runner.set_quick();
    const Facts facts = collect_with(events);
    EXPECT_EQ(facts.ended_runs.size(), 1U);
    EXPECT_EQ(facts.containers->at(0).stats.has_value(), step > std::chrono::hours(0))
        << "docker may have told it by either clock";
    clock.wall -= step;
    next_round();
  }
}

TEST_F(DockerCli, ARunThatAnEarlierRecorderLeftOpenIsInspectedAtOnce) {
  const std::string past(64, 'd');
  source.resume({{.container_id = past,
                  .container_name = "task_9",
                  .started_at = clock.wall - std::chrono::seconds(200)}},
                clock.wall - std::chrono::seconds(100));
  runner.answer("docker inspect", failed(1, "Error: No such container: " + past + "\n"));
  const Facts facts = collect();
  EXPECT_EQ(runner.count_started("docker events --since 1749030168.000000000 "), 1U);
  ASSERT_EQ(facts.ended_runs.size(), 1U);
  EXPECT_EQ(facts.ended_runs[0].container_name, "task_9");
  EXPECT_FALSE(facts.ended_runs[0].exit_code) << "it has been removed";
}

TEST_F(DockerCli, AListThatIsLateIsWaitedForInTheNextRound) {
  runner.set_slow("docker ps");
  const auto late = source.collect(due());
  ASSERT_TRUE(late);
  EXPECT_FALSE(late->containers);
  ASSERT_EQ(late->conditions.size(), 1U);
  EXPECT_FALSE(late->conditions[0].follow_up) << "slow is said once";
  runner.set_quick();
  EXPECT_TRUE(collect().containers->at(0).stats);
  EXPECT_EQ(runner.count_started("docker ps"), 1U);
}

TEST_F(DockerCli, StatsThatAreLateBelongToTheRoundInWhichTheyCome) {
  runner.set_slow("docker stats");
  const auto late = source.collect(due());
  ASSERT_TRUE(late);
  EXPECT_EQ(late->containers->size(), 3U);
  EXPECT_FALSE(late->containers->at(0).stats);
  EXPECT_TRUE(late->gpu_processes);
  ASSERT_EQ(late->conditions.size(), 1U);
  runner.answer("docker ps", printed(""));  // nobody asks for it meanwhile
  runner.set_quick();
  const Facts facts = collect();
  EXPECT_EQ(facts.containers->at(0).stats->cpu_percent, 1.0);
  EXPECT_TRUE(facts.conditions.empty());
  EXPECT_EQ(runner.count_started("docker stats"), 1U);
  EXPECT_TRUE(collect().containers->empty()) << "then it is asked for anew";
}

TEST_F(DockerCli, LateStatsAreDatedWhenTheyCame) {
  CommandOutcome stats = printed(stats_line(kTaskA, "1.00%"));
  stats.took = std::chrono::seconds(6);
  runner.answer("docker stats", stats);
  const WallTime started = clock.wall;
  runner.set_slow("docker stats");
  (void)source.collect(due());
  clock.wall += std::chrono::seconds(9);
  runner.set_quick();
  EXPECT_EQ(collect().containers->at(0).stats->read_at, started + std::chrono::seconds(6));
}

TEST_F(DockerCli, StatsThatHaveFailedStillFailWhileTheyAreLate) {
  runner.answer("docker stats", ended_as(Status::timed_out));
  const Facts failed = collect();
  runner.set_slow("docker stats");
  const auto late = source.collect(due());
  ASSERT_EQ(late->conditions.size(), 1U);
  EXPECT_EQ(late->conditions[0].key, failed.conditions[0].key);
}

TEST_F(DockerCli, WhatIsLateInTheLastRoundIsWaitedFor) {
  EXPECT_FALSE(source.remaining().containers);
  runner.set_slow("docker stats");
  (void)source.collect(due());
  const Facts facts = source.remaining();
  EXPECT_EQ(facts.containers->at(0).stats->cpu_percent, 1.0);
  EXPECT_EQ(runner.unfinished(), 0U);
}

TEST_F(DockerCli, LateGpuToolsLeaveTheRestRecorded) {
  runner.set_slow("nvidia-smi");
  const auto facts = source.collect(due());
  EXPECT_TRUE(facts->containers->at(0).stats);
  EXPECT_FALSE(facts->gpu_processes);
  EXPECT_EQ(runner.unfinished(), 1U);
}

TEST_F(DockerCli, ADockerTopThatIsLateIsAbandonedAndThereIsOnlyOne) {
  gpu_processes("11, GPU-1, 100\n");
  runner.set_slow("docker top");
  const Facts facts = collect();
  EXPECT_TRUE(facts.containers->at(0).stats);
  EXPECT_FALSE(facts.gpu_processes->at(0).container_id);
  EXPECT_EQ(runner.count_started("docker top"), 1U);
  EXPECT_EQ(runner.abandoned(), 1U);
  ASSERT_EQ(facts.conditions.size(), 1U);
  EXPECT_EQ(facts.conditions[0].key, "docker top");
}

}  // namespace
}  // namespace wemol
