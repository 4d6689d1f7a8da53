#include "gpu_query.h"

#include <gtest/gtest.h>

#include "text_file.h"

namespace wemol::nvidia_smi {
namespace {

using test::fixture;

constexpr std::uint64_t kMiB = 1 << 20;

QueryOutput<GpuDevice> gpus(const std::string& name) {
  return parse_gpus(fixture("nvidia_smi/" + name), all_gpu_columns());
}

TEST(GpuQuery, ReadsEveryValue) {
  const auto output = gpus("querygpu_two_a100.csv");
  ASSERT_EQ(output.rows.size(), 2U);
  const GpuDevice& gpu = output.rows[0];
  EXPECT_EQ(gpu.index, 0U);
  EXPECT_EQ(gpu.uuid, "GPU-5a1e0c77-0b7d-4c1f-9f6b-2d6f3f1b9a01");
  EXPECT_EQ(gpu.name, "NVIDIA A100-SXM4-40GB");
  EXPECT_EQ(gpu.memory_total_bytes, 40960 * kMiB);
  EXPECT_EQ(gpu.memory_used_bytes, 23511 * kMiB);
  EXPECT_EQ(gpu.utilization_percent, 87);
  EXPECT_EQ(gpu.memory_utilization_percent, 41);
  EXPECT_EQ(gpu.temperature_celsius, 61);
  EXPECT_FALSE(gpu.fan_speed_percent);
  EXPECT_EQ(gpu.power_draw_watts, 311.42);
  EXPECT_EQ(gpu.power_limit_watts, 400);
  EXPECT_EQ(output.rows[1].index, 1U);
  EXPECT_EQ(output.rows[1].utilization_percent, 0);
}

TEST(GpuQuery, ValuesThatAreNotGivenAreAbsentInWhateverWords) {
  const GpuDevice gb10 = gpus("querygpu_gb10.csv").rows.at(0);
  EXPECT_FALSE(gb10.memory_total_bytes);
  EXPECT_FALSE(gb10.memory_used_bytes);
  EXPECT_EQ(gb10.power_draw_watts, 10.8);
  EXPECT_FALSE(gb10.power_limit_watts);

  const GpuDevice old = gpus("querygpu_old_not_supported.csv").rows.at(0);
  EXPECT_EQ(old.memory_used_bytes, 310 * kMiB);
  EXPECT_FALSE(old.utilization_percent);
  EXPECT_FALSE(old.power_draw_watts);

  const GpuDevice reset = gpus("querygpu_requires_reset.csv").rows.at(0);
  EXPECT_EQ(reset.memory_used_bytes, 0U);
  EXPECT_FALSE(reset.temperature_celsius);

  const GpuDevice mig = gpus("querygpu_mig_container_no_permission.csv").rows.at(0);
  EXPECT_FALSE(mig.memory_total_bytes);
  EXPECT_EQ(mig.temperature_celsius, 47);

  EXPECT_FALSE(gpus("querygpu_laptop_no_power.csv").rows.at(0).power_draw_watts);
  EXPECT_FALSE(gpus("querygpu_mig.csv").rows.at(0).utilization_percent);

  const auto mixed = gpus("querygpu_unknown_error_mixed.csv");
  EXPECT_FALSE(mixed.rows.at(0).temperature_celsius);
  EXPECT_EQ(mixed.rows.at(1).temperature_celsius, 32);
  EXPECT_FALSE(mixed.rows.at(1).fan_speed_percent);
}

TEST(GpuQuery, KeepsTheRowsOfLivingGpusBesideMessages) {
  const auto lost = gpus("querygpu_lost_line_first.txt");
  ASSERT_EQ(lost.rows.size(), 1U);
  EXPECT_EQ(lost.rows[0].index, 1U);
  EXPECT_EQ(lost.device_messages.size(), 1U);
  EXPECT_TRUE(lost.failure_messages.empty());

  const auto row_lost = gpus("querygpu_lost_row_of_unknown_error.txt");
  ASSERT_EQ(row_lost.rows.size(), 2U);
  EXPECT_EQ(row_lost.rows[1].index, 2U);
  EXPECT_EQ(row_lost.device_messages.size(), 1U);
  EXPECT_EQ(row_lost.failure_messages.size(), 1U);

  const auto warned = gpus("querygpu_infos_warning.txt");
  EXPECT_EQ(warned.rows.size(), 1U);
  EXPECT_TRUE(warned.device_messages.empty());
  EXPECT_EQ(warned.warnings.size(), 1U);
}

TEST(GpuQuery, MessageInsteadOfRowsIsAFailure) {
  const auto output = parse_gpus("No devices were found\n", all_gpu_columns());
  EXPECT_TRUE(output.rows.empty());
  EXPECT_EQ(output.failure_messages, std::vector<std::string>{"No devices were found"});
}

TEST(GpuQuery, CommaInAGpusNameBelongsToTheName) {
  const auto output = parse_gpus(
      "3, GPU-5a1e, NVIDIA \"X\", Special, Edition, 4096, 401, 3, 1, 41, 30, 12.50, 75.00\n",
      all_gpu_columns());
  ASSERT_EQ(output.rows.size(), 1U);
  EXPECT_EQ(output.rows[0].name, "NVIDIA \"X\", Special, Edition");
  EXPECT_EQ(output.rows[0].memory_total_bytes, 4096 * kMiB);
  EXPECT_EQ(output.rows[0].power_limit_watts, 75);
}

TEST(GpuQuery, InfinityAndNanAreNoValues) {
  const auto output =
      parse_gpus("0, GPU-1, X, nan, inf, nan, inf, -3, -1, inf, nan\n", all_gpu_columns());
  ASSERT_EQ(output.rows.size(), 1U);
  EXPECT_FALSE(output.rows[0].memory_total_bytes);
  EXPECT_FALSE(output.rows[0].power_draw_watts);
  EXPECT_EQ(output.rows[0].temperature_celsius, -3);
}

TEST(GpuQuery, HalfALineIsNoRow) {
  EXPECT_TRUE(
      parse_gpus("0, GPU-1, X, 1, 1, 1, 1, 1, 1, 1.00, 35", all_gpu_columns()).rows.empty());
}

TEST(GpuQuery, WorksWithoutAFieldThatThisNvidiaSmiDoesNotKnow) {
  const auto field = unknown_field("Field \"fan.speed\" is not a valid field to query.\n\n");
  ASSERT_EQ(field, "fan.speed");
  auto columns = all_gpu_columns();
  std::erase_if(columns, [&](const GpuColumn& column) { return column.field == *field; });
  EXPECT_EQ(gpu_query_arguments(columns)[1],
            "--query-gpu=index,uuid,name,memory.total,memory.used,utilization.gpu,"
            "utilization.memory,temperature.gpu,power.draw,power.limit");
  const auto output = parse_gpus("0, GPU-1, X, 10, 5, 1, 2, 40, 12.50, 75.00\n", columns);
  EXPECT_EQ(output.rows.at(0).temperature_celsius, 40);
  EXPECT_FALSE(output.rows.at(0).fan_speed_percent);
  EXPECT_EQ(output.rows.at(0).power_draw_watts, 12.5);
}

TEST(ComputeApps, ReadsOneRowPerProcessAndGpu) {
  const auto output = parse_compute_apps(fixture("nvidia_smi/compute_apps_multi.csv"));
  ASSERT_EQ(output.rows.size(), 3U);
  EXPECT_EQ(output.rows[0].pid, 104732U);
  EXPECT_EQ(output.rows[0].gpu_uuid, "GPU-5a1e0c77-0b7d-4c1f-9f6b-2d6f3f1b9a01");
  EXPECT_EQ(output.rows[0].memory_used_bytes, 23004 * kMiB);
  EXPECT_EQ(output.rows[1].pid, 104732U);
  EXPECT_EQ(output.rows[1].gpu_uuid, "GPU-c3d94b20-77aa-4f0e-8c35-90be51d7ee02");
}

TEST(ComputeApps, MemoryMayBeAbsent) {
  const auto output = parse_compute_apps(fixture("nvidia_smi/compute_apps_na_memory.csv"));
  ASSERT_EQ(output.rows.size(), 1U);
  EXPECT_EQ(output.rows[0].pid, 63488U);
  EXPECT_FALSE(output.rows[0].memory_used_bytes);
}

TEST(ComputeApps, NothingPrintedIsNoProcess) {
  const auto output = parse_compute_apps(fixture("nvidia_smi/compute_apps_empty.csv"));
  EXPECT_TRUE(output.rows.empty());
  EXPECT_TRUE(output.failure_messages.empty());
}

TEST(ComputeApps, RowWithoutPidOrUuidIsAMessage) {
  const auto output = parse_compute_apps("[N/A], GPU-1, 5\n12, [N/A], 5\n12, GPU-1\n");
  EXPECT_TRUE(output.rows.empty());
  EXPECT_EQ(output.failure_messages.size(), 3U);
}

}  // namespace
}  // namespace wemol::nvidia_smi
