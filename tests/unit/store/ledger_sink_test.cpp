#include "ledger_sink.h"

#include <algorithm>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "fake_clock.h"
#include "log_capture.h"
#include "task_csv_sink.h"
#include "temp_dir.h"
#include "text_file.h"

namespace wemol {
namespace {

using namespace std::chrono_literals;

const std::string kA(64, 'a');
const std::string kB(64, 'b');
constexpr std::uint64_t kMib = 1 << 20;

/// The cells of the only row of a ledger, by column.
std::map<std::string, std::string> only_row(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::string header;
  std::string row;
  std::string more;
  std::getline(in, header);
  std::getline(in, row);
  EXPECT_FALSE(row.empty()) << file;
  EXPECT_FALSE(std::getline(in, more)) << more;
  std::map<std::string, std::string> cells;
  std::istringstream names(header);
  std::istringstream values(row);
  std::string name;
  while (std::getline(names, name, ',')) {
    std::string value;
    if (values.peek() == '"') {
      values.get();
      std::getline(values, value, '"');
      values.get();
    } else {
      std::getline(values, value, ',');
    }
    cells[name.substr(0, name.find('\r'))] = value.substr(0, value.find('\r'));
  }
  return cells;
}

std::size_t rows_of(const std::filesystem::path& file) {
  const std::string text = test::read_text(file);
  return static_cast<std::size_t>(std::ranges::count(text, '\n')) - 1;
}

class Ledger : public testing::Test {
 protected:
  Ledger() { start(); }

  void start(const OpenRuns& resumed = {}) {
    sink = std::make_unique<LedgerSink>(
        LedgerSink::Settings{.output_dir = dir.path(), .host_memory_bytes = 1024 * kMib}, clock,
        resumed);
  }

  /// One second of docker stats, `at` after the run's start.
  [[nodiscard]] TaskSample sample(std::chrono::seconds at, double cpu_percent) const {
    return {.task = {.type = "gpu", .task_id = "7", .job_id = "8"},
            .container_id = kA,
            .container_name = "task_7",
            .module_name = "MD",
            .stats = {.read_at = began + at,
                      .measured_at = steady(at),
                      .cpu_percent = cpu_percent,
                      .memory_used_bytes = 10 * kMib,
                      .memory_limit_bytes = 1024 * kMib},
            .run = 1,
            .started_at = began,
            .gpus = std::vector<GpuUse>{}};
  }
  /// What the source native reads.
  [[nodiscard]] TaskSample counted(std::chrono::seconds at, std::chrono::nanoseconds used) const {
    TaskSample it = sample(at, std::chrono::duration<double>(used) / at * 100);
    it.stats.cpu_counter = {.used = used, .read_at = steady(at), .began_at = steady(0s)};
    return it;
  }
  /// `at` after the run's start, whatever has been done to the wall clock since.
  [[nodiscard]] SteadyTime steady(std::chrono::seconds at) const {
    return beginning.steady + (began - beginning.wall) + at;
  }
  [[nodiscard]] EndedTaskRun end(std::chrono::seconds at) const {
    return {.task = {.type = "gpu", .task_id = "7", .job_id = "8"},
            .module_name = "MD",
            .run = {.container_id = kA,
                    .container_name = "task_7",
                    .run = 1,
                    .started_at = began,
                    .ended_at = began + at,
                    .exit_code = 3,
                    .oom_killed = false}};
  }
  void write(std::vector<TaskSample> samples, std::vector<EndedTaskRun> ended = {}) {
    if (!ended.empty()) {
      clock.pass(1000s);  // what has ended is told some time after it
    }
    const Conditions conditions =
        sink->write({.samples = std::move(samples), .ended_runs = std::move(ended)});
    EXPECT_TRUE(conditions.empty()) << conditions.at(0).message;
  }
  [[nodiscard]] std::filesystem::path file(const std::string& module = "MD") const {
    return dir / (module + "/summary.csv");
  }
  [[nodiscard]] OpenRuns left_open() const { return OpenRunsFile(dir.path()).read().value(); }

  test::TempDir dir;
  test::FakeClock clock;
  const Moment beginning = clock.moment();
  /// After the recorder's start: such runs have nothing in the CSVs of an earlier one.
  WallTime began = clock.wall + 60s;
  std::unique_ptr<LedgerSink> sink;
};

TEST_F(Ledger, ARunIsOneRowWhenItHasEnded) {
  write({sample(5s, 100)});
  EXPECT_FALSE(exists(file()));
  write({sample(10s, 300)});
  write({}, {end(20s)});
  const auto row = only_row(file());
  EXPECT_EQ(row.at("task_id"), "7");
  EXPECT_EQ(row.at("job_id"), "8");
  EXPECT_EQ(row.at("module_name"), "MD");
  EXPECT_EQ(row.at("container"), "task_7");
  EXPECT_EQ(row.at("duration_seconds"), "20");
  EXPECT_EQ(row.at("exit_code"), "3");
  EXPECT_EQ(row.at("oom_killed"), "0");
  EXPECT_EQ(row.at("samples"), "2");
  EXPECT_EQ(row.at("coverage_percent"), "10") << "each saw one second of twenty";
  EXPECT_EQ(row.at("cpu_cores_mean"), "2.5") << "1 for 5 s, 3 for 15 s";
  EXPECT_EQ(row.at("cpu_seconds"), "50");
  EXPECT_EQ(row.at("cpu_cores_max"), "3");
  EXPECT_EQ(row.at("memory_mean_bytes"), std::to_string(10 * kMib));
  EXPECT_EQ(row.at("memory_peak_bytes"), std::to_string(10 * kMib));
  EXPECT_EQ(row.at("network_rx_bytes"), "") << "unknown";
  EXPECT_EQ(row.at("gpu_count"), "0");
  EXPECT_EQ(row.at("energy_wh"), "");
}

TEST_F(Ledger, TotalsOfCountersAreTheirLastValues) {
  write({counted(5s, 5s)});
  TaskSample last = counted(9s, 6s);
  last.ended = true;
  last.stats.memory_peak_bytes = 90 * kMib;
  last.stats.network_received_bytes = 1000;
  write({last}, {end(9s)});
  const auto row = only_row(file());
  EXPECT_EQ(row.at("cpu_seconds"), "6");
  EXPECT_EQ(row.at("cpu_cores_mean"), "0.667");
  EXPECT_EQ(row.at("memory_peak_bytes"), std::to_string(90 * kMib)) << "the kernel's own";
  EXPECT_EQ(row.at("network_rx_bytes"), "1000");
}

class LedgerOfSteppedClock : public Ledger, public testing::WithParamInterface<std::chrono::hours> {
 protected:
  /// All that is dated from now on.
  template <typename Dated>
  static Dated stepped(Dated it) {
    if constexpr (std::is_same_v<Dated, TaskSample>) {
      it.stats.read_at += GetParam();
    } else {
      *it.run.ended_at += GetParam();
    }
    return it;
  }
};

INSTANTIATE_TEST_SUITE_P(Steps, LedgerOfSteppedClock, testing::Values(-5h, 0h, 5h));

TEST_P(LedgerOfSteppedClock, WhatCountersHaveSeenIsAllOfTheRun) {
  write({counted(5s, 5s)});
  write({stepped(counted(10s, 10s))});
  TaskSample last = stepped(counted(20s, 15s));
  last.ended = true;
  write({last}, {stepped(end(20s))});
  const auto row = only_row(file());
  EXPECT_EQ(row.at("coverage_percent"), "100");
  EXPECT_EQ(row.at("duration_seconds"), "20");
  EXPECT_EQ(row.at("cpu_cores_mean"), "0.75");
}

TEST_P(LedgerOfSteppedClock, SamplesStandForTheTimeThatHasPassed) {
  write({sample(5s, 100)});
  write({sample(10s, 300)});
  write({stepped(sample(15s, 400))});
  write({}, {stepped(end(20s))});
  const auto row = only_row(file());
  EXPECT_EQ(row.at("coverage_percent"), "15") << "each saw one second of twenty";
  EXPECT_EQ(row.at("duration_seconds"), "20");
  EXPECT_EQ(row.at("cpu_cores_mean"), "3") << "1 and 3 for 5 s each, 4 for 10 s";
}

TEST_P(LedgerOfSteppedClock, AStepWhileNoRecorderRanIsNoTimeOfTheRun) {
  began = clock.wall - 100s;
  TaskCsvSink csv(dir.path());
  write({counted(10s, 10s)});
  ASSERT_TRUE(csv.write({.samples = {counted(10s, 10s)}}).empty());
  start(left_open());
  write({stepped(counted(50s, 20s))});
  TaskSample last = stepped(counted(60s, 30s));
  last.ended = true;
  write({last}, {stepped(end(60s))});
  const auto row = only_row(file());
  EXPECT_EQ(row.at("duration_seconds"), "60");
  EXPECT_EQ(row.at("cpu_cores_mean"), "0.5");
  const double coverage = std::stod(row.at("coverage_percent"));
  EXPECT_GE(coverage, 0);
  EXPECT_LE(coverage, 100);
}

TEST_F(Ledger, ARunThatNoRoundHasSeenHasItsTimesAndItsExitCode) {
  write({}, {end(1s)});
  const auto row = only_row(file());
  EXPECT_EQ(row.at("samples"), "0");
  EXPECT_EQ(row.at("duration_seconds"), "1");
  EXPECT_EQ(row.at("exit_code"), "3");
  EXPECT_EQ(row.at("coverage_percent"), "0");
  EXPECT_EQ(row.at("cpu_seconds"), "");
  EXPECT_EQ(row.at("memory_peak_bytes"), "");
  EXPECT_EQ(row.at("gpu_count"), "");
}

TEST_F(Ledger, TheRunsOfOneContainerAreApart) {
  TaskSample second = sample(30s, 100);
  second.run = 2;
  write({sample(5s, 200), second}, {end(10s)});
  EXPECT_EQ(only_row(file()).at("cpu_cores_mean"), "2");
  EXPECT_EQ(left_open().runs.size(), 1U);
}

TEST_F(Ledger, ASampleOfNoKnownRunIsNotAddedUp) {
  TaskSample stray = sample(5s, 100);
  stray.run = 0;
  write({stray});
  EXPECT_TRUE(left_open().runs.empty()) << "nobody would ever end it";
}

TEST_F(Ledger, GpusAreSharedBetweenTheTasksThatUseThem) {
  const GpuDevice device{.index = 2,
                         .uuid = "GPU-2",
                         .name = "NVIDIA A100, 80GB",
                         .memory_used_bytes = 5000 * kMib,
                         .utilization_percent = 80,
                         .power_draw_watts = 300};
  TaskSample alone = sample(10s, 100);
  alone.gpus = {{.uuid = "GPU-2", .device = device, .task_memory_used_bytes = 1000 * kMib}};
  write({alone});
  TaskSample shared = sample(20s, 100);
  shared.gpus = {{.uuid = "GPU-2", .device = device, .task_memory_used_bytes = 3000 * kMib}};
  TaskSample other = shared;
  other.container_id = kB;
  write({shared, other}, {end(20s)});
  const auto row = only_row(file());
  EXPECT_EQ(row.at("gpu_count"), "1");
  EXPECT_EQ(row.at("gpu_ids"), "2");
  EXPECT_EQ(row.at("gpu_names"), "NVIDIA A100, 80GB");
  EXPECT_EQ(row.at("gpu_utilization_mean"), "80");
  EXPECT_EQ(row.at("gpu_memory_mean_mib"), "2000");
  EXPECT_EQ(row.at("gpu_memory_peak_mib"), "3000");
  EXPECT_EQ(row.at("gpu_shared_percent"), "50");
  EXPECT_EQ(row.at("energy_wh"), "1.25") << "300 W for 10 s and 150 W for 10 s";
}

TEST_F(Ledger, WhoUsedUpItsMemoryHadAllOfIt) {
  TaskSample it = sample(5s, 100);
  it.stats.memory_limit_bytes = 64 * kMib;
  EndedTaskRun killed = end(10s);
  killed.run.oom_killed = true;
  write({it}, {killed});
  EXPECT_EQ(only_row(file()).at("memory_peak_bytes"), std::to_string(64 * kMib));
}

TEST_F(Ledger, TheKernelsPeakIsBelievedAlsoOfWhoUsedUpItsMemory) {
  TaskSample last = counted(5s, 5s);
  last.ended = true;
  last.stats.memory_limit_bytes = 64 * kMib;
  last.stats.memory_peak_bytes = 63 * kMib;
  last.stats.out_of_memory_kills = 1;
  write({last}, {end(5s)});
  EXPECT_EQ(only_row(file()).at("memory_peak_bytes"), std::to_string(63 * kMib));
  EXPECT_EQ(only_row(file()).at("oom_killed"), "1") << "which the engine has missed";
}

/// A source may have read the end too late.
TEST_F(Ledger, ThePeakSoFarCountsWhereTheEndWasNotRead) {
  TaskSample it = counted(5s, 5s);
  it.stats.memory_peak_bytes = 90 * kMib;
  write({it});
  write({}, {end(10s)});
  EXPECT_EQ(only_row(file()).at("memory_peak_bytes"), std::to_string(90 * kMib));
}

TEST_F(Ledger, APeakOfBeforeTheKillIsNotBelieved) {
  TaskSample it = counted(5s, 5s);
  it.stats.memory_limit_bytes = 64 * kMib;
  it.stats.memory_peak_bytes = 20 * kMib;
  it.stats.out_of_memory_kills = 0;
  EndedTaskRun killed = end(10s);
  killed.run.oom_killed = true;
  write({it}, {killed});
  EXPECT_EQ(only_row(file()).at("memory_peak_bytes"), std::to_string(64 * kMib));
}

TEST_F(Ledger, AKillThatOnlyTheEngineKnowsOfIsTold) {
  TaskSample last = counted(5s, 5s);
  last.ended = true;
  last.stats.out_of_memory_kills = 0;
  EndedTaskRun killed = end(5s);
  killed.run.oom_killed = true;
  write({last}, {killed});
  EXPECT_EQ(only_row(file()).at("oom_killed"), "1");
}

TEST_F(Ledger, TheHostsMemoryIsNobodysLimit) {
  EndedTaskRun killed = end(10s);
  killed.run.oom_killed = true;
  write({sample(5s, 100)}, {killed});
  EXPECT_EQ(only_row(file()).at("memory_peak_bytes"), std::to_string(10 * kMib));
}

TEST_F(Ledger, TheRowGoesToTheFolderOfTheNameThatWasFound) {
  TaskSample unknown = sample(5s, 100);
  unknown.module_name = "Unknown";
  write({unknown});
  write({sample(10s, 100)});
  EndedTaskRun ended = end(15s);
  ended.module_name = "Unknown";  // its task.json is gone by now
  write({}, {ended});
  EXPECT_EQ(only_row(file()).at("module_name"), "MD");
}

TEST_F(Ledger, ARunThatGoesOnIsGoneOnWithByTheNextRecorder) {
  began = clock.wall - 100s;
  TaskCsvSink csv(dir.path());
  for (const auto& [at, percent] : {std::pair(10s, 400.0), std::pair(20s, 200.0)}) {
    write({sample(at, percent)});
    ASSERT_TRUE(csv.write({.samples = {sample(at, percent)}}).empty());
  }
  const OpenRuns open = left_open();
  ASSERT_EQ(open.runs.size(), 1U);
  EXPECT_EQ(open.runs[0].run.container_name, "task_7");
  EXPECT_EQ(open.runs[0].module_name, "MD");
  EXPECT_EQ(open.runs[0].run.started_at, began);

  start(open);
  TaskSample next = sample(40s, 100);
  next.run = 5;  // as that recorder counts
  EndedTaskRun ended = end(50s);
  ended.run.run = 5;
  write({next}, {ended});
  const auto row = only_row(file());
  EXPECT_EQ(row.at("samples"), "3");
  EXPECT_EQ(row.at("cpu_seconds"), "90") << "4 for 10 s, 2 for 10 s, 1 for 30 s";
  EXPECT_EQ(row.at("cpu_cores_max"), "4");
}

TEST_F(Ledger, ARunThatEndedWhileNoRecorderRanHasWhatItsCsvHolds) {
  began = clock.wall - 100s;
  write({sample(10s, 400)});
  TaskCsvSink csv(dir.path());
  ASSERT_TRUE(csv.write({.samples = {sample(10s, 400)}}).empty());
  start(left_open());
  EndedTaskRun ended = end(20s);
  ended.module_name = "Unknown";
  ended.run.run = 0;
  write({}, {ended});
  EXPECT_EQ(only_row(file()).at("cpu_seconds"), "80");
  EXPECT_TRUE(left_open().runs.empty());
}

TEST_F(Ledger, ARecorderThatIsKilledInItsFirstRoundHasNotedWhenItBegan) {
  start({.runs = {}, .ends_stated_until = began});
  EXPECT_EQ(left_open().ends_stated_until, began);
}

TEST_F(Ledger, ARowThatARecorderHasWrittenBeforeItWasKilledIsNotWrittenAgain) {
  began = clock.wall - 100s + 1234567ns;  // the ledger has milliseconds
  write({sample(10s, 400)});
  const OpenRuns open = left_open();
  EndedTaskRun between_rounds = end(12s);
  between_rounds.run.container_id = kB;
  between_rounds.run.container_name = "task_7_b";
  write({}, {end(20s), between_rounds});
  EndedTaskRun started_again = end(40s);
  started_again.run.started_at = began + 25s;
  start(open);
  write({}, {end(20s), between_rounds, started_again});
  EXPECT_EQ(rows_of(file()), 3U);
  EXPECT_TRUE(left_open().runs.empty());
  start();
  write({}, {end(200s)});
  EXPECT_EQ(rows_of(file()), 4U) << "what has ended since is new, whatever it looks like";
}

TEST_F(Ledger, OfACsvOnlyTheRowsOfTheRunAreTakenIn) {
  began = clock.wall - 100s;
  TaskCsvSink csv(dir.path());
  TaskSample of_a_run_before = sample(-50s, 900);
  TaskSample of_another_container = sample(5s, 900);
  of_another_container.container_name = "task_7_b";
  ASSERT_TRUE(
      csv.write({.samples = {of_a_run_before, of_another_container, sample(10s, 100)}}).empty());
  write({}, {end(20s)});
  const auto row = only_row(file());
  EXPECT_EQ(row.at("samples"), "1");
  EXPECT_EQ(row.at("cpu_cores_max"), "1");
}

TEST_F(Ledger, ARunWithoutAStartHasNotTheRowsOfTheRunBeforeIt) {
  TaskCsvSink csv(dir.path());
  write({sample(10s, 900)});
  ASSERT_TRUE(csv.write({.samples = {sample(10s, 900)}}).empty());
  TaskSample second = sample(40s, 100);
  second.run = 2;
  second.started_at.reset();
  EndedTaskRun ended = end(50s);
  ended.run.run = 2;
  ended.run.started_at.reset();
  write({second}, {ended});
  const auto row = only_row(file());
  EXPECT_EQ(row.at("samples"), "1");
  EXPECT_EQ(row.at("cpu_cores_max"), "1");
}

TEST_F(Ledger, WhatIsNotMetYetStaysOpen) {
  OpenRuns open{
      .runs = {{.run = {.container_id = kB, .container_name = "task_9"}, .module_name = "MD"}},
      .ends_stated_until = began};
  start(open);
  write({sample(5s, 1)});
  EXPECT_EQ(left_open().runs.size(), 2U);
  EXPECT_EQ(left_open().ends_stated_until, began);
}

TEST_F(Ledger, AFolderThatCannotBeWrittenIsStatedAndTheRunsAreWrittenDownLater) {
  const auto blocked = dir / "file/below";
  test::write_text(dir / "file", "");
  sink =
      std::make_unique<LedgerSink>(LedgerSink::Settings{.output_dir = blocked}, clock, OpenRuns{});
  for (int round = 0; round < 2; ++round) {
    const Conditions conditions = sink->write({.samples = {sample(5s, 1)}});
    ASSERT_EQ(conditions.size(), 1U);
    EXPECT_EQ(conditions[0].key, "open runs");
  }
  remove(dir / "file");
  create_directories(blocked);
  EXPECT_TRUE(sink->write({}).empty());
  EXPECT_EQ(OpenRunsFile(blocked).read()->runs.size(), 1U);
}

TEST(OpenRunsFiles, WithoutAFileNothingIsOpen) {
  const test::TempDir dir;
  const auto open = OpenRunsFile(dir.path()).read();
  ASSERT_TRUE(open);
  EXPECT_TRUE(open->runs.empty());
  EXPECT_LT(std::chrono::abs(open->ends_stated_until - std::chrono::system_clock::now()), 10s);
}

TEST(OpenRunsFiles, WhatNoRecorderHasWrittenIsRefused) {
  const test::TempDir dir;
  const OpenRunsFile file(dir.path());
  const std::string run = R"({"container_id":"x; rm","container_name":"a"})";
  for (const std::string& text :
       {std::string(), std::string("[]"), std::string("{"), std::string(R"({"open_runs":[]})"),
        R"({"ends_stated_until_ns":1,"open_runs":[)" + run + "]}",
        std::string(R"({"ends_stated_until_ns":1,"open_runs":[7]})")}) {
    test::write_text(file.path(), text);
    EXPECT_FALSE(file.read()) << text;
  }
}

TEST(OpenRunsFiles, IsReadAsItWasWritten) {
  const test::TempDir dir;
  const OpenRunsFile file(dir.path());
  const OpenRuns open{
      .runs = {{.run = {.container_id = kA,
                        .container_name = "task_1",
                        .started_at = WallTime(1795338668'617202783ns),
                        .oom_killed = true},
                .module_name = "分子 \"MD\""},
               {.run = {.container_id = kB, .container_name = "task_2"}, .module_name = ""}},
      .ends_stated_until = WallTime(1795338669s)};
  ASSERT_TRUE(file.write(open));
  const auto read = file.read();
  ASSERT_TRUE(read);
  ASSERT_EQ(read->runs.size(), 2U);
  EXPECT_EQ(read->runs[0].run.started_at, open.runs[0].run.started_at);
  EXPECT_EQ(read->runs[0].module_name, open.runs[0].module_name);
  EXPECT_TRUE(read->runs[0].run.oom_killed);
  EXPECT_FALSE(read->runs[1].run.started_at);
  EXPECT_FALSE(read->runs[1].run.oom_killed);
  EXPECT_EQ(read->ends_stated_until, open.ends_stated_until);
}

}  // namespace
}  // namespace wemol
