#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <limits>
#include <semaphore>
#include <stdexcept>

#include <gtest/gtest.h>

#include <wemol/monitor.h>

#include "fake_host.h"
#include "host_access.h"
#include "run_handle.h"
#include "run_lines.h"
#include "temp_dir.h"

namespace wemol::sdk {

HostAccess real_host_access() {
  return test::FakeHost::instance().access();
}

namespace {

using namespace std::chrono_literals;
using namespace wemol::monitor;
using test::run_lines;
using test::sample_with_cpu;

class MonitorTest : public testing::Test {
 protected:
  MonitorTest() { set_host_access(host.access()); }
  ~MonitorTest() override { set_host_access(test::FakeHost::instance().access()); }

  [[nodiscard]] RunOptions options(const std::string& id = "run") const {
    return {.project = "project", .run_id = id, .dir = dir.path().string()};
  }
  [[nodiscard]] SystemMonitorOptions monitor_options() const {
    return {.project = "project", .dir = dir.path().string()};
  }
  [[nodiscard]] std::filesystem::path file(const std::string& id = "run") const {
    return dir / "project" / (id + ".jsonl");
  }
  static void wait_for(const std::function<bool()>& done) {
    while (!done()) {
      std::this_thread::sleep_for(1ms);
    }
  }

  test::TempDir dir;
  test::FakeHost host;
};

TEST_F(MonitorTest, ARunLogsBesideTheNewestSample) {
  monitor::Run run = init(options());
  EXPECT_EQ(run.id(), "run");
  EXPECT_EQ(run.project(), "project");
  EXPECT_EQ(host.interval(), 15s);
  EXPECT_TRUE(run.log({{"loss", 1.5}})) << "there is no sample yet";
  host.give(sample_with_cpu(40));
  EXPECT_TRUE(run.log({{"loss", 1.25}, {"note", "x"}}));
  EXPECT_TRUE(run.log(std::map<std::string, double>{{"loss", 1.0}}, 10));
  const RunStatus status = run.finish();
  EXPECT_TRUE(status.is_finished);
  EXPECT_EQ(status.lines_written, 3U);
  EXPECT_EQ(status.file, file().string());
  const auto lines = run_lines(file());
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_FALSE(lines[0].contains("system.cpu.usage_percent"));
  EXPECT_EQ(lines[1]["system.cpu.usage_percent"], 40);
  EXPECT_EQ(lines[1]["loss"], 1.25);
  EXPECT_EQ(lines[2]["_step"], 10);
}

TEST_F(MonitorTest, FinishIsOnceAndLeavesOtherRunsAlone) {
  monitor::Run first = init(options("first"));
  monitor::Run second = init(options("second"));
  EXPECT_EQ(host.feeds, 1);
  first.finish();
  first.finish();
  EXPECT_FALSE(first.log({{"loss", 1}}));
  EXPECT_EQ(host.feeds, 1);
  host.give(sample_with_cpu(40));
  EXPECT_TRUE(second.log({{"loss", 1}}));
  EXPECT_EQ(run_lines(file("second")).back()["system.cpu.usage_percent"], 40);
  second.finish();
  EXPECT_EQ(host.feeds, 0);
  EXPECT_FALSE(std::filesystem::exists(file("first"))) << "a run without lines has no file";
}

TEST_F(MonitorTest, ADestroyedRunIsFinished) {
  {
    const monitor::Run run = init(options());
    EXPECT_EQ(host.feeds, 1);
  }
  EXPECT_EQ(host.feeds, 0);
  monitor::Run moved = init(options());
  monitor::Run target = std::move(moved);
  EXPECT_TRUE(target.log({}));
  EXPECT_FALSE(moved.log({}));  // NOLINT(bugprone-use-after-move): that is what is asked
  target = init(options("other"));
  EXPECT_EQ(target.id(), "other");
  EXPECT_EQ(host.feeds, 1);
}

TEST_F(MonitorTest, ARunWithoutMonitorDoesNotSample) {
  RunOptions without = options();
  without.system_monitor = false;
  monitor::Run run = init(without);
  EXPECT_EQ(host.feeds_started, 0);
  const monitor::Run other = init(options("other"));
  host.give(sample_with_cpu(40));
  EXPECT_TRUE(run.log({{"loss", 1}}));
  EXPECT_FALSE(run_lines(file()).back().contains("system.cpu.usage_percent"));
}

TEST_F(MonitorTest, TheShortestIntervalCounts) {
  RunOptions fast = options("fast");
  fast.collect_interval = 100ms;
  const monitor::Run slow = init(options("slow"));
  {
    const monitor::Run run = init(fast);
    EXPECT_EQ(host.interval(), 100ms);
  }
  EXPECT_EQ(host.interval(), 15s);
}

TEST_F(MonitorTest, WrongIntervalsAreArguments) {
  for (const double seconds : {0.0999, 0.0, -1.0, std::numeric_limits<double>::quiet_NaN()}) {
    RunOptions wrong = options();
    wrong.collect_interval = std::chrono::duration<double>(seconds);
    EXPECT_THROW((void)init(wrong), std::invalid_argument) << seconds;
    EXPECT_THROW((void)get_run_system_monitor(
                     "run", {.collect_interval = std::chrono::duration<double>(seconds)}),
                 std::invalid_argument);
    EXPECT_THROW(
        (void)monitor_hardware("run").monitor_hardware(std::chrono::duration<double>(seconds)),
        std::invalid_argument);
  }
  RunOptions longest = options();
  longest.collect_interval = std::chrono::duration<double>(std::numeric_limits<double>::infinity());
  EXPECT_NO_THROW((void)init(longest));
}

TEST_F(MonitorTest, ARunThatIsOpenIsShared) {
  monitor::Run one = init(options());
  monitor::Run same = init(options());
  EXPECT_TRUE(one.log({{"a", 1}}));
  EXPECT_TRUE(same.log({{"a", 2}}));
  EXPECT_EQ(run_lines(file()).back()["_step"], 1);
  same.finish();
  EXPECT_FALSE(one.log({{"a", 3}}));
  monitor::Run next = init(options());
  EXPECT_TRUE(next.log({{"a", 4}}));
  EXPECT_EQ(run_lines(file()).back()["_step"], 2) << "its steps go on";
}

TEST_F(MonitorTest, GettersTellWhatTheNewestSampleSays) {
  const HardwareMonitor hardware = monitor_hardware("run");
  const GpuMonitor gpus = monitor_gpu("run");
  const CpuMonitor cpu = monitor_cpu("run");
  const MemoryMonitor memory = monitor_memory("run");
  HostSample sample = sample_with_cpu(40);
  sample.load_averages = {1, 5, 15};
  sample.swap_used_bytes = 7;
  sample.memory.swap_total_bytes = 70;
  sample.gpus->push_back(test::gpu(0, 80));
  sample.gpus->push_back(test::gpu(1, {}));
  host.give(sample);

  const HardwareSummary summary = hardware.get_hardware_summary();
  EXPECT_EQ(summary.cpu.overall, 40);
  EXPECT_EQ(summary.memory.usage, 25);
  ASSERT_EQ(summary.gpu.size(), 2U);
  EXPECT_EQ(summary.gpu[0].type, "gpu");
  EXPECT_EQ(summary.gpu[0].memory.percentage, 10);
  EXPECT_EQ(gpus.get_gpu_count(), 2U);
  EXPECT_EQ(gpus.get_gpu_info()[1].uuid, "GPU-1");
  EXPECT_EQ(gpus.get_gpu_utilization(), (std::vector<std::optional<double>>{80.0, std::nullopt}));
  EXPECT_EQ(cpu.get_cpu_count(), 1U);
  EXPECT_EQ(cpu.get_cpu_usage(), 40);
  EXPECT_EQ(cpu.get_cpu_load(), (std::array<double, 3>{1, 5, 15}));
  EXPECT_EQ(cpu.get_core_usage(), (std::vector<std::optional<double>>{40.0}));
  EXPECT_EQ(memory.get_memory_usage(), 25);
  EXPECT_EQ(memory.get_memory_bytes().used, 250U);
  EXPECT_EQ(memory.get_swap_info().used, 7U);
  EXPECT_EQ(memory.get_memory_info().swap.total, 70U);
}

TEST_F(MonitorTest, WithoutADriverThereAreNoGpus) {
  GpuMonitor gpus = monitor_gpu("run");
  HostSample sample = sample_with_cpu(40);
  sample.gpus.reset();
  host.give(sample);
  EXPECT_EQ(gpus.get_gpu_count(), 0U);
  EXPECT_TRUE(gpus.get_gpu_info().empty());
  EXPECT_FALSE(gpus.log_gpu_metrics());
  GpuUsageScope scope = gpus.monitor_gpu_usage();
  EXPECT_TRUE(scope.end().empty());
}

TEST_F(MonitorTest, GroupsAreLoggedToTheRunOfThatId) {
  monitor::Run run = init(options());
  HostSample sample = sample_with_cpu(40);
  sample.gpus->push_back(test::gpu(0, 80));
  host.give(sample);
  EXPECT_TRUE(monitor_cpu("run").log_cpu_metrics());
  EXPECT_TRUE(monitor_gpu("run").log_gpu_metrics());
  EXPECT_TRUE(monitor_memory("run").log_memory_metrics());
  EXPECT_TRUE(monitor_hardware("run").log_all_metrics());
  const auto lines = run_lines(file());
  ASSERT_EQ(lines.size(), 4U);
  const std::vector<std::string> names{"system.cpu.usage_percent", "gpu.0.gpu",
                                       "system.memory.usage_percent"};
  for (std::size_t line = 0; line < 4; ++line) {
    for (std::size_t name = 0; name < 3; ++name) {
      EXPECT_EQ(lines[line].contains(names[name]), line == 3 || line == name)
          << line << " " << names[name];
    }
  }
  run.finish();
}

TEST_F(MonitorTest, ARunThatWasNotBegunHasAFileToo) {
  setenv("WEMOL_DIR", dir.path().c_str(), 1);
  HardwareMonitor hardware = monitor_hardware("loose");
  host.give(sample_with_cpu(40));
  EXPECT_TRUE(hardware.log_all_metrics());
  unsetenv("WEMOL_DIR");
  EXPECT_EQ(run_lines(dir / "default" / "loose.jsonl").size(), 1U);
}

TEST_F(MonitorTest, AScopeLogsUntilItsEnd) {
  monitor::Run run = init(options());
  HardwareMonitor hardware = monitor_hardware("run");
  host.give(sample_with_cpu(1));
  {
    const ScopedLogging scope = hardware.monitor_hardware(1s);
    EXPECT_EQ(host.interval(), 1s);
    wait_for([&] { return run.status().lines_written == 1; });
    host.give(sample_with_cpu(2));
    wait_for([&] { return run.status().lines_written == 2; });
    host.give(sample_with_cpu(3));
  }
  EXPECT_EQ(host.interval(), 15s);
  host.give(sample_with_cpu(4));
  const auto lines = run_lines(file());
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[2]["system.cpu.usage_percent"], 3);
}

TEST_F(MonitorTest, AGpuScopeTellsOfItsSpan) {
  GpuMonitor gpus = monitor_gpu("run");
  HostSample sample = sample_with_cpu(1);
  sample.gpus->push_back(test::gpu(0, 10, 100));
  sample.gpus->push_back(test::gpu(1, 90, 200));
  GpuUsageScope all = gpus.monitor_gpu_usage();
  GpuUsageScope one = gpus.monitor_gpu_usage(1);
  EXPECT_EQ(host.interval(), 1s);
  host.give(sample);
  EXPECT_EQ(all.end().size(), 2U);
  ASSERT_EQ(one.end().size(), 1U);
  EXPECT_EQ(one.end()[0].id, 1U) << "the same figures when it is asked again";
  EXPECT_EQ(one.end()[0].utilization->max, 90);
  EXPECT_GT(one.end()[0].duration.count(), 0);
  EXPECT_EQ(host.interval(), 15s);
}

TEST_F(MonitorTest, AMonitorStartsAndStops) {
  RunSystemMonitor monitor = get_run_system_monitor("run", {.project = "project",
                                                            .node_id = "node-7",
                                                            .collect_interval = 5s,
                                                            .dir = dir.path().string()});
  EXPECT_FALSE(monitor.is_running());
  EXPECT_FALSE(monitor.get_current_metrics());
  monitor.start();
  monitor.start();
  EXPECT_EQ(host.interval(), 5s);
  host.give(sample_with_cpu(40));
  const std::optional<Record> record = monitor.get_current_metrics();
  ASSERT_TRUE(record);
  EXPECT_EQ(record->node_id, "node-7");
  EXPECT_EQ(record->cpu.overall, 40);
  EXPECT_EQ(nlohmann::json::parse(record->json)["nodeId"], "node-7");
  EXPECT_EQ(nlohmann::json::parse(record->json)["timestamp"], record->timestamp);
  EXPECT_TRUE(monitor.log_custom_metric("custom.temperature", 45.2));
  EXPECT_EQ(run_lines(file()).back()["custom.temperature"], 45.2);
  EXPECT_EQ(monitor.get_system_info().hostname, "host-1");
  monitor.stop();
  monitor.stop();
  EXPECT_EQ(host.feeds, 0);
  monitor.start();
  EXPECT_EQ(host.feeds, 1);
  cleanup_run_monitor("run", "project");
  cleanup_run_monitor("run", "project");
  cleanup_run_monitor("run");
  EXPECT_EQ(host.feeds, 0);
}

TEST_F(MonitorTest, WhatTheSystemHasIsKnownWithoutAStartToo) {
  const RunSystemMonitor system = get_run_system_monitor("run", monitor_options());
  HostSample sample = sample_with_cpu(40);
  sample.gpus->push_back(test::gpu(0, 80));
  sample.disk_total_bytes = 77;
  std::thread giver([&] { wait_for([&] { return host.give(sample); }); });
  const monitor::SystemInfo info = system.get_system_info();
  giver.join();
  EXPECT_EQ(info.gpu_count, 1U);
  EXPECT_EQ(info.disk_total, 77U);
  const auto json = nlohmann::json::parse(info.json);
  EXPECT_EQ(json["gpu_count"], 1);
  EXPECT_EQ(json["disk_total"], 77);
  EXPECT_EQ(json["gpu_info"], nlohmann::json(info.gpu_info)) << "the same texts";
  EXPECT_EQ(host.feeds, 0) << "that was all";
  EXPECT_FALSE(system.is_running());
}

TEST_F(MonitorTest, AMonitorIsThatOfItsRun) {
  monitor::Run run = init(options());
  RunSystemMonitor monitor = get_run_system_monitor("run");
  EXPECT_TRUE(monitor.is_running());
  EXPECT_TRUE(monitor.log_custom_metric("custom.x", 1));
  EXPECT_EQ(run.status().lines_written, 1U);
  cleanup_run_monitor("run", "another project");
  EXPECT_TRUE(monitor.is_running());
  cleanup_run_monitor("run");
  EXPECT_EQ(host.feeds, 0);
  EXPECT_TRUE(run.log({{"loss", 1}})) << "the run itself goes on";
  run.finish();
  cleanup_run_monitor("run");
}

TEST_F(MonitorTest, CallbacksGetEachRecordUntilTheyUnsubscribe) {
  monitor::Run run = init(options());
  RunSystemMonitor monitor = get_run_system_monitor("run", monitor_options());
  std::atomic<int> calls = 0;
  std::atomic<double> cpu = 0;
  Subscription subscription = monitor.add_callback([&](const Record& record) {
    cpu = record.cpu.overall.value_or(-1);
    ++calls;
  });
  host.give(sample_with_cpu(40));
  wait_for([&] { return calls == 1; });
  EXPECT_EQ(cpu, 40);
  subscription.unsubscribe();
  subscription.unsubscribe();
  host.give(sample_with_cpu(50));
  EXPECT_EQ(calls, 1);
  std::atomic<int> released = 0;
  monitor.add_callback([&](const Record&) { ++released; }).release();
  host.give(sample_with_cpu(60));
  wait_for([&] { return released == 1; });
  run.finish();
  EXPECT_FALSE(host.give(sample_with_cpu(60)));
}

TEST_F(MonitorTest, ACallbackThatThrowsIsToldOfInTheFile) {
  monitor::Run run = init(options());
  RunSystemMonitor monitor = get_run_system_monitor("run", monitor_options());
  const Subscription subscription =
      monitor.add_callback([](const Record&) { throw std::runtime_error("bad \"luck\""); });
  host.give(sample_with_cpu(40));
  wait_for([&] { return !run.status().callback_errors.empty(); });
  host.give(sample_with_cpu(40));
  EXPECT_EQ(run.finish().callback_errors, (std::vector<std::string>{"bad \"luck\""}));
  const auto lines = run_lines(file());
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0]["_event"], "callback_error");
  EXPECT_EQ(lines[0]["_message"], "bad \"luck\"");
}

TEST_F(MonitorTest, ACallbackMayFinishItsRun) {
  monitor::Run run = init(options());
  std::binary_semaphore done(0);
  get_run_system_monitor("run", monitor_options())
      .add_callback([&](const Record&) {
        run.finish();
        cleanup_run_monitor("run");
        done.release();
      })
      .release();
  host.give(sample_with_cpu(40));
  done.acquire();
  EXPECT_FALSE(run.log({}));
}

TEST_F(MonitorTest, SamplingProblemsAreTold) {
  monitor::Run run = init(options());
  HostSample sample = sample_with_cpu(40);
  sample.conditions.push_back({.key = "nvml", .message = "NVML does not answer"});
  sample.conditions.push_back(
      {.key = "no gpu", .severity = Severity::info, .message = "as it should be"});
  host.give(sample);
  EXPECT_EQ(run.status().sampling_problems, (std::vector<std::string>{"NVML does not answer"}));
}

TEST_F(MonitorTest, AFolderThatCannotBeWrittenIsCountedAndTold) {
  std::ofstream(dir / "project") << "a file in the folder's place";
  monitor::Run run = init(options());
  EXPECT_FALSE(run.log({{"loss", 1}}));
  const RunStatus status = run.finish();
  EXPECT_EQ(status.lines_lost, 1U);
  EXPECT_NE(status.last_error, "");
}

struct Trainer {
  explicit Trainer(int rate) : learning_rate(rate) {}
  void finish() {
    if (learning_rate < 0) {
      throw std::runtime_error("the trainer's own");
    }
    has_finished = true;
  }
  int learning_rate;
  bool has_finished = false;
};

TEST_F(MonitorTest, AnyClassMayBeARun) {
  {
    integrate_with_run<Trainer> trainer(options(), 3);
    EXPECT_EQ(host.feeds, 1);
    EXPECT_EQ(trainer.learning_rate, 3);
    EXPECT_TRUE(trainer.run().log({{"loss", 1}}));
    EXPECT_EQ(trainer.finish().lines_written, 1U);
    EXPECT_TRUE(trainer.has_finished);
    EXPECT_EQ(host.feeds, 0);
  }
  integrate_with_run<Trainer> failing(options("failing"), -1);
  EXPECT_THROW(failing.finish(), std::runtime_error);
  EXPECT_EQ(host.feeds, 0) << "its run is finished all the same";
}

TEST_F(MonitorTest, AllRunsFinishAtOnce) {
  monitor::Run first = init(options("first"));
  monitor::Run second = init(options("second"));
  finish_all();
  EXPECT_EQ(host.feeds, 0);
  EXPECT_TRUE(first.status().is_finished);
  EXPECT_FALSE(second.log({}));
  finish_all();
}

std::ptrdiff_t entries(const char* folder) {
  return std::distance(std::filesystem::directory_iterator(folder),
                       std::filesystem::directory_iterator());
}

TEST_F(MonitorTest, TenThousandRunsLeaveNothing) {
  const auto descriptors = entries("/proc/self/fd");
  for (int i = 0; i < 10'000; ++i) {
    if (i % 100 == 0) {  // its end is read whenever it is opened
      std::filesystem::remove(file());
    }
    monitor::Run run = init(options());
    if (i % 10 == 0) {  // with a thread of its own
      RunSystemMonitor system = get_run_system_monitor("run");
      std::binary_semaphore called(0);
      const Subscription subscription =
          system.add_callback([&](const Record&) { called.release(); });
      host.give(sample_with_cpu(1));
      called.acquire();
    }
    ASSERT_TRUE(run.log({{"i", i}}));
  }
  EXPECT_EQ(host.feeds, 0);
  EXPECT_EQ(entries("/proc/self/fd"), descriptors);
  std::ifstream lines(file());
  EXPECT_EQ(std::count(std::istreambuf_iterator<char>(lines), {}, '\n'), 100);
}

TEST_F(MonitorTest, StartAndStopMayComeFromAllSides) {
  monitor::Run run = init(options());
  RunSystemMonitor monitor = get_run_system_monitor("run", monitor_options());
  std::atomic<bool> goes_on = true;
  std::thread giver([&] {
    while (goes_on) {
      host.give(sample_with_cpu(1), 1ms);
    }
  });
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 3; ++thread) {
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) {
        monitor.start();
        const Subscription subscription = monitor.add_callback([](const Record&) {});
        run.log({{"i", i}});
        monitor.stop();
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  goes_on = false;
  giver.join();
  run.finish();
  EXPECT_EQ(host.feeds, 0);
  EXPECT_EQ(run_lines(file()).size(), 600U);
}

}  // namespace
}  // namespace wemol::sdk
