#include <set>

#include <gtest/gtest.h>

#include "ledger_schema.h"
#include "task_header.h"
#include "task_schema.h"
#include "text_file.h"

namespace wemol {
namespace {

template <typename Fields>
void expect_whole(const Fields& fields) {
  std::set<std::string_view> names;
  for (const Field& field : fields) {
    EXPECT_TRUE(names.insert(field.name).second) << field.name;
    EXPECT_FALSE(field.meaning.empty()) << field.name;
  }
}

TEST(Schema, EveryFieldHasANameOfItsOwnAndAMeaning) {
  expect_whole(sample_fields());
  expect_whole(device_fields());
  expect_whole(gpu_use_fields());
  expect_whole(ledger_fields());
}

TEST(Schema, MakesTheHeaderOfATaskCsv) {
  EXPECT_EQ(task_csv_header(), std::string(test::kTaskHeader) + "\r\n");
}

std::string page(const std::string& name) {
  return test::read_text(std::string(WEMOL_PROJECT_DIR) + "/docs/" + name);
}

TEST(Schema, TheDocsHaveEveryColumn) {
  const std::string columns = page("columns.md");
  for (std::size_t i = 0; i < kTaskColumnCount; ++i) {
    const std::string row =
        "| " + std::to_string(i + 1) + " | `" + std::string(task_columns()[i]) + "` |";
    EXPECT_NE(columns.find(row), std::string::npos) << row;
  }
  const std::string ledger = page("ledger.md");
  for (const LedgerField& field : ledger_fields()) {
    if (!field.column.empty()) {
      EXPECT_NE(ledger.find("`" + std::string(field.column) + "`"), std::string::npos)
          << field.column;
    }
  }
}

TEST(Schema, TheDocsHaveEveryKeyOfASnapshot) {
  const std::string keys = page("publish.md");
  const auto expect_keys = [&](const auto& fields) {
    for (const Field& field : fields) {
      EXPECT_NE(keys.find("`" + std::string(field.name) + "`"), std::string::npos) << field.name;
    }
  };
  expect_keys(sample_fields());
  expect_keys(device_fields());
  expect_keys(gpu_use_fields());
}

TEST(Schema, KnowsTheColumnsByTheirNames) {
  EXPECT_EQ(task_columns()[at(TaskColumn::mem_usage)], "mem_usage");
  EXPECT_EQ(task_columns()[at(TaskColumn::block_io)], "block_io");
  EXPECT_EQ(task_columns()[at(TaskColumn::gpu_count)], "gpu_count");
  EXPECT_EQ(task_columns()[at(TaskColumn::gpu_utilization)], "gpu_utilization");
  EXPECT_EQ(task_columns()[at(TaskColumn::gpu_power_limit)], "gpu_power_limit");
}

TEST(Schema, MakesTheHeaderOfALedger) {
  EXPECT_EQ(ledger_header(),
            "task_id,job_id,module_name,container,started_at,ended_at,duration_seconds,exit_code,"
            "oom_killed,samples,coverage_percent,cpu_seconds,cpu_cores_mean,cpu_cores_max,"
            "memory_mean_bytes,memory_peak_bytes,network_rx_bytes,network_tx_bytes,"
            "block_read_bytes,block_write_bytes,gpu_count,gpu_ids,gpu_names,gpu_utilization_mean,"
            "gpu_utilization_max,gpu_memory_mean_mib,gpu_memory_peak_mib,gpu_shared_percent,"
            "energy_wh\r\n");
}

}  // namespace
}  // namespace wemol
