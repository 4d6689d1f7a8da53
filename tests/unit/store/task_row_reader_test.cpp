#include "task_row_reader.h"

#include <gtest/gtest.h>

#include "task_header.h"
#include "task_row.h"
#include "task_schema.h"
#include "text.h"
#include "time_text.h"
#include "time_zone.h"

namespace wemol::reading {
namespace {

using Fields = std::vector<std::string_view>;
constexpr std::size_t kCpuPercent = 5;
constexpr std::size_t kMemoryUsage = 6;
constexpr std::size_t kNetworkIo = 8;
constexpr std::size_t kGpuCount = 11;

class ReadTaskRow : public testing::Test {
 protected:
  const TaskRow* parse() { return reader.parse(fields); }

  void set_gpus(const Fields& cells) {
    ASSERT_EQ(cells.size(), 11U);
    std::ranges::copy(cells, fields.begin() + kGpuCount);
  }
  void expect_trouble(std::size_t column, const char* cell, const std::string& trouble) {
    const std::string_view before = fields[column];
    fields[column] = cell;
    EXPECT_EQ(parse(), nullptr) << cell;
    EXPECT_EQ(reader.trouble(), trouble);
    fields[column] = before;
  }

  test::TimeZone zone{"UTC0"};
  TaskRowReader reader;
  /// The contract's example.
  Fields fields = split_fields(
      "132178,182060,MD (GMX2024),2025-06-04 09:44:28,wemol_rc_task_gpu_132178_182060_334177,"
      "3189.83%,975.7MiB / 250.3GiB,0.38%,746B / 0B,1.58MB / 1.71GB,39,1,0,"
      "NVIDIA GeForce RTX 3090,522MB,24576MB,88%,35%,72°C,54%,341.52W,350.00W",
      ',');
};

TEST_F(ReadTaskRow, HasEachFigure) {
  const TaskRow* const row = parse();
  ASSERT_NE(row, nullptr);
  EXPECT_EQ(row->task_id, "132178");
  EXPECT_EQ(row->job_id, "182060");
  EXPECT_EQ(row->module_name, "MD (GMX2024)");
  EXPECT_EQ(row->container, "wemol_rc_task_gpu_132178_182060_334177");
  const UsageReading& usage = row->usage;
  EXPECT_EQ(usage.read_at, WallTime(std::chrono::seconds(1749030268)));
  EXPECT_DOUBLE_EQ(usage.cpu_cores.value(), 31.8983);
  EXPECT_EQ(usage.seen, std::nullopt);
  EXPECT_EQ(usage.memory_used_bytes, 1023095603U);
  EXPECT_EQ(usage.network_rx_bytes, 746U);
  EXPECT_EQ(usage.network_tx_bytes, 0U);
  EXPECT_EQ(usage.block_read_bytes, 1'580'000U);
  EXPECT_EQ(usage.block_write_bytes, 1'710'000'000U);
  ASSERT_TRUE(usage.gpus);
  ASSERT_EQ(usage.gpus->size(), 1U);
  const GpuReading& gpu = usage.gpus->front();
  EXPECT_EQ(gpu.id, "0");
  EXPECT_EQ(gpu.name, "NVIDIA GeForce RTX 3090");
  EXPECT_EQ(gpu.utilization_percent, 88);
  EXPECT_EQ(gpu.memory_used_mib, 522);
  EXPECT_EQ(gpu.task_memory_used_mib, std::nullopt);
  EXPECT_EQ(gpu.power_draw_watts, 341.52);
  EXPECT_EQ(gpu.tasks_on_it, std::nullopt);
}

TEST_F(ReadTaskRow, HasTheReadingsOfEachGpu) {
  set_gpus({"2", "0,1", "NVIDIA A,NVIDIA B", "522MB,1024MB", "1MB,2MB", "88%,N/A", "N/A,N/A",
            "40°C,41°C", "N/A,N/A", "N/A,50.00W", "1W,1W"});
  const TaskRow* const row = parse();
  ASSERT_NE(row, nullptr) << reader.trouble();
  ASSERT_EQ(row->usage.gpus->size(), 2U);
  const GpuReading& first = row->usage.gpus->front();
  const GpuReading& second = row->usage.gpus->back();
  EXPECT_EQ(first.id, "0");
  EXPECT_EQ(second.id, "1");
  EXPECT_EQ(first.name, "NVIDIA A");
  EXPECT_EQ(second.name, "NVIDIA B");
  EXPECT_EQ(first.memory_used_mib, 522);
  EXPECT_EQ(second.memory_used_mib, 1024);
  EXPECT_EQ(first.utilization_percent, 88);
  EXPECT_EQ(second.utilization_percent, std::nullopt);
  EXPECT_EQ(first.power_draw_watts, std::nullopt);
  EXPECT_EQ(second.power_draw_watts, 50);
}

TEST_F(ReadTaskRow, KnowsNoGpusFromUnknownOnes) {
  set_gpus({"0", "N/A", "N/A", "N/A", "N/A", "N/A", "N/A", "N/A", "N/A", "N/A", "N/A"});
  ASSERT_NE(parse(), nullptr);
  ASSERT_TRUE(parse()->usage.gpus);
  EXPECT_TRUE(parse()->usage.gpus->empty());
  for (const char* unknown : {"N/A", "", "[N/A]"}) {
    fields[kGpuCount] = unknown;
    ASSERT_NE(parse(), nullptr) << unknown;
    EXPECT_FALSE(parse()->usage.gpus) << unknown;
  }
}

TEST_F(ReadTaskRow, HasTheGpuOfWhichNothingIsKnown) {
  set_gpus({"2", "0,Unknown", "NVIDIA A,Unknown", "5MB,N/A", "N/A", "N/A", "N/A", "N/A", "N/A",
            "N/A", "N/A"});
  const TaskRow* const row = parse();
  ASSERT_NE(row, nullptr) << reader.trouble();
  EXPECT_EQ(row->usage.gpus->back().id, "Unknown");
  EXPECT_EQ(row->usage.gpus->back().memory_used_mib, std::nullopt);
  EXPECT_EQ(row->usage.gpus->front().power_draw_watts, std::nullopt);
}

TEST_F(ReadTaskRow, LeavesGpuNamesOutThatCannotBeToldApart) {
  set_gpus({"2", "0,1", "X, Inc. 1,Y", "5MB,5MB", "N/A", "N/A", "N/A", "N/A", "N/A", "N/A", "N/A"});
  ASSERT_NE(parse(), nullptr);
  EXPECT_EQ(parse()->usage.gpus->front().name, "Unknown");
}

TEST_F(ReadTaskRow, TakesAbsentReadingsForUnknown) {
  for (const std::size_t column : {kCpuPercent, kMemoryUsage, kNetworkIo}) {
    fields[column] = "--";
  }
  const TaskRow* const row = parse();
  ASSERT_NE(row, nullptr);
  EXPECT_EQ(row->usage.cpu_cores, std::nullopt);
  EXPECT_EQ(row->usage.memory_used_bytes, std::nullopt);
  EXPECT_EQ(row->usage.network_rx_bytes, std::nullopt);
  EXPECT_EQ(row->usage.network_tx_bytes, std::nullopt);
  EXPECT_TRUE(row->usage.block_read_bytes);
}

TEST_F(ReadTaskRow, KnowsNoMemoryWhereTheControllerIsOff) {
  fields[kMemoryUsage] = "0B / 0B";
  ASSERT_NE(parse(), nullptr);
  EXPECT_EQ(parse()->usage.memory_used_bytes, std::nullopt);
}

TEST_F(ReadTaskRow, HasNamesWithoutTheirGuard) {
  fields[2] = "'=SUM(A1)";
  fields[4] = "'-x";
  ASSERT_NE(parse(), nullptr);
  EXPECT_EQ(parse()->module_name, "=SUM(A1)");
  EXPECT_EQ(parse()->container, "-x");
  fields[2] = "'quoted'";
  EXPECT_EQ(parse()->module_name, "'quoted'");
}

TEST_F(ReadTaskRow, NamesTheCellThatCannotBe) {
  expect_trouble(0, "", "task_id cannot be \"\"");
  expect_trouble(3, "yesterday", "timestamp cannot be \"yesterday\"");
  expect_trouble(4, "", "container cannot be \"\"");
  expect_trouble(5, "many%", "cpu_percent cannot be \"many%\"");
  expect_trouble(6, "975.7MiB", "mem_usage cannot be \"975.7MiB\"");
  expect_trouble(8, "746B / 0", "net_io cannot be \"746B / 0\"");
  expect_trouble(9, "x / 0B", "block_io cannot be \"x / 0B\"");
  expect_trouble(11, "one", "gpu_count cannot be \"one\"");
  expect_trouble(11, "5000", "gpu_count cannot be \"5000\"");
  expect_trouble(11, "2", "gpu_ids cannot be \"0\"");
  expect_trouble(14, "522GB", "gpu_memory_used cannot be \"522GB\"");
  expect_trouble(16, "88W", "gpu_utilization cannot be \"88W\"");
  expect_trouble(20, "much", "gpu_power_draw cannot be \"much\"");
}

TEST_F(ReadTaskRow, ReadsWhatTheSinkWrites) {
  EXPECT_EQ(std::string(test::kTaskHeader) + "\r\n", task_csv_header());
  constexpr std::uint64_t kMiB = 1 << 20;
  TaskSample sample{.task = {"gpu", "007", "8"}, .container_name = "wemol_rc_task_gpu_007_8_9"};
  sample.module_name = "-MD";
  sample.stats = {.read_at = WallTime(std::chrono::seconds(1749030268)),
                  .cpu_percent = 250,
                  .memory_used_bytes = 512 * kMiB,
                  .memory_limit_bytes = 1024 * kMiB,
                  .memory_percent = 50,
                  .network_received_bytes = 999'999,
                  .network_sent_bytes = 1,
                  .pids = 3,
                  .printed = nullptr};
  const GpuDevice device{.index = 3,
                         .uuid = "GPU-3",
                         .name = "NVIDIA A",
                         .memory_used_bytes = 100 * kMiB,
                         .utilization_percent = 12.5,
                         .power_draw_watts = 33.3};
  sample.gpus = {{{.uuid = device.uuid, .device = device}}};
  std::string text = task_csv_row(sample, LocalTimeText().of(sample.stats.read_at));
  text.resize(text.size() - 2);
  fields = split_fields(text, ',');
  const TaskRow* const row = parse();
  ASSERT_NE(row, nullptr) << reader.trouble();
  EXPECT_EQ(row->task_id, "007");
  EXPECT_EQ(row->module_name, "-MD");
  EXPECT_EQ(row->usage.read_at, sample.stats.read_at);
  EXPECT_EQ(row->usage.cpu_cores, 2.5);
  EXPECT_EQ(row->usage.memory_used_bytes, 512 * kMiB);
  EXPECT_EQ(row->usage.network_rx_bytes, 1'000'000U);
  EXPECT_EQ(row->usage.block_read_bytes, std::nullopt);
  EXPECT_EQ(row->usage.gpus->front().memory_used_mib, 100);
  EXPECT_EQ(row->usage.gpus->front().utilization_percent, 12.5);
  EXPECT_EQ(row->usage.gpus->front().power_draw_watts, 33.3);
}

}  // namespace
}  // namespace wemol::reading
