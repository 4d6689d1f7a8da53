// What the ledger says of real runs, beside what the engine and the kernel say of them.

#include <chrono>
#include <cmath>
#include <ctime>
#include <fstream>
#include <thread>

#include "recorder_fixture.h"

namespace wemol::e2e {
namespace {

/// Of the engine's "2026-11-22T09:28:58.887154478Z" and the ledger's "...+08:00".
double unix_seconds(const std::string& iso) {
  std::tm parts{};
  const char* rest = strptime(iso.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  if (rest == nullptr) {
    ADD_FAILURE() << iso;
    return 0;
  }
  auto seconds = static_cast<double>(timegm(&parts));
  char* zone = nullptr;
  seconds += std::strtod(rest, &zone);
  if (*zone != 'Z') {
    const int hours = std::stoi(std::string(zone).substr(1, 2));
    const int minutes = std::stoi(std::string(zone).substr(4, 2));
    seconds += (*zone == '-' ? 60 : -60) * (60 * hours + minutes);
  }
  return seconds;
}

/// The CPU seconds that the kernel has counted for a container that runs.
double kernel_cpu_seconds(const std::string& id) {
  const std::string v1 = "/sys/fs/cgroup/cpuacct/docker/" + id + "/cpuacct.usage";
  std::ifstream usage(std::filesystem::exists(v1)
                          ? v1
                          : "/sys/fs/cgroup/cpu,cpuacct/docker/" + id + "/cpuacct.usage");
  if (usage) {
    double nanoseconds = 0;
    usage >> nanoseconds;
    return nanoseconds / 1e9;
  }
  for (const auto& folder :
       std::vector<std::string>{"docker/" + id, "system.slice/docker-" + id + ".scope"}) {
    std::ifstream stat("/sys/fs/cgroup/" + folder + "/cpu.stat");
    std::string key;
    double microseconds = 0;
    if (stat >> key >> microseconds) {
      return microseconds / 1e6;
    }
  }
  return -1;
}

class Ledger : public RecorderTest, public testing::WithParamInterface<std::string> {
 protected:
  static bool is_native() { return GetParam() == "native"; }
  RecorderProcess& record(const std::string& interval = is_native() ? "1" : "3") {
    return start_recorder({"--source", GetParam(), "--interval", interval});
  }
  /// Whether the source native was quick enough to read what the kernel had counted until the end.
  static bool has_read_last_counters(const RecorderProcess& recorder) {
    return is_native() && recorder.lines_with("the kernel had dropped its counters") == 0;
  }
  [[nodiscard]] std::vector<Row> ledger() const {
    return read_csv(csv("Unknown_Module", "summary"), kLedgerHeader);
  }
  /// The row of a task, once there is one.
  Row row_of(const std::string& task_id) {
    Row found;
    EXPECT_TRUE(eventually([&] {
      for (const Row& row : ledger()) {
        if (row.at("task_id") == task_id) {
          found = row;
        }
      }
      return !found.empty();
    })) << task_id
        << '\n'
        << logs();
    return found;
  }
  static std::string name_of(const std::string& task_id) {
    return "wemol_rc_task_gpu_" + task_id + "_8_9";
  }
  static std::string start(const std::string& task_id, const std::string& script,
                           const Arguments& options = {}) {
    return engine().run(name_of(task_id), {"sh", "-c", script}, options);
  }
  static std::string inspect(const std::string& task_id, const std::string& field) {
    return engine().must_docker(
        {"inspect", "--format", "{{.State." + field + "}}", name_of(task_id)});
  }
  /// What the engine knows as well.
  static void expect_as_inspected(const Row& row) {
    const std::string& task_id = row.at("task_id");
    EXPECT_EQ(row.at("job_id"), "8");
    EXPECT_EQ(row.at("container"), name_of(task_id));
    EXPECT_EQ(row.at("exit_code"), inspect(task_id, "ExitCode"));
    // A busy engine may itself miss that the memory was used up; the kernel's count does not.
    const bool engine_knows = inspect(task_id, "OOMKilled") == "true";
    EXPECT_TRUE(row.at("oom_killed") == (engine_knows ? "1" : "0") ||
                (is_native() && row.at("oom_killed") == "1"))
        << row.at("oom_killed");
    const double started = unix_seconds(inspect(task_id, "StartedAt"));
    const double ended = unix_seconds(inspect(task_id, "FinishedAt"));
    // The engine tells of both later than it notes them, on a busy machine by seconds.
    const double kToldWithin = 10.0;
    EXPECT_NEAR(unix_seconds(row.at("started_at")), started, kToldWithin);
    EXPECT_NEAR(unix_seconds(row.at("ended_at")), ended, kToldWithin);
    EXPECT_NEAR(std::stod(row.at("duration_seconds")), ended - started, kToldWithin);
  }
};

INSTANTIATE_TEST_SUITE_P(Sources, Ledger, testing::Values("docker-cli", "native"),
                         [](const auto& it) { return it.index == 0 ? "docker_cli" : "native"; });

constexpr const char* kBurn = "i=0; while [ $i -lt 100000000 ]; do i=$((i+1)); done";

TEST_P(Ledger, a_burner_has_the_cpu_time_that_the_kernel_counted) {
  RecorderProcess& recorder = record();
  // Half a CPU, so that it gets what it asks for also beside others.
  const std::string id = start("132171", kBurn, {"--cpus", "0.5"});
  std::this_thread::sleep_for(std::chrono::seconds(12));
  // So that nothing is added between the look at it and its end.
  engine().must_docker({"pause", name_of("132171")});
  const double counted = kernel_cpu_seconds(id);
  engine().must_docker({"kill", name_of("132171")});
  const Row row = row_of("132171");
  expect_as_inspected(row);
  EXPECT_EQ(row.at("exit_code"), "137");
  EXPECT_EQ(row.at("oom_killed"), "0");
  ASSERT_GT(counted, 1) << "the kernel's own total";
  const double cpu_seconds = std::stod(row.at("cpu_seconds"));
  if (is_native()) {
    constexpr double kAsWritten = 0.001;
    EXPECT_LE(cpu_seconds, counted + 0.1);
    // Else what the last round has read.
    EXPECT_GE(cpu_seconds + kAsWritten, counted * (has_read_last_counters(recorder) ? 1 : 0.5));
    EXPECT_GT(std::stod(row.at("coverage_percent")), 60);
  } else {
    // A few seconds stand for all of them, of which a busy machine makes some much slower.
    EXPECT_NEAR(std::log(cpu_seconds / counted), 0, std::log(3)) << cpu_seconds << ", " << counted;
    EXPECT_LT(std::stod(row.at("coverage_percent")), 60);
  }
  EXPECT_GE(std::stoi(row.at("samples")), 1);
  EXPECT_NEAR(std::stod(row.at("cpu_cores_mean")),
              cpu_seconds / std::stod(row.at("duration_seconds")), 0.01);
  EXPECT_EQ(recorder.stop(), 0);
}

TEST_P(Ledger, exit_codes_and_used_up_memory_are_told) {
  RecorderProcess& recorder = record();
  start("132171", "sleep 9; exit 3");
  start("132172", "sleep 9; x=aaaaaaaaaaaaaaaa; while true; do x=$x$x; done", {"--memory", "16m"});
  const Row exited = row_of("132171");
  expect_as_inspected(exited);
  EXPECT_EQ(exited.at("exit_code"), "3");
  const Row killed = row_of("132172");
  expect_as_inspected(killed);
  EXPECT_EQ(killed.at("exit_code"), "137");
  if (has_read_last_counters(recorder)) {
    EXPECT_EQ(killed.at("oom_killed"), "1");
  }
  // docker stats may take longer than it lives.
  if (killed.at("oom_killed") == "1" && killed.at("samples") != "0") {
    EXPECT_EQ(killed.at("memory_peak_bytes"), std::to_string(16 << 20)) << "all that it could have";
  }
  EXPECT_EQ(recorder.stop(), 0);
}

TEST_P(Ledger, a_run_between_two_rounds_is_there_with_what_is_known) {
  RecorderProcess& recorder = record("10");
  ASSERT_TRUE(eventually([&] { return recorder.lines_with("no task container is running") == 1; }));
  start("132171", "exit 5");
  const Row row = row_of("132171");
  expect_as_inspected(row);
  EXPECT_EQ(row.at("gpu_count"), "") << "nobody has looked";
  if (row.at("samples") == "0") {
    EXPECT_EQ(row.at("cpu_seconds"), "") << "unknown, and not 0";
  }
  EXPECT_EQ(recorder.stop(), 0);
}

TEST_P(Ledger, what_is_read_of_a_restarted_container_counts_for_the_run_that_it_is_of) {
  constexpr int kRestarts = 5;
  constexpr double kIdleBytes = 30 << 20;
  RecorderProcess& recorder = record();
  // Every other run holds 60 MB.
  start("132171",
        "if [ -e /state ] && [ $(cat /state) = idle ]; then echo holds > /state; "
        "dd if=/dev/zero of=/tmp/held bs=1M count=60; else echo idle > /state; fi; "
        "exec sleep 100000",
        {"--tmpfs", "/tmp:size=64m"});
  for (int i = 0; i < kRestarts; ++i) {
    // At another moment of the round each time.
    std::this_thread::sleep_for(std::chrono::milliseconds(5000 + i * 600));
    engine().must_docker({"restart", "--time", "0", name_of("132171")});
  }
  ASSERT_TRUE(eventually([&] { return ledger().size() == kRestarts; })) << logs();
  const std::vector<Row> runs = ledger();
  for (std::size_t i = 0; i < runs.size(); i += 2) {
    const std::string& peak = runs[i].at("memory_peak_bytes");
    EXPECT_TRUE(peak.empty() || std::stod(peak) < kIdleBytes) << "run " << i << ": " << peak;
  }
  EXPECT_EQ(recorder.stop(), 0);
}

TEST_P(Ledger, a_run_that_outlives_the_recorder_keeps_what_was_before) {
  RecorderProcess& first = record();
  start("132171", kBurn, {"--cpus", "0.3"});
  ASSERT_TRUE(wait_for_rows(2, "132171"));
  first.send(SIGKILL);
  first.wait();
  const std::size_t rows_before = rows("132171").size();
  RecorderProcess& second = record();
  ASSERT_TRUE(wait_for_rows(rows_before + 2, "132171"));
  engine().must_docker({"kill", name_of("132171")});
  const Row row = row_of("132171");
  expect_as_inspected(row);
  EXPECT_GE(std::stoul(row.at("samples")), rows_before + 2);
  EXPECT_NEAR(std::stod(row.at("cpu_cores_mean")), 0.3, 0.25);
  EXPECT_EQ(second.stop(), 0);
  EXPECT_EQ(ledger().size(), 1U);
}

TEST_P(Ledger, runs_that_end_while_no_recorder_runs_are_told_by_the_next) {
  RecorderProcess& first = record();
  start("132171", "sleep 100000");
  start("132172", "sleep 100000", {"--rm"});
  ASSERT_TRUE(wait_for_rows(1, "132171"));
  ASSERT_TRUE(wait_for_rows(1, "132172"));
  EXPECT_EQ(first.stop(), 0);
  engine().must_docker({"kill", name_of("132171"), name_of("132172")});
  RecorderProcess& second = record();
  const Row kept = row_of("132171");
  expect_as_inspected(kept);
  EXPECT_GE(std::stoi(kept.at("samples")), 1);
  EXPECT_NE(kept.at("memory_peak_bytes"), "");
  const Row removed = row_of("132172");
  EXPECT_EQ(removed.at("exit_code"), "137") << "the engine's events remember it";
  EXPECT_EQ(second.stop(), 0);
  EXPECT_EQ(ledger().size(), 2U);
}

}  // namespace
}  // namespace wemol::e2e
