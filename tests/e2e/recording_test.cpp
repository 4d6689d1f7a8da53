#include <ctime>
#include <set>

#include "recorder_fixture.h"

namespace wemol::e2e {
namespace {

using Recording = RecorderTest;

double percent(const std::string& text) {
  EXPECT_TRUE(text.ends_with('%')) << text;
  return std::stod(text);
}

/// The readings of one container as docker itself prints them, in the order of the CSV.
std::string docker_stats(DockerEngine& engine, const std::string& container) {
  const std::string format =
      "{{.CPUPerc}},{{.MemUsage}},{{.MemPerc}},{{.NetIO}},{{.BlockIO}},{{.PIDs}}";
  return engine.must_docker({"stats", "--no-stream", "--format", format, container});
}

const std::vector<std::string> stats_columns{"cpu_percent", "mem_usage", "mem_percent",
                                             "net_io",      "block_io",  "pids"};

TEST_F(Recording, writes_what_docker_stats_prints_for_a_quiet_container) {
  engine().run("wemol_rc_task_cpu_132178_182060_334177", {"sleep", "100000"}, {"--memory", "64m"});
  // A container that has just begun still gives memory back: only a round with the same readings
  // before and after it can be compared.
  const std::string name = "wemol_rc_task_cpu_132178_182060_334177";
  std::string before;
  std::string after = docker_stats(engine(), name);
  for (int attempt = 0; attempt < 5 && before != after; ++attempt) {
    before = after;
    record_rounds(1);
    after = docker_stats(engine(), name);
  }
  ASSERT_EQ(before, after);
  EXPECT_EQ(joined(rows("132178").back(), stats_columns), before);
  EXPECT_TRUE(rows("132178").back().at("mem_usage").ends_with("iB / 64MiB"));
}

TEST_F(Recording, writes_the_file_byte_for_byte_as_the_contract_says) {
  engine().run("wemol_rc_task_gpu_132178_182060_334177");
  write_task_json("132178", R"(MD (GMX2024), \"new\")");
  tools().put_script("nvidia-smi", nvidia_smi_script({gpu(0, "GPU-a")}, {}));
  record_rounds(2);
  const auto recorded = rows("132178", "MD (GMX2024), _new_");
  ASSERT_EQ(recorded.size(), 2U);
  std::string expected = std::string(kHeader) + "\r\n";
  for (const Row& row : recorded) {
    expected += R"(132178,182060,"MD (GMX2024), ""new""",)" + row.at("timestamp") +
                ",wemol_rc_task_gpu_132178_182060_334177," + joined(row, stats_columns) +
                ",0,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A\r\n";
  }
  EXPECT_EQ(read_text(csv("MD (GMX2024), _new_", "132178")), expected);
}

TEST_F(Recording, shows_the_cpu_of_a_burner_and_none_of_a_sleeper) {
  engine().run("wemol_rc_task_132178_1_1", {"sh", "-c", "while :; do :; done"}, {"--cpus", "0.5"});
  engine().run("wemol_rc_task_132179_1_1");
  record_rounds(2);
  ASSERT_EQ(rows("132178").size(), 2U);
  ASSERT_EQ(rows("132179").size(), 2U);
  const double burnt = percent(rows("132178")[1].at("cpu_percent"));
  EXPECT_GT(burnt, 2.0);
  EXPECT_LT(burnt, 80.0);
  EXPECT_LT(percent(rows("132179")[1].at("cpu_percent")), 1.0);
}

TEST_F(Recording, counts_the_memory_and_the_processes_of_a_container) {
  engine().run("wemol_rc_task_132178_1_1",
               {"sh", "-c",
                "dd if=/dev/zero of=/tmp/held bs=1M count=40; sleep 100000 & sleep 100000 & wait"},
               {"--memory", "256m", "--tmpfs", "/tmp:size=64m"});
  ASSERT_TRUE(eventually(
      [&] { return docker_stats(engine(), "wemol_rc_task_132178_1_1").ends_with(",3"); }));
  record_rounds(1);
  ASSERT_EQ(rows("132178").size(), 1U);
  const Row row = rows("132178")[0];
  EXPECT_EQ(row.at("pids"), "3");
  EXPECT_TRUE(row.at("mem_usage").starts_with("4") && row.at("mem_usage").ends_with("MiB / 256MiB"))
      << row.at("mem_usage");
  EXPECT_GT(percent(row.at("mem_percent")), 40.0 / 256 * 100);
  EXPECT_LT(percent(row.at("mem_percent")), 50.0 / 256 * 100);
}

TEST_F(Recording, stamps_rows_with_the_local_time_of_the_reading) {
  engine().run("wemol_rc_task_132178_1_1");
  const std::time_t before = std::time(nullptr);
  record_rounds(1, {}, {{"TZ", "Etc/GMT-5"}});  // five hours ahead of UTC
  const std::time_t after = std::time(nullptr);
  ASSERT_EQ(rows("132178").size(), 1U);
  const std::string stamp = rows("132178")[0].at("timestamp");
  std::tm local{};
  const char* end = strptime(stamp.c_str(), "%Y-%m-%d %H:%M:%S", &local);
  ASSERT_TRUE(end != nullptr && *end == '\0' && stamp.size() == 19) << stamp;
  const std::time_t read_at = timegm(&local) - 5 * 3600L;
  EXPECT_GE(read_at, before);
  EXPECT_LE(read_at, after);
}

TEST_F(Recording, names_the_folder_and_the_column_after_the_module) {
  const std::vector<std::pair<std::string, std::string>> modules{
      {"132171", "分子动力学 (GMX2024)"}, {"132172", "AlphaFold2"}, {"132173", "Dock"}};
  const std::vector<std::string> workers{"ALL", "AF2", "CPU"};
  for (std::size_t i = 0; i < modules.size(); ++i) {
    write_task_json(modules[i].first, modules[i].second, workers[i]);
    engine().run("wemol_rc_task_" + modules[i].first + "_1_1");
  }
  engine().run("wemol_rc_task_132174_1_1");
  record_rounds(1);
  for (const auto& [task, module] : modules) {
    ASSERT_EQ(rows(task, module).size(), 1U) << module;
    EXPECT_EQ(rows(task, module)[0].at("module_name"), module);
  }
  ASSERT_EQ(rows("132174", "Unknown_Module").size(), 1U);
  EXPECT_EQ(rows("132174", "Unknown_Module")[0].at("module_name"), "Unknown");
}

TEST_F(Recording, no_module_name_leads_outside_the_output_folder) {
  engine().run("wemol_rc_task_132178_1_1");
  write_task_json("132178", "../../=evil");
  record_rounds(1);
  ASSERT_EQ(rows("132178", ".._.._=evil").size(), 1U);
  EXPECT_EQ(rows("132178", ".._.._=evil")[0].at("module_name"), "../../=evil");
}

TEST_F(Recording, a_name_that_a_spreadsheet_would_run_gets_a_quote) {
  engine().run("wemol_rc_task_132178_1_1");
  write_task_json("132178", "=1+1");
  record_rounds(1);
  ASSERT_EQ(rows("132178", "=1+1").size(), 1U);
  EXPECT_EQ(rows("132178", "=1+1")[0].at("module_name"), "'=1+1");
}

TEST_F(Recording, records_many_containers_in_one_round) {
  constexpr int kContainers = 20;
  for (int i = 0; i < kContainers; ++i) {
    engine().run("wemol_rc_task_gpu_" + std::to_string(500100 + i) + "_7_" + std::to_string(i));
  }
  record_rounds(2);
  std::set<std::string> stamps;
  for (int i = 0; i < kContainers; ++i) {
    const auto recorded = rows(std::to_string(500100 + i));
    ASSERT_EQ(recorded.size(), 2U) << i;
    EXPECT_EQ(recorded[0].at("container"),
              "wemol_rc_task_gpu_" + std::to_string(500100 + i) + "_7_" + std::to_string(i));
    stamps.insert(recorded[0].at("timestamp"));
  }
  EXPECT_EQ(stamps.size(), 1U);  // one snapshot for all
}

TEST_F(Recording, a_malformed_name_costs_one_warning_and_no_row_of_the_others) {
  const std::vector<std::string> malformed{"wemol_rc_task", "wemol_rc_task_x",
                                           "wemol_rc_task_cpu_1_2", "wemol_rc_taskfoo_1_2_3"};
  for (const std::string& name : malformed) {
    engine().run(name);
  }
  engine().run("nginx");
  engine().run("wemol_rc_task_af2_v2_132178_2_3-x");
  RecorderProcess& recorder = record_rounds(3);
  ASSERT_EQ(rows("132178").size(), 3U);
  EXPECT_EQ(rows("132178")[0].at("job_id"), "2");
  for (const std::string& name : malformed) {
    EXPECT_EQ(recorder.lines_with("WARNING - container " + name + " is not recorded"), 1U) << name;
  }
  EXPECT_EQ(recorder.lines_with("nginx"), 0U);
  EXPECT_EQ(std::distance(
                std::filesystem::recursive_directory_iterator(folder() / "module_resource"), {}),
            4);  // the folder, one CSV, the lock and what goes on
}

TEST_F(Recording, a_restarted_task_goes_on_in_the_same_file) {
  engine().run("wemol_rc_task_cpu_132178_1_1");
  RecorderProcess& recorder = start_recorder({"--interval", "0.1"});
  ASSERT_TRUE(wait_for_rows(1, "132178"));
  engine().must_docker({"rm", "--force", "wemol_rc_task_cpu_132178_1_1"});
  engine().run("wemol_rc_task_cpu_132178_1_2");
  ASSERT_TRUE(eventually(
      [&] { return rows("132178").back().at("container") == "wemol_rc_task_cpu_132178_1_2"; }));
  EXPECT_EQ(recorder.stop(), 0);
  EXPECT_EQ(rows("132178").front().at("container"), "wemol_rc_task_cpu_132178_1_1");
}

TEST_F(Recording, two_containers_of_one_task_share_its_file) {
  engine().run("wemol_rc_task_cpu_132178_1_1");
  engine().run("wemol_rc_task_gpu_132178_2_1");
  record_rounds(1);
  ASSERT_EQ(rows("132178").size(), 2U);
  EXPECT_EQ((std::set<std::string>{rows("132178")[0].at("job_id"), rows("132178")[1].at("job_id")}),
            (std::set<std::string>{"1", "2"}));
}

TEST_F(Recording, ids_keep_their_leading_zeros_and_short_ids_have_a_file) {
  engine().run("wemol_rc_task_cpu_0012_007_1");
  engine().run("wemol_rc_task_cpu_12_7_1");
  record_rounds(1);
  ASSERT_EQ(rows("0012").size(), 1U);
  EXPECT_EQ(rows("0012")[0].at("task_id"), "0012");
  EXPECT_EQ(rows("0012")[0].at("job_id"), "007");
  ASSERT_EQ(rows("12").size(), 1U);
}

TEST_F(Recording, a_paused_container_is_recorded) {
  engine().run("wemol_rc_task_132178_1_1", {"sh", "-c", "while :; do :; done"});
  engine().must_docker({"pause", "wemol_rc_task_132178_1_1"});
  record_rounds(1);
  ASSERT_EQ(rows("132178").size(), 1U);
  EXPECT_EQ(rows("132178")[0].at("cpu_percent"), "0.00%");
  EXPECT_NE(rows("132178")[0].at("mem_usage").substr(0, 2), "0B");
  engine().must_docker({"unpause", "wemol_rc_task_132178_1_1"});
}

TEST_F(Recording, another_prefix_means_other_containers) {
  engine().run("my.jobs_132178_1_1");
  engine().run("wemol_rc_task_132179_1_1");
  record_rounds(1, {"--container-prefix", "my.jobs"});
  EXPECT_EQ(rows("132178").size(), 1U);
  EXPECT_EQ(rows("132179").size(), 0U);
}

}  // namespace
}  // namespace wemol::e2e
