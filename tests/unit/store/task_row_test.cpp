#include "task_row.h"

#include <cstdlib>

#include <gtest/gtest.h>

#include "task_schema.h"
#include "time_text.h"

namespace wemol {
namespace {

constexpr std::uint64_t kMiB = 1 << 20;

class TimeZone {
 public:
  explicit TimeZone(const char* zone) { set(zone); }
  TimeZone(const TimeZone&) = delete;
  TimeZone& operator=(const TimeZone&) = delete;
  ~TimeZone() { unsetenv("TZ"); }
  static void set(const char* zone) { setenv("TZ", zone, 1); }
};

GpuDevice rtx3090(unsigned index) {
  return {.index = index,
          .uuid = "GPU-" + std::to_string(index),
          .name = "NVIDIA GeForce RTX 3090",
          .memory_used_bytes = 522 * kMiB,
          .memory_total_bytes = 24576 * kMiB,
          .utilization_percent = 88,
          .memory_utilization_percent = 35,
          .temperature_celsius = 72,
          .fan_speed_percent = 54,
          .power_draw_watts = 341.52,
          .power_limit_watts = 350};
}

GpuUse use_of(const GpuDevice& device) {
  return {.uuid = device.uuid, .device = device};
}

class TaskRow : public testing::Test {
 protected:
  TaskRow() {
    sample.task = {"gpu", "132178", "182060"};
    sample.container_name = "wemol_rc_task_gpu_132178_182060_334177";
    sample.module_name = "MD (GMX2024)";
    sample.stats.read_at = std::chrono::system_clock::time_point(std::chrono::seconds(1749001468));
    sample.stats.printed = std::make_shared<PrintedStats>(PrintedStats{
        "3189.83%", "975.7MiB / 250.3GiB", "0.38%", "746B / 0B", "1.58MB / 1.71GB", "39"});
    sample.gpus = {{use_of(rtx3090(0))}};
  }
  [[nodiscard]] std::string row() const {
    return task_csv_row(sample, LocalTimeText().of(sample.stats.read_at));
  }
  /// The row's end, from gpu_count on.
  [[nodiscard]] std::string gpu_part() const {
    const std::string whole = row();
    return whole.substr(whole.find(",39,") + 4);
  }
  TimeZone utc{"UTC"};
  TaskSample sample;
};

TEST_F(TaskRow, HeaderNamesThe22Columns) {
  EXPECT_EQ(task_csv_header(),
            "task_id,job_id,module_name,timestamp,container,cpu_percent,mem_usage,mem_percent,"
            "net_io,block_io,pids,gpu_count,gpu_ids,gpu_names,gpu_memory_used,gpu_memory_total,"
            "gpu_utilization,gpu_memory_utilization,gpu_temperature,gpu_fan_speed,gpu_power_draw,"
            "gpu_power_limit\r\n");
}

TEST_F(TaskRow, IsAsTheContractShowsIt) {
  TimeZone::set("Asia/Shanghai");
  EXPECT_EQ(row(),
            "132178,182060,MD (GMX2024),2025-06-04 09:44:28,wemol_rc_task_gpu_132178_182060_334177,"
            "3189.83%,975.7MiB / 250.3GiB,0.38%,746B / 0B,1.58MB / 1.71GB,39,1,0,"
            "NVIDIA GeForce RTX 3090,522MB,24576MB,88%,35%,72°C,54%,341.52W,350.00W\r\n");
}

TEST_F(TaskRow, TimeIsLocal) {
  EXPECT_NE(row().find(",2025-06-04 01:44:28,"), std::string::npos);
  TimeZone::set("America/New_York");
  EXPECT_NE(row().find(",2025-06-03 21:44:28,"), std::string::npos);
}

TEST_F(TaskRow, TwoGpusAreQuotedLists) {
  sample.gpus->push_back(use_of(rtx3090(3)));
  sample.gpus->at(1).device->fan_speed_percent.reset();
  EXPECT_EQ(gpu_part(),
            "2,\"0,3\",\"NVIDIA GeForce RTX 3090,NVIDIA GeForce RTX 3090\",\"522MB,522MB\","
            "\"24576MB,24576MB\",\"88%,88%\",\"35%,35%\",\"72°C,72°C\",\"54%,N/A\","
            "\"341.52W,341.52W\",\"350.00W,350.00W\"\r\n");
}

TEST_F(TaskRow, TaskWithoutGpuHasCountZeroAndNothingElse) {
  sample.gpus->clear();
  EXPECT_EQ(gpu_part(), "0,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A\r\n");
}

TEST_F(TaskRow, UnreadableGpuToolsAreNotAvailableThroughout) {
  sample.gpus.reset();
  EXPECT_EQ(gpu_part(), "N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A\r\n");
}

TEST_F(TaskRow, GpuThatIsNotInTheDeviceListIsUnknown) {
  sample.gpus->push_back({.uuid = "GPU-lost"});
  EXPECT_EQ(gpu_part(),
            "2,\"0,Unknown\",\"NVIDIA GeForce RTX 3090,Unknown\",\"522MB,N/A\",\"24576MB,N/A\","
            "\"88%,N/A\",\"35%,N/A\",\"72°C,N/A\",\"54%,N/A\",\"341.52W,N/A\",\"350.00W,N/A\"\r\n");
}

TEST_F(TaskRow, ValueThatIsNotGivenIsNotAvailableInItsPlace) {
  sample.gpus = {{{.uuid = "GPU-0", .device = GpuDevice{.uuid = "GPU-0", .name = "X"}}}};
  EXPECT_EQ(gpu_part(), "1,0,X,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A\r\n");
}

TEST_F(TaskRow, NameThatIsNotGivenIsNotAvailable) {
  sample.gpus->at(0).device->name = "";
  EXPECT_TRUE(gpu_part().starts_with("1,0,N/A,522MB,")) << gpu_part();
}

TEST_F(TaskRow, FreeTextIsGuardedAndQuoted) {
  sample.module_name = "=cmd|' /C calc'!A0";
  sample.gpus->at(0).device->name = "-a, \"b\"";
  const std::string text = row();
  EXPECT_NE(text.find(",'=cmd|' /C calc'!A0,"), std::string::npos);
  EXPECT_NE(text.find(",\"'-a, \"\"b\"\"\","), std::string::npos);
}

}  // namespace
}  // namespace wemol
