#include "host_schema.h"

#include <map>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "full_host_sample.h"

namespace wemol {
namespace {

using Figures = std::map<std::string, double>;

Figures figures_of(const HostSample& sample) {
  Figures figures;
  for_each_figure(sample, [&](std::string_view name, double value) {
    EXPECT_TRUE(figures.emplace(name, value).second) << name << " comes twice";
  });
  return figures;
}

Figures figures_of(const HostSample& sample, const ProcessTreeSample& tree) {
  Figures figures;
  for_each_figure(sample, tree,
                  [&](std::string_view name, double value) { figures.emplace(name, value); });
  return figures;
}

TEST(HostFigures, HaveTheNamesOfTheContract) {
  const Figures figures = figures_of(test::full_host_sample());
  const Figures contract{{"system.cpu.usage_percent", 37.5},
                         {"system.cpu.core0.usage_percent", 50},
                         {"system.cpu.core2.usage_percent", 25},
                         {"system.cpu.core2.frequency_mhz", 800},
                         {"system.cpu.core0.temperature_celsius", 61},
                         {"system.cpu.load_avg_1min", 0.5},
                         {"system.cpu.load_avg_5min", 1.25},
                         {"system.cpu.load_avg_15min", 2},
                         {"system.memory.used_bytes", 17179869184},
                         {"system.memory.usage_percent", 25},
                         {"system.swap.used_bytes", 2147483648},
                         {"system.disk.io_read_bytes_per_sec", 1048576},
                         {"system.disk.io_write_bytes_per_sec", 2097152.5},
                         {"system.network.rx_bytes_per_sec", 12500},
                         {"system.network.tx_packets_per_sec", 80},
                         {"system.pressure.memory_full_percent", 0.125},
                         {"gpu.3.gpu", 80},
                         {"gpu.3.memoryAllocated", 25},
                         {"gpu.3.memoryAllocatedBytes", 6442450944},
                         {"gpu.3.temp", 66},
                         {"gpu.3.powerWatts", 54},
                         {"gpu.3.enforcedPowerLimitWatts", 72},
                         {"gpu.3.powerPercent", 75},
                         {"gpu.3.smClock", 2040},
                         {"gpu.3.memoryClock", 6251},
                         {"gpu.3.fanSpeed", 45},
                         {"gpu.3.correctedMemoryErrors", 2},
                         {"gpu.3.uncorrectedMemoryErrors", 0}};
  for (const auto& [name, value] : contract) {
    ASSERT_TRUE(figures.contains(name)) << name;
    EXPECT_DOUBLE_EQ(figures.at(name), value) << name;
  }
}

TEST(HostFigures, OfARunsProcessesHaveTheGpusIndex) {
  const Figures figures = figures_of(test::full_host_sample(), test::full_process_tree());
  EXPECT_EQ(figures, (Figures{{"system.process.processes", 5},
                              {"system.process.cpu_percent", 180},
                              {"system.process.memory_rss_bytes", 3221225472},
                              {"gpu.process.3.gpu", 70},
                              {"gpu.process.3.memoryAllocatedBytes", 3221225472},
                              {"gpu.process.3.memoryAllocated", 12.5}}));
}

TEST(HostFigures, OnAGpuThatIsNotListedHaveNoName) {
  ProcessTreeSample tree = test::full_process_tree();
  tree.gpus->front().uuid = "GPU-other";
  EXPECT_FALSE(figures_of(test::full_host_sample(), tree).contains("gpu.process.3.gpu"));
  HostSample without = test::full_host_sample();
  without.gpus.reset();
  EXPECT_EQ(figures_of(without, test::full_process_tree()).size(), 3U);
}

TEST(HostFigures, LeaveOutWhatIsUnknown) {
  EXPECT_TRUE(figures_of(HostSample{}).empty());
  HostSample sample = test::full_host_sample();
  sample.cpu_usage_percent.reset();
  sample.load_averages.reset();
  sample.gpus->front().memory_total_bytes = 0;  // no share of nothing
  sample.gpus->front().power_draw_watts.reset();
  const Figures figures = figures_of(sample);
  for (const char* const name :
       {"system.cpu.usage_percent", "system.cpu.load_avg_5min", "gpu.3.memoryAllocated",
        "gpu.3.powerWatts", "gpu.3.powerPercent"}) {
    EXPECT_FALSE(figures.contains(name)) << name;
  }
  EXPECT_TRUE(figures.contains("gpu.3.memoryAllocatedBytes"));
}

TEST(HostFigures, TheLimitAskedForStandsInForTheOneThatHolds) {
  HostSample sample = test::full_host_sample();
  sample.gpus->front().enforced_power_limit_watts.reset();
  EXPECT_EQ(figures_of(sample).at("gpu.3.enforcedPowerLimitWatts"), 80);
  EXPECT_EQ(figures_of(sample).at("gpu.3.powerPercent"), 67.5);
}

TEST(FlatKeys, AreFoundByEachNameThatIsGiven) {
  HostSample sample = test::full_host_sample();
  sample.gpus->front().index = 12;
  const auto expect_found = [](std::string_view name, double /*value*/) {
    EXPECT_NE(find_flat_key(name), nullptr) << name;
  };
  for_each_figure(sample, expect_found);
  for_each_figure(sample, test::full_process_tree(), expect_found);
  EXPECT_EQ(find_flat_key("system.cpu.core17.frequency_mhz")->unit, Unit::megahertz);
  EXPECT_EQ(find_flat_key("gpu.0.memoryAllocatedBytes")->unit, Unit::bytes);
  EXPECT_EQ(find_flat_key("gpu.process.0.memoryAllocatedBytes")->name, "memory");
}

TEST(FlatKeys, AreNotTheCallersNames) {
  for (const char* const name : {"loss", "", "custom.temperature", "gpu", "gpu..gpu", "gpu.x.gpu",
                                 "gpu.0.gpu.1", "gpu.-1.gpu", "system.cpu.core.usage_percent",
                                 "system.cpu.usage", "gpu.process.0", "system.cpu.core1"}) {
    EXPECT_EQ(find_flat_key(name), nullptr) << name;
  }
}

template <typename Fields>
void expect_whole(const Fields& fields, std::set<std::string_view>& flat_keys,
                  std::set<std::string_view>& metrics) {
  std::set<std::string_view> names;
  for (const HostKey& field : fields) {
    EXPECT_TRUE(field.name.empty() || names.insert(field.name).second) << field.name;
    EXPECT_TRUE(field.flat_key.empty() || flat_keys.insert(field.flat_key).second)
        << field.flat_key;
    EXPECT_TRUE(field.metric.empty() || metrics.insert(field.metric).second) << field.metric;
    EXPECT_FALSE(field.name.empty() && field.flat_key.empty() && field.metric.empty());
    EXPECT_FALSE(field.meaning.empty()) << field.name << field.metric;
  }
}

TEST(HostSchema, HasEveryNameOnceAndAMeaningForEach) {
  std::set<std::string_view> flat_keys;
  std::set<std::string_view> metrics;
  expect_whole(host_fields(), flat_keys, metrics);
  expect_whole(core_fields(), flat_keys, metrics);
  expect_whole(core_counter_fields(), flat_keys, metrics);
  expect_whole(gpu_fields(), flat_keys, metrics);
  expect_whole(file_system_fields(), flat_keys, metrics);
  expect_whole(disk_fields(), flat_keys, metrics);
  expect_whole(interface_fields(), flat_keys, metrics);
  expect_whole(tree_fields(), flat_keys, metrics);
  expect_whole(tree_gpu_fields(), flat_keys, metrics);
}

TEST(HostSchema, AMetricsNameEndsWithItsUnit) {
  const auto expect_unit = [](const auto& fields) {
    const std::map<Unit, std::string> ends{
        {Unit::bytes, "_bytes"},     {Unit::percent, "_percent"}, {Unit::seconds, "_seconds"},
        {Unit::celsius, "_celsius"}, {Unit::watts, "_watts"},     {Unit::megahertz, "_hertz"}};
    for (const HostKey& field : fields) {
      std::string_view name = field.metric;
      if (name.ends_with("_total")) {
        name.remove_suffix(6);
      }
      const auto end = ends.find(field.unit);
      EXPECT_TRUE(name.empty() || end == ends.end() || name.ends_with(end->second)) << name;
    }
  };
  expect_unit(host_fields());
  expect_unit(core_fields());
  expect_unit(core_counter_fields());
  expect_unit(gpu_fields());
  expect_unit(file_system_fields());
  expect_unit(disk_fields());
  expect_unit(interface_fields());
}

}  // namespace
}  // namespace wemol
