#include <set>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "full_host_sample.h"
#include "host_json.h"
#include "host_report.h"
#include "host_schema.h"
#include "report.h"

namespace wemol::hub {
namespace {

using Json = nlohmann::ordered_json;

Figures figures_in(const Json& report) {
  const auto parsed = parse_report(report.dump());
  EXPECT_TRUE(parsed) << parsed.error().message;
  return parsed ? parsed->figures : Figures();
}

TEST(HubReportFigures, OfTheOldFormHaveTheNamesOfTheSchema) {
  const Figures figures = figures_in(test::old_report());
  EXPECT_EQ(find_figure(figures, "system.cpu.usage_percent"), 12.5);
  EXPECT_EQ(find_figure(figures, "system.memory.total_bytes"), 270276493312.0);
  EXPECT_EQ(find_figure(figures, "system.disk.usage_percent"), 50.0);
  EXPECT_EQ(find_figure(figures, "gpu.0.gpu"), 97.5);
  EXPECT_EQ(find_figure(figures, "gpu.0.memoryAllocatedBytes"), 20480.0 * 1048576);
  EXPECT_EQ(find_figure(figures, "gpu.1.temp"), 33.0);
  EXPECT_EQ(find_figure(figures, "container.jupyter.memory_used_bytes"), 536870912.0);
  EXPECT_EQ(find_figure(figures, "gpu.2.temp"), std::nullopt);
  for (const Figure& figure : figures) {
    EXPECT_TRUE(find_flat_key(figure.name) != nullptr || figure.name.starts_with("container."))
        << figure.name;
  }
}

TEST(HubReportFigures, OfTheRecordComeBeforeTheOldForm) {
  const Figures figures = figures_in(test::agent_report());
  EXPECT_EQ(find_figure(figures, "system.cpu.usage_percent"), 12.75);
  EXPECT_EQ(find_figure(figures, "system.cpu.load_avg_5min"), 4.25);
  EXPECT_EQ(find_figure(figures, "system.cpu.load_avg_15min"), std::nullopt);
  EXPECT_EQ(find_figure(figures, "system.swap.used_bytes"), 0.0);
  EXPECT_EQ(find_figure(figures, "system.disk.io_read_bytes_per_sec"), 1048576.5);
  EXPECT_EQ(find_figure(figures, "system.disk.usage_percent"), 61.5);
  EXPECT_EQ(find_figure(figures, "gpu.0.powerWatts"), 411.25);
  EXPECT_EQ(find_figure(figures, "gpu.0.memoryAllocatedBytes"), 21474836480.0);
  EXPECT_EQ(find_figure(figures, "gpu.0.fanSpeed"), 70.0);
  EXPECT_EQ(find_figure(figures, "gpu.1.gpu"), 0.0);
  std::set<std::string> names;
  for (const Figure& figure : figures) {
    EXPECT_TRUE(names.insert(figure.name).second) << figure.name;
  }
}

TEST(HubReportFigures, OfAContainerAreThoseOfATask) {
  const Figures figures = figures_in(test::agent_report());
  EXPECT_EQ(find_figure(figures, "container.jupyter.cpu_percent"), 799.5);
  EXPECT_EQ(find_figure(figures, "container.jupyter.memory_used_bytes"), 536870913.0);
  EXPECT_EQ(find_figure(figures, "container.jupyter.gpu.0.task_memory_used_bytes"), 1073741824.0);
  EXPECT_EQ(find_figure(figures, "container.jupyter.gpu.0.task_sm_utilization_percent"), 88.5);
  // A counter since its start.
  EXPECT_EQ(find_figure(figures, "container.jupyter.network_received_bytes"), std::nullopt);
}

TEST(HubReportFigures, OfAContainerHaveItsNameAsOnePart) {
  Json report = test::old_report();
  report["system_info"]["docker_containers"][0]["name"] = "a.b*c d";
  EXPECT_EQ(find_figure(figures_in(report), "container.a_b_c_d.memory_used_bytes"), 536870912.0);
}

TEST(HubReportFigures, AreAllThatTheAgentsRecordHas) {
  const HostSample sample = test::full_host_sample();
  Json report = {{"hostname", "gpu7"}};
  report["record"] = Json::parse(host_record_json(sample, "gpu7"));
  const Figures figures = figures_in(report);
  std::size_t count = 0;
  for_each_figure(sample, [&](std::string_view name, double value) {
    // Cores have their own place in the history of nobody.
    if (name.find("core") == std::string_view::npos) {
      ++count;
      const auto found = find_figure(figures, name);
      ASSERT_TRUE(found) << name;
      EXPECT_NEAR(*found, value, 0.001) << name;
    }
  });
  EXPECT_GT(count, 40U);
  EXPECT_EQ(figures.size(), count);
}

}  // namespace
}  // namespace wemol::hub
