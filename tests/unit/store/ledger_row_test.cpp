#include "ledger_row.h"

#include <gtest/gtest.h>

#include "text.h"
#include "time_zone.h"

namespace wemol {
namespace {

using namespace std::chrono_literals;
using Fields = std::vector<std::string_view>;

RunSummary whole_run() {
  return {.task_id = "007",
          .job_id = "182060",
          .module_name = "MD (GMX2024)",
          .container = "wemol_rc_task_gpu_007_182060_1",
          .started_at = WallTime(1749030268s),
          .ended_at = WallTime(1749030368500ms),
          .duration_seconds = 100.5,
          .exit_code = 137,
          .oom_killed = true,
          .samples = 20,
          .coverage_percent = 99.5,
          .cpu_seconds = 1206.25,
          .cpu_cores_mean = 12.002,
          .cpu_cores_max = 16,
          .memory_mean_bytes = 1048576,
          .memory_peak_bytes = 268757578547,
          .network_rx_bytes = 1,
          .network_tx_bytes = 0,
          .block_read_bytes = 18446744073709551615U,
          .block_write_bytes = 4096,
          .gpu_count = 1,
          .gpu_ids = "0",
          .gpu_names = "NVIDIA A",
          .gpu_utilization_mean = 88.125,
          .gpu_utilization_max = 100,
          .gpu_memory_mean_mib = 522.5,
          .gpu_memory_peak_mib = 1024,
          .gpu_shared_percent = 0,
          .energy_wh = 0.000125};
}

/// Of a row without quotes.
Result<RunSummary> read_back(std::string row) {
  EXPECT_TRUE(row.ends_with("\r\n"));
  row.resize(row.size() - 2);
  return parse_ledger_row(split_fields(row, ','));
}

class LedgerRow : public testing::Test {
 protected:
  test::TimeZone zone{"CST-8"};
};

TEST_F(LedgerRow, HasPlainNumbersInTheOrderOfTheHeader) {
  EXPECT_EQ(ledger_header(),
            "task_id,job_id,module_name,container,started_at,ended_at,duration_seconds,exit_code,"
            "oom_killed,samples,coverage_percent,cpu_seconds,cpu_cores_mean,cpu_cores_max,"
            "memory_mean_bytes,memory_peak_bytes,network_rx_bytes,network_tx_bytes,"
            "block_read_bytes,block_write_bytes,gpu_count,gpu_ids,gpu_names,gpu_utilization_mean,"
            "gpu_utilization_max,gpu_memory_mean_mib,gpu_memory_peak_mib,gpu_shared_percent,"
            "energy_wh\r\n");
  EXPECT_EQ(ledger_row(whole_run()),
            "007,182060,MD (GMX2024),wemol_rc_task_gpu_007_182060_1,2025-06-04T17:44:28.000+08:00,"
            "2025-06-04T17:46:08.500+08:00,100.5,137,1,20,99.5,1206.25,12.002,16,1048576,"
            "268757578547,1,0,18446744073709551615,4096,1,0,NVIDIA A,88.125,100,522.5,1024,0,"
            "0.000125\r\n");
}

TEST_F(LedgerRow, ReadsBackAsTheRun) {
  const auto run = read_back(ledger_row(whole_run()));
  ASSERT_TRUE(run);
  EXPECT_EQ(*run, whole_run());
}

TEST_F(LedgerRow, HasEmptyCellsForWhatIsNotKnown) {
  RunSummary run;
  run.task_id = "1";
  EXPECT_EQ(ledger_row(run), "1,,,,,,,,,0,,,,,,,,,,,,,,,,,,,\r\n");
  EXPECT_EQ(read_back(ledger_row(run)), run);
}

TEST_F(LedgerRow, RoundsAndHasNoExponent) {
  RunSummary run;
  run.duration_seconds = 1e15;
  run.cpu_seconds = 0.0004;
  run.cpu_cores_mean = 1.0005001;
  run.memory_mean_bytes = 1048576.6;
  run.energy_wh = 1e-7;
  EXPECT_EQ(ledger_row(run), ",,,,,,1000000000000000,,,0,,0,1.001,,1048577,,,,,,,,,,,,,,0\r\n");
  run = {};
  run.cpu_seconds = std::numeric_limits<double>::quiet_NaN();
  run.cpu_cores_mean = std::numeric_limits<double>::infinity();
  EXPECT_EQ(ledger_row(run), ",,,,,,,,,0,,,,,,,,,,,,,,,,,,,\r\n");
}

TEST_F(LedgerRow, GuardsFreeTextAndTakesTheGuardOff) {
  RunSummary run;
  run.module_name = "=1+1";
  run.gpu_names = "@A";
  EXPECT_EQ(ledger_row(run), ",,'=1+1,,,,,,,0,,,,,,,,,,,,,'@A,,,,,,\r\n");
  EXPECT_EQ(read_back(ledger_row(run)), run);
}

TEST_F(LedgerRow, QuotesLists) {
  RunSummary run;
  run.gpu_count = 2;
  run.gpu_ids = "0,1";
  run.gpu_names = "A,B";
  EXPECT_EQ(ledger_row(run), ",,,,,,,,,0,,,,,,,,,,,2,\"0,1\",\"A,B\",,,,,,\r\n");
}

TEST_F(LedgerRow, IsRefusedWithTheColumnsName) {
  const auto trouble = [](std::size_t column, std::string_view cell) {
    Fields fields(kLedgerColumnCount);
    fields[column] = cell;
    const auto run = parse_ledger_row(fields);
    return run ? std::string("no trouble") : run.error().message;
  };
  EXPECT_EQ(trouble(4, "yesterday"), "started_at cannot be \"yesterday\"");
  EXPECT_EQ(trouble(6, "12s"), "duration_seconds cannot be \"12s\"");
  EXPECT_EQ(trouble(6, "inf"), "duration_seconds cannot be \"inf\"");
  EXPECT_EQ(trouble(7, "1.5"), "exit_code cannot be \"1.5\"");
  EXPECT_EQ(trouble(8, "true"), "oom_killed cannot be \"true\"");
  EXPECT_EQ(trouble(9, "-1"), "samples cannot be \"-1\"");
  EXPECT_EQ(trouble(28, "1 Wh"), "energy_wh cannot be \"1 Wh\"");
  EXPECT_EQ(trouble(7, "-1"), "no trouble");
  EXPECT_EQ(parse_ledger_row(Fields(28)).error().message, "28 fields where a ledger has 29");
}

}  // namespace
}  // namespace wemol
