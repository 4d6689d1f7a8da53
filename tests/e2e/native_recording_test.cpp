#include <cmath>
#include <numeric>

#include "recorder_fixture.h"

namespace wemol::e2e {
namespace {

namespace fs = std::filesystem;

/// The kernel's own count of the CPU time of a container, found without the recorder's help.
double cpu_seconds_of(const std::string& container_id) {
  for (const char* root : {"/sys/fs/cgroup/cpuacct/docker/", "/sys/fs/cgroup/cpu,cpuacct/docker/",
                           "/sys/fs/cgroup/cpuacct/system.slice/docker-"}) {
    for (const char* suffix : {"", ".scope"}) {
      const std::string text = read_text(root + container_id + suffix + "/cpuacct.usage");
      if (!text.empty()) {
        return std::stod(text) / 1e9;
      }
    }
  }
  for (const std::string& folder :
       {"/sys/fs/cgroup/docker/" + container_id,
        "/sys/fs/cgroup/system.slice/docker-" + container_id + ".scope"}) {
    const std::string text = read_text(folder + "/cpu.stat");
    if (text.starts_with("usage_usec ")) {
      return std::stod(text.substr(text.find(' '))) / 1e6;
    }
  }
  throw std::runtime_error("no CPU counter of container " + container_id);
}

/// The sum over all rows but the first, in CPU seconds, when rounds are a second apart.
double recorded_cpu_seconds(const std::vector<Row>& rows) {
  return std::accumulate(rows.begin() + 1, rows.end(), 0.0, [](double sum, const Row& row) {
    return sum + std::stod(row.at("cpu_percent")) / 100;
  });
}

const std::vector<std::string> all_but_cpu{"mem_usage", "mem_percent", "net_io", "block_io",
                                           "pids"};

class NativeRecording : public RecorderTest {
 protected:
  /// As docker itself prints them, in the order of the CSV.
  static std::string docker_stats(const std::string& container) {
    return engine().must_docker({"stats", "--no-stream", "--format",
                                 "{{.MemUsage}},{{.MemPerc}},{{.NetIO}},{{.BlockIO}},{{.PIDs}}",
                                 container});
  }
  static void expect_the_same_as_docker(NativeRecording& test, const std::string& name,
                                        const std::string& task_id) {
    // Only a round with the same readings of docker before and after it can be compared.
    std::string before;
    std::string after = docker_stats(name);
    for (int attempt = 0; attempt < 5 && before != after; ++attempt) {
      before = after;
      test.record_rounds(1, {"--source", "native"});
      after = docker_stats(name);
    }
    ASSERT_EQ(before, after) << "the container never came to rest";
    EXPECT_EQ(joined(test.rows(task_id).back(), all_but_cpu), before);
  }
};

TEST_F(NativeRecording, prints_what_docker_stats_prints_for_quiet_containers) {
  engine().run("wemol_rc_task_gpu_132171_1_1", {"sleep", "100000"}, {"--memory", "64m"});
  engine().run("wemol_rc_task_132172_1_1",
               {"sh", "-c",
                "dd if=/dev/zero of=/tmp/held bs=1M count=40; sleep 100000 & sleep 100000 & wait"},
               {"--tmpfs", "/tmp:size=64m", "--network", "host"});
  ASSERT_TRUE(eventually([&] { return docker_stats("wemol_rc_task_132172_1_1").ends_with(",3"); }));
  expect_the_same_as_docker(*this, "wemol_rc_task_gpu_132171_1_1", "132171");
  expect_the_same_as_docker(*this, "wemol_rc_task_132172_1_1", "132172");
}

TEST_F(NativeRecording, counts_the_network_as_docker_does) {
  if (engine().docker({"network", "create", "wemol-e2e"}).status != 0) {
    GTEST_SKIP() << "this engine can make no bridge";
  }
  const std::string pings =
      R"(ping -c 3 -s 1000 $(ip route | sed -n 's/default via \([0-9.]*\).*/\1/p'); sleep 100000)";
  engine().run("wemol_rc_task_132173_1_1", {"sh", "-c", pings}, {"--network", "wemol-e2e"});
  engine().run("wemol_rc_task_132174_1_1", {"sleep", "100000"},
               {"--network", "container:wemol_rc_task_132173_1_1"});
  EXPECT_TRUE(eventually([&] {
    return docker_stats("wemol_rc_task_132173_1_1").find(",0B / 0B,0B") == std::string::npos;
  })) << "nothing was sent";
  expect_the_same_as_docker(*this, "wemol_rc_task_132173_1_1", "132173");
  expect_the_same_as_docker(*this, "wemol_rc_task_132174_1_1", "132174");
  engine().remove_all_containers();
  engine().docker({"network", "rm", "wemol-e2e"});
}

TEST_F(NativeRecording, sums_up_to_the_kernels_count_whatever_the_pattern_of_the_load) {
  // Each rests until it is told, so that the counter can be read however busy the machine is, and
  // after, so that the end is in a row.
  const auto burner = [](int busy_loops, const std::string& pause, int times) {
    return Arguments{"sh", "-c",
                     "trap : USR1; sleep 100000 & wait; n=0; while [ $n -lt " +
                         std::to_string(times) + " ]; do i=0; while [ $i -lt " +
                         std::to_string(busy_loops) +
                         " ]; do i=$((i+1)); done; n=$((n+1)); sleep " + pause +
                         "; done; echo done; sleep 100000"};
  };
  const std::map<std::string, Arguments> tasks{{"132175", burner(400'000, "4", 2)},
                                               {"132176", burner(60'000, "0.7", 8)},
                                               {"132177", burner(700'000, "1.3", 3)}};
  std::map<std::string, std::string> ids;
  for (const auto& [task, command] : tasks) {
    ids[task] = engine().run("wemol_rc_task_" + task + "_1_1", command);
  }
  RecorderProcess& recorder = start_recorder({"--source", "native", "--interval", "1"});
  std::map<std::string, double> cpu_at_first_row;
  for (const auto& [task, id] : ids) {
    ASSERT_TRUE(wait_for_rows(1, task));
    cpu_at_first_row[task] = cpu_seconds_of(id);
  }
  for (const auto& [task, id] : ids) {
    engine().must_docker({"kill", "--signal", "USR1", id});
  }
  for (const auto& [task, id] : ids) {
    EXPECT_TRUE(eventually([&, &container = id] {
      return engine().must_docker({"logs", container}) == "done";
    }));
  }
  for (const auto& [task, id] : ids) {
    ASSERT_TRUE(wait_for_more_rows(2, task));
  }
  EXPECT_EQ(recorder.stop(), 0);
  for (const auto& [task, id] : ids) {
    const double truth = cpu_seconds_of(id) - cpu_at_first_row[task];
    EXPECT_GT(truth, 0.2) << task;
    EXPECT_NEAR(recorded_cpu_seconds(rows(task)), truth, truth / 100) << task;
  }
}

TEST_F(NativeRecording, agrees_with_the_source_docker_cli) {
  engine().run("wemol_rc_task_gpu_132178_182060_334177", {"sleep", "100000"}, {"--memory", "64m"});
  engine().run("wemol_rc_task_132179_1_1", {"sh", "-c", "while :; do :; done"}, {"--cpus", "0.5"});
  write_task_json("132178", "MD (GMX2024)");
  const Arguments native_for_a_while{"--source",     "native", "--rounds",   "2",
                                     "--output-dir", "native", "--interval", "2"};
  EXPECT_EQ(start_recorder(native_for_a_while).wait(), 0);
  record_rounds(1, {"--source", "docker-cli", "--output-dir", "cli"});
  const auto last = [&](const std::string& root, const std::string& file) {
    return read_csv(folder() / root / file).back();
  };
  Row native = last("native", "MD (GMX2024)/132178.csv");
  Row cli = last("cli", "MD (GMX2024)/132178.csv");
  for (Row* row : {&native, &cli}) {
    row->erase("timestamp");
    row->erase("mem_usage");  // the last pages of its start may go back between the two
    row->erase("mem_percent");
  }
  EXPECT_EQ(native, cli);
  const double burnt_by_native =
      std::stod(last("native", "Unknown_Module/132179.csv").at("cpu_percent"));
  const double burnt_by_cli = std::stod(last("cli", "Unknown_Module/132179.csv").at("cpu_percent"));
  EXPECT_NEAR(burnt_by_native, burnt_by_cli, 25);
}

TEST_F(NativeRecording, is_what_auto_takes_here_which_is_said_once) {
  engine().run("wemol_rc_task_132178_1_1");
  tools().remove("docker");
  RecorderProcess& recorder =
      start_recorder({"--source", "auto", "--rounds", "2", "--interval", "0.5"});
  EXPECT_EQ(recorder.wait(), 0);
  EXPECT_EQ(
      recorder.lines_with("- INFO - --source auto is native: this host has all that it needs"), 1U)
      << recorder.log();
  EXPECT_EQ(recorder.lines_with("(source native, engine "), 1U) << recorder.log();
  EXPECT_EQ(rows("132178").size(), 2U);
}

TEST_F(NativeRecording, asks_the_engine_nothing_in_a_round) {
  engine().run("wemol_rc_task_132171_1_1");
  RecorderProcess& recorder = start_recorder({"--source", "native", "--interval", "0.1"});
  ASSERT_TRUE(wait_for_rows(3, "132171"));
  engine().freeze();
  EXPECT_TRUE(wait_for_more_rows(10, "132171"));
  engine().thaw();
  EXPECT_EQ(recorder.stop(), 0);
  EXPECT_EQ(recorder.lines_with("- ERROR - "), 0U);
}

TEST_F(NativeRecording, takes_the_gpus_from_nvidia_smi_where_there_is_no_nvml) {
  engine().run("wemol_rc_task_gpu_132178_1_1");
  const pid_t pid = host_pid("wemol_rc_task_gpu_132178_1_1");
  tools().put_script("nvidia-smi", nvidia_smi_script({gpu(0, "GPU-a"), gpu(1, "GPU-b")},
                                                     {{.pid = pid, .gpu_uuid = "GPU-b"}}));
  RecorderProcess& recorder = start_recorder({"--source", "native", "--interval", "1"});
  EXPECT_TRUE(eventually([&] {
    const auto found = rows("132178");
    return !found.empty() && found.back().at("gpu_count") == "1" &&
           found.back().at("gpu_ids") == "1";
  }));
  EXPECT_EQ(recorder.stop(), 0);
  EXPECT_EQ(recorder.lines_with("the GPUs are read with nvidia-smi"), 1U) << recorder.log();
}

}  // namespace
}  // namespace wemol::e2e
