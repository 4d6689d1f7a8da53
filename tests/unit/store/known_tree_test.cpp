#include "known_tree.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <gtest/gtest.h>

#include "recorded_runs.h"
#include "temp_dir.h"

namespace wemol::reading {
namespace {

using test::KnownRun;

/// A ledger's figures have three digits behind the point, and energy_wh has six.
constexpr double kLedgerDigit = 0.0005001;

void expect_near(const std::optional<double>& read, const std::optional<double>& known,
                 double tolerance, const char* figure) {
  ASSERT_EQ(read.has_value(), known.has_value()) << figure;
  if (known) {
    EXPECT_NEAR(*read, *known, tolerance + std::abs(*known) * 1e-12) << figure;
  }
}

void expect_same(const RunSummary& read, const RunSummary& known, double tolerance) {
  EXPECT_EQ(read.task_id, known.task_id);
  EXPECT_EQ(read.job_id, known.job_id);
  EXPECT_EQ(read.module_name, known.module_name);
  EXPECT_EQ(read.started_at, known.started_at);
  EXPECT_EQ(read.ended_at, known.ended_at);
  EXPECT_EQ(read.exit_code, known.exit_code);
  EXPECT_EQ(read.oom_killed, known.oom_killed);
  EXPECT_EQ(read.samples, known.samples);
  EXPECT_EQ(read.memory_peak_bytes, known.memory_peak_bytes);
  EXPECT_EQ(read.network_rx_bytes, known.network_rx_bytes);
  EXPECT_EQ(read.network_tx_bytes, known.network_tx_bytes);
  EXPECT_EQ(read.block_read_bytes, known.block_read_bytes);
  EXPECT_EQ(read.block_write_bytes, known.block_write_bytes);
  EXPECT_EQ(read.gpu_count, known.gpu_count);
  EXPECT_EQ(read.gpu_ids, known.gpu_ids);
  EXPECT_EQ(read.gpu_names, known.gpu_names);
  expect_near(read.duration_seconds, known.duration_seconds, tolerance, "duration_seconds");
  expect_near(read.coverage_percent, known.coverage_percent, tolerance, "coverage_percent");
  expect_near(read.cpu_seconds, known.cpu_seconds, tolerance, "cpu_seconds");
  expect_near(read.cpu_cores_mean, known.cpu_cores_mean, tolerance, "cpu_cores_mean");
  expect_near(read.cpu_cores_max, known.cpu_cores_max, tolerance, "cpu_cores_max");
  expect_near(read.memory_mean_bytes, known.memory_mean_bytes, tolerance * 1000.001,
              "memory_mean_bytes");
  expect_near(read.gpu_utilization_mean, known.gpu_utilization_mean, tolerance,
              "gpu_utilization_mean");
  expect_near(read.gpu_utilization_max, known.gpu_utilization_max, tolerance,
              "gpu_utilization_max");
  expect_near(read.gpu_memory_mean_mib, known.gpu_memory_mean_mib, tolerance,
              "gpu_memory_mean_mib");
  expect_near(read.gpu_memory_peak_mib, known.gpu_memory_peak_mib, tolerance,
              "gpu_memory_peak_mib");
  expect_near(read.gpu_shared_percent, known.gpu_shared_percent, tolerance, "gpu_shared_percent");
  expect_near(read.energy_wh, known.energy_wh, tolerance / 1000, "energy_wh");
  expect_near(read.gpu_device_memory_peak_mib, known.gpu_device_memory_peak_mib, tolerance,
              "gpu_device_memory_peak_mib");
}

class KnownTree : public testing::Test {
 protected:
  KnownTree() {
    for (const KnownRun& run : test::write_known_tree({}, root.path())) {
      known.emplace(run.samples.container, run);
    }
  }

  std::map<std::string, RecordedRun> read(const ReadingRequest& request) {
    std::map<std::string, RecordedRun> runs;
    const auto result = read_runs(
        request,
        [&](RecordedRun&& run) {
          const std::string container = run.summary.container;
          EXPECT_TRUE(runs.emplace(container, std::move(run)).second) << container << " twice";
        },
        nullptr);
    EXPECT_TRUE(result);
    report = result.value_or(ReadingReport{});
    return runs;
  }

  void expect_all_from_samples(const std::map<std::string, RecordedRun>& runs) {
    ASSERT_EQ(runs.size(), known.size());
    for (const auto& [container, run] : runs) {
      SCOPED_TRACE(container);
      EXPECT_EQ(run.basis, Basis::samples);
      expect_same(run.summary, known.at(container).samples, 1e-9);
      EXPECT_EQ(run.last_read_at, known.at(container).ledger.ended_at);
      EXPECT_EQ(run.first_read_at,
                *known.at(container).ledger.started_at + std::chrono::seconds(5));
    }
  }

  test::TempDir root;
  std::map<std::string, KnownRun> known;
  ReadingReport report;
};

TEST_F(KnownTree, IsReadFromItsLedgersWithoutOpeningATasksFile) {
  const auto runs = read({.root = root.path()});
  ASSERT_EQ(runs.size(), known.size());
  for (const auto& [container, run] : runs) {
    SCOPED_TRACE(container);
    EXPECT_EQ(run.basis, Basis::ledger);
    expect_same(run.summary, known.at(container).ledger, kLedgerDigit);
  }
  EXPECT_EQ(report.ledger_rows, known.size());
  EXPECT_EQ(report.ledger_files, 5U);
  EXPECT_EQ(report.task_files, 0U);
  EXPECT_EQ(report.bad_lines + report.bad_files, 0U);
}

TEST_F(KnownTree, IsReadFromItsSamples) {
  expect_all_from_samples(read({.root = root.path(), .samples_only = true}));
  std::uint64_t rows = 0;
  for (const auto& [container, run] : known) {
    rows += run.samples.samples;
  }
  EXPECT_EQ(report.sample_rows, rows);
  EXPECT_EQ(report.task_files, 40U);
  EXPECT_EQ(report.ledger_files, 0U);
  EXPECT_EQ(report.bad_lines + report.bad_files, 0U);
}

TEST_F(KnownTree, IsTheSameWithAnyNumberOfThreads) {
  for (const unsigned threads : {1U, 2U, 7U}) {
    SCOPED_TRACE(threads);
    expect_all_from_samples(read({.root = root.path(), .samples_only = true, .threads = threads}));
  }
}

TEST_F(KnownTree, IsReadFromSamplesWhereALedgerIsMissing) {
  std::filesystem::remove(root / "AlphaFold2/summary.csv");
  for (const auto& [container, run] : read({.root = root.path()})) {
    SCOPED_TRACE(container);
    const KnownRun& of_run = known.at(container);
    const bool is_in_ledger = of_run.folder != "AlphaFold2";
    EXPECT_EQ(run.basis, is_in_ledger ? Basis::ledger : Basis::samples);
    expect_same(run.summary, is_in_ledger ? of_run.ledger : of_run.samples,
                is_in_ledger ? kLedgerDigit : 1e-9);
  }
  EXPECT_EQ(report.task_files, 8U);
}

TEST_F(KnownTree, IsReadFromItsLedgersAlsoWhenAllFilesAreYounger) {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root.path())) {
    std::filesystem::last_write_time(entry, std::filesystem::file_time_type::clock::now());
  }
  for (const auto& [container, run] : read({.root = root.path()})) {
    EXPECT_EQ(run.basis, Basis::ledger) << container;
  }
  EXPECT_EQ(report.task_files, 0U);
}

TEST_F(KnownTree, HasTheRunsOfEachTask) {
  for (const auto& [container, run] : known) {
    SCOPED_TRACE(container);
    const auto task = find_task({.root = root.path(), .samples_only = true}, run.samples.task_id);
    ASSERT_TRUE(task);
    ASSERT_EQ(task->csv_files.size(), 1U);
    EXPECT_EQ(task->csv_files[0], root / run.folder / (run.samples.task_id + ".csv"));
    EXPECT_TRUE(std::ranges::any_of(task->runs, [&name = container](const RecordedRun& other) {
      return other.summary.container == name;
    }));
  }
}

}  // namespace
}  // namespace wemol::reading
