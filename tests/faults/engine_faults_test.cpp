#include <algorithm>
#include <atomic>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <thread>

#include "fault_report.h"
#include "recorder_fixture.h"
#include "recording.h"

namespace wemol::faults {
namespace {

using namespace std::chrono_literals;
using e2e::eventually;
using e2e::Row;
using e2e::scaled;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr const char* kTask = "132171";
constexpr const char* kRenamedTask = "132172";

std::string container_of(const std::string& task) {
  return "wemol_rc_task_" + task + "_1_1";
}

/// One recorder of either source.
class SourceStage : public e2e::Stage {
 public:
  SourceStage(std::string source, std::string interval, milliseconds late,
              e2e::Environment environment)
      : Stage(std::move(environment)), source_(std::move(source)), late_(late) {
    recorder_ =
        &start_recorder({"--source", source_, "--interval", interval, "--log-level", "DEBUG"});
  }

  [[nodiscard]] const std::string& source() const { return source_; }
  [[nodiscard]] bool is_native() const { return source_ == "native"; }
  [[nodiscard]] e2e::RecorderProcess& recorder() const { return *recorder_; }
  [[nodiscard]] Punctuality rounds() const {
    return read_punctuality(recorder_->log(), scaled(late_));
  }
  [[nodiscard]] Recording recording() const { return read_recording(folder() / "module_resource"); }

  /// Notes how long after `since` the task has its next row.
  void measure_recovery(const std::string& task, std::size_t rows_before, Clock::time_point since) {
    if (!recovery_ && rows(task).size() > rows_before) {
      recovery_ = std::chrono::ceil<milliseconds>(Clock::now() - since);
    }
  }
  [[nodiscard]] std::optional<milliseconds> recovery() const { return recovery_; }

 private:
  std::string source_;
  milliseconds late_;
  e2e::RecorderProcess* recorder_ = nullptr;
  std::optional<milliseconds> recovery_;
};

/// What happens at the engine while tasks run, seen by a recorder of each source.
class EngineFaults : public e2e::RecorderTest {
 protected:
  void TearDown() override {
    for (const auto& stage : stages_) {
      if (HasFailure()) {
        std::cout << "=== " << stage->source() << ":\n" << stage->logs();
      }
    }
    stages_.clear();
    if (!IsSkipped() && engine().docker({"version"}).status != 0) {
      EXPECT_EQ(engine().start(), "");
    }
    RecorderTest::TearDown();
  }

  void start_both() {
    stages_.push_back(
        std::make_unique<SourceStage>("docker-cli", "4", 1500ms, engine().client_environment()));
    stages_.push_back(
        std::make_unique<SourceStage>("native", "1", 700ms, engine().client_environment()));
  }

  [[nodiscard]] bool both(const std::function<bool(SourceStage&)>& holds) {
    return eventually([&] {
      std::size_t holding = 0;
      for (const auto& stage : stages_) {
        holding += holds(*stage) ? 1U : 0U;
      }
      return holding == stages_.size();
    });
  }
  [[nodiscard]] bool both_have_rows(std::size_t count, const std::string& task) {
    return both([&](SourceStage& stage) { return stage.rows(task).size() >= count; });
  }

  /// Waits for the next row of the task in both, and notes how long it takes.
  void wait_for_recovery(const std::string& task) {
    const auto since = Clock::now();
    std::map<const SourceStage*, std::size_t> before;
    for (const auto& stage : stages_) {
      before[stage.get()] = stage->rows(task).size();
    }
    EXPECT_TRUE(both([&](SourceStage& stage) {
      stage.measure_recovery(task, before[&stage], since);
      return stage.recovery().has_value();
    })) << "not recorded again";
  }

  /// Stops both, and reports what holds in every case. `rows_expected` where the test knows it.
  void stop_and_report(const std::string& fault,
                       const std::function<std::size_t(const SourceStage&)>& rows_expected,
                       const std::function<std::string(const SourceStage&)>& note = {}) {
    for (const auto& stage : stages_) {
      SCOPED_TRACE(stage->source());
      EXPECT_EQ(stage->recorder().stop(), 0);
      const Punctuality rounds = stage->rounds();
      const Recording found = stage->recording();
      const std::size_t expected = rows_expected(*stage);
      EXPECT_EQ(found.rows, expected);
      EXPECT_EQ(found.torn_rows, 0U) << found.first_problem;
      EXPECT_LE(rounds.late_or_skipped(), kHeldUpByTheMachine);
      report_fault(fault + " (" + stage->source() + ")", {.rows_expected = expected,
                                                          .rows_written = found.rows,
                                                          .torn_rows = found.torn_rows,
                                                          .late_rounds = rounds.late_or_skipped(),
                                                          .recovery = stage->recovery(),
                                                          .note = note ? note(*stage) : ""});
    }
  }

  std::vector<std::unique_ptr<SourceStage>> stages_;
};

std::size_t rows_by_its_own_count(const SourceStage& stage) {
  return stage.rounds().rows;
}

/// No value that only a mix-up of two runs could give.
void expect_plausible(const std::vector<Row>& rows) {
  const double all_cpus = 100.0 * std::max(1U, std::thread::hardware_concurrency());
  for (const Row& row : rows) {
    const double cpu = std::stod(row.at("cpu_percent"));
    EXPECT_GE(cpu, 0) << row.at("timestamp");
    EXPECT_LE(cpu, all_cpus * 1.2) << row.at("timestamp");
    EXPECT_NE(row.at("mem_usage").substr(0, 2), "0B") << row.at("timestamp");
  }
}

TEST_F(EngineFaults, stopped_and_started_while_a_task_runs) {
  engine().run(container_of(kTask), {"sleep", "100000"}, {"--restart", "always"});
  start_both();
  ASSERT_TRUE(both_have_rows(2, kTask));
  engine().stop();
  EXPECT_TRUE(
      both([](SourceStage& stage) { return stage.recorder().lines_with("- ERROR - ") == 1; }));
  std::this_thread::sleep_for(5s);
  ASSERT_EQ(engine().start(), "");
  wait_for_recovery(kTask);
  stop_and_report("engine stopped and started", rows_by_its_own_count);
  for (const auto& stage : stages_) {
    EXPECT_EQ(stage->recorder().lines_with("- ERROR - "), 1U) << stage->source();
    expect_plausible(stage->rows(kTask));
  }
}

TEST_F(EngineFaults, killed_and_started_while_a_task_runs) {
  engine().run(container_of(kTask), {"sleep", "100000"}, {"--restart", "always"});
  start_both();
  ASSERT_TRUE(both_have_rows(2, kTask));
  engine().crash();
  EXPECT_TRUE(
      both([](SourceStage& stage) { return stage.recorder().lines_with("- ERROR - ") == 1; }));
  const std::size_t native_rows = stages_.back()->rows(kTask).size();
  std::this_thread::sleep_for(5s);
  EXPECT_GE(stages_.back()->rows(kTask).size(), native_rows + 3)
      << "native needs no engine for that";
  ASSERT_EQ(engine().start(), "");
  wait_for_recovery(kTask);
  stop_and_report("engine killed and started", rows_by_its_own_count);
  for (const auto& stage : stages_) {
    EXPECT_EQ(stage->recorder().lines_with("- ERROR - "), 1U) << stage->source();
    expect_plausible(stage->rows(kTask));
  }
}

TEST_F(EngineFaults, containers_removed_by_force_in_mid_round_cost_the_others_nothing) {
  const std::vector<std::string> staying{"1001", "1002", "1003"};
  const std::vector<std::string> leaving{"2001", "2002", "2003"};
  for (const auto& tasks : {staying, leaving}) {
    for (const std::string& task : tasks) {
      engine().run(container_of(task));
    }
  }
  start_both();
  const auto asked = stages_.front()->folder().parent_path() / "asked";
  ASSERT_TRUE(both_have_rows(1, leaving.front()));
  stages_.front()->tools().put_script("docker", "case \"$1\" in stats) : > " + asked.string() +
                                                    " ;; esac\nexec \"$docker\" \"$@\"\n");
  ASSERT_TRUE(eventually([&] { return std::filesystem::exists(asked); }));
  e2e::Arguments remove{"rm", "--force"};
  std::ranges::transform(leaving, std::back_inserter(remove), container_of);
  engine().must_docker(remove);
  for (const std::string& task : staying) {
    EXPECT_TRUE(both_have_rows(3, task));
  }
  stop_and_report("containers removed in mid-round", [&](const SourceStage& stage) {
    std::size_t expected = staying.size() * stage.rounds().rounds;
    for (const std::string& task : leaving) {
      const std::vector<Row> rows = stage.rows(task);
      expect_plausible(rows);
      expected += rows.size();
    }
    return expected;
  });
  for (const std::string& task : leaving) {
    EXPECT_EQ(stages_.back()->rows(task).back().at("gpu_count"), "N/A") << "no last row: " << task;
  }
}

TEST_F(EngineFaults, a_renamed_container_has_a_row_in_each_round_under_one_of_its_names) {
  engine().run(container_of(kTask));
  start_both();
  ASSERT_TRUE(both_have_rows(2, kTask));
  engine().must_docker({"rename", container_of(kTask), container_of(kRenamedTask)});
  EXPECT_TRUE(both_have_rows(2, kRenamedTask));
  stop_and_report("container renamed",
                  [](const SourceStage& stage) { return stage.rounds().rounds; });
}

TEST_F(EngineFaults, an_id_and_a_name_used_again_go_on_in_the_file_with_new_counters) {
  const e2e::Arguments busy_then_idle{
      "sh", "-c", "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; sleep 100000"};
  engine().run(container_of(kTask), busy_then_idle);
  start_both();
  ASSERT_TRUE(both_have_rows(2, kTask));
  engine().must_docker({"restart", "--time", "0", container_of(kTask)});
  wait_for_recovery(kTask);
  engine().must_docker({"rm", "--force", container_of(kTask)});
  engine().run(container_of(kTask), busy_then_idle);
  const std::size_t before = stages_.front()->rows(kTask).size();
  EXPECT_TRUE(eventually([&] { return stages_.front()->rows(kTask).size() >= before + 2; }));
  stop_and_report("container id and name used again", rows_by_its_own_count);
  for (const auto& stage : stages_) {
    expect_plausible(stage->rows(kTask));
    EXPECT_EQ(stage->recording().files, 1U);
  }
  EXPECT_EQ(stages_.back()->recorder().lines_with("0 tasks had ended before they were seen"), 1U);
}

/// Runs that many short tasks, a few at a time.
void run_short_tasks(e2e::DockerEngine& engine, int first, int count) {
  constexpr int kAtOnce = 6;
  std::atomic<int> next = 0;
  std::vector<std::future<void>> starters;
  for (int starter = 0; starter < kAtOnce; ++starter) {
    starters.push_back(std::async(std::launch::async, [&] {
      for (int task = next++; task < count; task = next++) {
        engine.must_docker({"run", "--rm", "--detach", "--network", "none", "--name",
                            container_of(std::to_string(first + task)), e2e::DockerEngine::image(),
                            "sleep", std::to_string(1 + task % 3)});
      }
    }));
  }
  std::ranges::for_each(starters, [](auto& starter) { starter.get(); });
}

TEST_F(EngineFaults, containers_that_come_and_go_by_the_hundred) {
  constexpr int kFirst = 1000;
  const int tasks = is_full_run() ? 200 : 20;
  engine().run(container_of(kTask));  // one that stays
  start_both();
  ASSERT_TRUE(both_have_rows(1, kTask));
  const auto began = Clock::now();
  run_short_tasks(engine(), kFirst, tasks);
  const auto took = std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - began);
  EXPECT_TRUE(eventually([&] { return engine().must_docker({"ps", "--quiet"}).size() == 12; }));
  std::map<std::string, std::size_t> without_row;
  const auto count_tasks = [&](const SourceStage& stage) {
    for (int task = kFirst; task < kFirst + tasks; ++task) {
      const std::vector<Row> rows = stage.rows(std::to_string(task));
      without_row[stage.source()] += rows.empty() ? 1U : 0U;
      expect_plausible(rows);
      if (stage.is_native()) {
        EXPECT_TRUE(!rows.empty() ||
                    stage.recorder().lines_with(container_of(std::to_string(task)) +
                                                " had ended before it could be looked at") == 1)
            << "neither recorded nor said to be missed: " << task;
        EXPECT_TRUE(rows.empty() || rows.back().at("gpu_count") == "N/A")
            << "no last row: " << task;
      }
    }
    if (stage.is_native()) {  // docker stats waits for each container that starts meanwhile, too
      EXPECT_EQ(stage.rows(kTask).size(), stage.rounds().rounds) << "of the one that stays";
    }
    return stage.rounds().rows;
  };
  stop_and_report(std::to_string(tasks) + " containers come and go", count_tasks,
                  [&](const SourceStage& stage) {
                    return "in " + std::to_string(took.count()) + " s; " +
                           std::to_string(without_row[stage.source()]) +
                           " of them without a row; one that stays: " +
                           std::to_string(stage.rows(kTask).size()) + " rows in " +
                           std::to_string(stage.rounds().rounds) + " rounds";
                  });
  EXPECT_EQ(stages_.back()->recorder().lines_with("- ERROR - "), 0U);
}

}  // namespace
}  // namespace wemol::faults
