// The figures of the library beside those that /proc has for everybody.
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cmath>

#include <gtest/gtest.h>

#include <wemol/monitor.h>

#include "run_lines.h"
#include "temp_dir.h"

namespace wemol::test {
namespace {

using namespace std::chrono_literals;
using namespace wemol::monitor;

std::map<std::string, std::uint64_t> meminfo() {
  std::map<std::string, std::uint64_t> bytes;
  std::ifstream input("/proc/meminfo");
  for (std::string line; std::getline(input, line);) {
    std::istringstream words(line);
    std::string name;
    std::uint64_t kib = 0;
    if (words >> name >> kib) {
      bytes[name] = kib * 1024;
    }
  }
  return bytes;
}

class SdkFigures : public testing::Test {
 protected:
  static Record newest() {
    RunSystemMonitor monitor = get_run_system_monitor("figures", {.collect_interval = 100ms});
    monitor.start();
    std::optional<Record> record = monitor.get_current_metrics();
    cleanup_run_monitor("figures");
    return record.value_or(Record{});
  }
};

TEST_F(SdkFigures, MemoryIsWhatTheKernelSays) {
  const Record record = newest();
  auto bytes = meminfo();
  EXPECT_EQ(record.memory.total, bytes["MemTotal:"]);
  EXPECT_EQ(record.memory.swap.total, bytes["SwapTotal:"]);
  const auto used = static_cast<double>(bytes["MemTotal:"] - bytes["MemAvailable:"]);
  ASSERT_TRUE(record.memory.used && record.memory.usage);
  // It moves meanwhile.
  EXPECT_NEAR(static_cast<double>(*record.memory.used), used,
              0.03 * static_cast<double>(bytes["MemTotal:"]));
  EXPECT_NEAR(
      *record.memory.usage,
      100.0 * static_cast<double>(*record.memory.used) / static_cast<double>(*record.memory.total),
      0.01);
}

TEST_F(SdkFigures, CpusAreThoseThatAreOnline) {
  const Record record = newest();
  EXPECT_EQ(record.cpu.cores.size(), static_cast<std::size_t>(sysconf(_SC_NPROCESSORS_ONLN)));
  ASSERT_TRUE(record.cpu.overall);
  EXPECT_GE(*record.cpu.overall, 0);
  EXPECT_LE(*record.cpu.overall, 100);
  ASSERT_TRUE(record.cpu.load_average);
  double load[3];
  ASSERT_EQ(getloadavg(load, 3), 3);
  EXPECT_NEAR((*record.cpu.load_average)[2], load[2], 0.5);
  EXPECT_GT(record.cpu.processes.value_or(0), 1U);
}

TEST_F(SdkFigures, ABusyRunIsSeenInItsOwnShare) {
  RunSystemMonitor monitor = get_run_system_monitor("busy", {.collect_interval = 500ms});
  monitor.start();
  std::atomic<bool> goes_on = true;
  std::thread busy([&] {
    while (goes_on) {
    }
  });
  double most = 0;
  std::uint64_t resident = 0;
  for (int i = 0; i < 40 && most < 30; ++i) {
    std::this_thread::sleep_for(100ms);
    if (const auto record = monitor.get_current_metrics(); record && record->run) {
      most = std::max(most, record->run->cpu.value_or(0));
      resident = record->run->memory.value_or(0);
    }
  }
  goes_on = false;
  busy.join();
  cleanup_run_monitor("busy");
  // A thread that never waits, on CPUs that others use too.
  EXPECT_GT(most, 30);
  EXPECT_GT(resident, 1U << 20U);
}

TEST_F(SdkFigures, TheRecordIsThatOfItsJson) {
  const Record record = newest();
  const auto json = nlohmann::json::parse(record.json);
  EXPECT_EQ(json["timestamp"], record.timestamp);
  EXPECT_EQ(json["nodeId"], record.node_id);
  EXPECT_EQ(json["memory"]["used"], *record.memory.used);
  EXPECT_EQ(json["cpu"]["cores"].size(), record.cpu.cores.size());
  for (const char* const part : {"cpu", "memory", "disk", "network", "accelerators"}) {
    EXPECT_TRUE(json.contains(part)) << part;
  }
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count();
  EXPECT_NEAR(static_cast<double>(record.timestamp), static_cast<double>(now), 5000);
}

TEST_F(SdkFigures, TheSystemIsThisOne) {
  utsname name{};
  ASSERT_EQ(uname(&name), 0);
  const SystemInfo info = get_run_system_monitor("figures").get_system_info();
  EXPECT_EQ(info.hostname, name.nodename);
  EXPECT_EQ(info.architecture, name.machine);
  EXPECT_EQ(info.memory_total, meminfo()["MemTotal:"]);
  EXPECT_EQ(info.cpu_threads, static_cast<std::uint64_t>(sysconf(_SC_NPROCESSORS_ONLN)));
  EXPECT_EQ(nlohmann::json::parse(info.json)["hostname"], name.nodename);
  EXPECT_TRUE(nlohmann::json::parse(info.json).contains("gpu_count"));
  cleanup_run_monitor("figures");
}

TEST_F(SdkFigures, LinesHaveThemUnderTheirNames) {
  const TempDir dir;
  monitor::Run run =
      init({.run_id = "lines", .collect_interval = 100ms, .dir = dir.path().string()});
  ASSERT_TRUE(get_run_system_monitor("lines").get_current_metrics());
  EXPECT_TRUE(run.log({{"loss", 1}}));
  const auto line = run_lines(run.finish().file).at(0);
  for (const char* const name :
       {"system.cpu.usage_percent", "system.cpu.core0.usage_percent", "system.cpu.load_avg_1min",
        "system.memory.used_bytes", "system.memory.usage_percent"}) {
    EXPECT_TRUE(line.contains(name)) << name;
  }
}

}  // namespace
}  // namespace wemol::test
