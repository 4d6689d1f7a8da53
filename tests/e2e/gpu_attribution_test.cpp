#include <unistd.h>

#include "recorder_fixture.h"

namespace wemol::e2e {
namespace {

using GpuAttribution = RecorderTest;

/// Greater than any pid that Linux gives.
constexpr pid_t kNoSuchPid = 4999999;

const std::vector<std::string> gpu_columns{"gpu_count",
                                           "gpu_ids",
                                           "gpu_names",
                                           "gpu_memory_used",
                                           "gpu_memory_total",
                                           "gpu_utilization",
                                           "gpu_memory_utilization",
                                           "gpu_temperature",
                                           "gpu_fan_speed",
                                           "gpu_power_draw",
                                           "gpu_power_limit"};

const std::string all_not_available = "N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A";
const std::string no_gpu = "0,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A";
const std::string first_gpu =
    "1,0,NVIDIA GeForce RTX 3090,522MB,24576MB,88%,35%,72°C,54%,341.52W,350.00W";

/// What a later card prints that is not like gpu().
GpuFields second_gpu() {
  GpuFields fields = gpu(1, "GPU-b");
  fields["name"] = "NVIDIA H100";
  fields["memory.used"] = "0";
  fields["memory.total"] = "81559";
  fields["utilization.gpu"] = "0";
  fields["temperature.gpu"] = "31";
  fields["fan.speed"] = "[N/A]";
  fields["power.draw"] = "70.10";
  return fields;
}

std::string gpu_text(const std::vector<Row>& rows) {
  return rows.empty() ? "no row" : joined(rows.back(), gpu_columns);
}

TEST_F(GpuAttribution, lists_two_gpus_of_one_container_in_ascending_order) {
  const std::string id = engine().run("wemol_rc_task_gpu_132178_182060_334177");
  const pid_t pid = host_pid(id);
  tools().put_script("nvidia-smi",
                     nvidia_smi_script({second_gpu(), gpu(0, "GPU-a")},
                                       {{pid, "GPU-b"}, {pid, "GPU-a"}, {pid, "GPU-b"}}));
  record_rounds(1);
  const std::string file = read_text(csv("Unknown_Module", "132178"));
  EXPECT_TRUE(file.ends_with(
      ",2,\"0,1\",\"NVIDIA GeForce RTX 3090,NVIDIA H100\",\"522MB,0MB\",\"24576MB,81559MB\","
      "\"88%,0%\",\"35%,35%\",\"72°C,31°C\",\"54%,N/"
      "A\",\"341.52W,70.10W\",\"350.00W,350.00W\"\r\n"))
      << file;
  EXPECT_EQ(rows("132178").size(), 1U);
}

TEST_F(GpuAttribution, a_gpu_that_two_containers_share_stands_in_both_rows) {
  const std::string one = engine().run("wemol_rc_task_gpu_132171_1_1");
  const std::string two = engine().run("wemol_rc_task_gpu_132172_1_1");
  engine().run("wemol_rc_task_gpu_132173_1_1");
  tools().put_script(
      "nvidia-smi",
      nvidia_smi_script({gpu(0, "GPU-a"), second_gpu()},
                        {{host_pid(one), "GPU-a"}, {host_pid(two), "GPU-a"}, {getpid(), "GPU-b"}}));
  record_rounds(1);
  EXPECT_EQ(gpu_text(rows("132171")), first_gpu);
  EXPECT_EQ(gpu_text(rows("132172")), first_gpu);
  EXPECT_EQ(gpu_text(rows("132173")), no_gpu);
}

TEST_F(GpuAttribution, a_process_behind_docker_exec_belongs_to_the_container) {
  const std::string id = engine().run("wemol_rc_task_gpu_132171_1_1", {"sleep", "100000"});
  engine().must_docker({"exec", "--detach", id, "sleep", "99999"});
  std::string pids;
  ASSERT_TRUE(eventually([&] {
    pids = engine().must_docker({"top", id, "-eo", "pid,args"});
    return pids.find("99999") != std::string::npos;
  }));
  const std::size_t line = pids.rfind('\n', pids.find("99999"));
  tools().put_script(
      "nvidia-smi",
      nvidia_smi_script({gpu(0, "GPU-a")}, {{std::stoi(pids.substr(line + 1)), "GPU-a"}}));
  record_rounds(1);
  EXPECT_EQ(gpu_text(rows("132171")), first_gpu);
}

TEST_F(GpuAttribution,
       without_nvidia_smi_nothing_is_known_unless_the_host_has_no_gpu_and_that_is_said_once) {
  engine().run("wemol_rc_task_gpu_132171_1_1");
  RecorderProcess& recorder = record_rounds(3);
  ASSERT_EQ(rows("132171").size(), 3U);
  if (recorder.lines_with("- INFO - no GPU on the PCI bus: gpu_count is 0") == 1U) {
    EXPECT_EQ(gpu_text(rows("132171")), no_gpu);
    EXPECT_EQ(recorder.lines_with("nvidia-smi"), 0U);
  } else {
    EXPECT_EQ(gpu_text(rows("132171")), all_not_available);
    EXPECT_EQ(recorder.lines_with("nvidia-smi"), 1U);
  }
}

TEST_F(GpuAttribution, an_nvidia_smi_that_fails_costs_only_the_gpu_columns_until_it_works) {
  const std::string id = engine().run("wemol_rc_task_gpu_132171_1_1");
  tools().put_script(
      "nvidia-smi", "echo 'Failed to initialize NVML: Driver/library version mismatch'; exit 18\n");
  RecorderProcess& recorder = start_recorder({"--interval", "0.1"});
  ASSERT_TRUE(wait_for_rows(2, "132171"));
  EXPECT_EQ(gpu_text(rows("132171")), all_not_available);
  EXPECT_NE(rows("132171")[0].at("mem_usage").substr(0, 2), "0B");
  tools().put_script("nvidia-smi", nvidia_smi_script({gpu(0, "GPU-a")}, {{host_pid(id), "GPU-a"}}));
  EXPECT_TRUE(eventually([&] { return gpu_text(rows("132171")) == first_gpu; }));
  EXPECT_EQ(recorder.stop(), 0);
  EXPECT_EQ(recorder.lines_with("- WARNING - nvidia-smi (processes)"), 1U);
  EXPECT_NE(recorder.log().find("Driver/library version mismatch"), std::string::npos);
  EXPECT_EQ(recorder.lines_with("- INFO - over after "), 2U);  // both queries had failed
}

TEST_F(GpuAttribution, an_nvidia_smi_that_dies_by_a_signal_costs_only_the_gpu_columns) {
  engine().run("wemol_rc_task_gpu_132171_1_1");
  tools().put_script("nvidia-smi", "echo '0, GPU-a'; kill -SEGV $$\n");
  record_rounds(1);
  EXPECT_EQ(gpu_text(rows("132171")), all_not_available);
}

TEST_F(GpuAttribution, a_gpu_that_the_device_list_lacks_is_unknown) {
  const std::string one = engine().run("wemol_rc_task_gpu_132171_1_1");
  const std::string two = engine().run("wemol_rc_task_gpu_132172_1_1");
  tools().put_script("nvidia-smi",
                     nvidia_smi_script({gpu(0, "GPU-a")}, {{host_pid(one), "GPU-lost"},
                                                           {host_pid(two), "GPU-lost"},
                                                           {host_pid(two), "GPU-a"}}));
  record_rounds(1);
  EXPECT_EQ(gpu_text(rows("132171")), "1,Unknown,Unknown,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A");
  EXPECT_EQ(gpu_text(rows("132172")),
            "2,0,Unknown,NVIDIA GeForce RTX 3090,Unknown,522MB,N/A,24576MB,N/A,88%,N/A,35%,N/A,"
            "72°C,N/A,54%,N/A,341.52W,N/A,350.00W,N/A");
}

TEST_F(GpuAttribution, message_lines_between_the_rows_cost_no_row) {
  const std::string id = engine().run("wemol_rc_task_gpu_132171_1_1");
  const std::string message =
      "Unable to determine the device handle for GPU1: 0000:0A:00.0: GPU is lost.  Reboot the "
      "system to recover this GPU";
  const std::string pid = std::to_string(host_pid(id));
  tools().put_script("nvidia-smi",
                     "echo '" + message + "'\n( " +
                         nvidia_smi_script({gpu(0, "GPU-a")}, {{host_pid(id), "GPU-a"}}) +
                         ")\necho 'WARNING: infoROM is corrupted at gpu 0000:0B:00.0'\nexit 14\n");
  RecorderProcess& recorder = record_rounds(3);
  EXPECT_EQ(gpu_text(rows("132171")), first_gpu);
  EXPECT_EQ(rows("132171").size(), 3U);
  EXPECT_EQ(recorder.lines_with("GPU is lost"), 2U);  // once for each query, not for each round
  EXPECT_EQ(recorder.lines_with("infoROM is corrupted"), 2U);
}

TEST_F(GpuAttribution, a_value_in_any_spelling_of_missing_is_not_available_without_a_unit) {
  const std::string id = engine().run("wemol_rc_task_gpu_132171_1_1");
  GpuFields sick = gpu(0, "GPU-a");
  sick["memory.used"] = "[Not Supported]";
  sick["utilization.gpu"] = "[GPU requires reset]";
  sick["utilization.memory"] = "[Unknown Error]";
  sick["temperature.gpu"] = "N/A";
  sick["fan.speed"] = "[N/A]";
  sick["power.draw"] = "ERR!";
  sick["power.limit"] = "-";
  tools().put_script("nvidia-smi", nvidia_smi_script({sick}, {{host_pid(id), "GPU-a", "[N/A]"}}));
  record_rounds(1);
  EXPECT_EQ(gpu_text(rows("132171")),
            "1,0,NVIDIA GeForce RTX 3090,N/A,24576MB,N/A,N/A,N/A,N/A,N/A,N/A");
}

TEST_F(GpuAttribution, a_field_that_nvidia_smi_does_not_know_costs_only_its_column) {
  const std::string id = engine().run("wemol_rc_task_gpu_132171_1_1");
  GpuFields newer = gpu(0, "GPU-a");
  newer.erase("power.limit");
  tools().put_script("nvidia-smi", nvidia_smi_script({newer}, {{host_pid(id), "GPU-a"}}));
  record_rounds(2);
  EXPECT_EQ(gpu_text(rows("132171")),
            "1,0,NVIDIA GeForce RTX 3090,522MB,24576MB,88%,35%,72°C,54%,341.52W,N/A");
}

TEST_F(GpuAttribution, docker_top_is_not_called_where_the_control_group_tells_the_container) {
  const std::string id = engine().run("wemol_rc_task_gpu_132171_1_1");
  const auto log = folder().parent_path() / "docker-calls";
  tools().put_logging_docker(log);
  tools().put_script("nvidia-smi", nvidia_smi_script({gpu(0, "GPU-a")}, {{host_pid(id), "GPU-a"}}));
  record_rounds(2);
  EXPECT_EQ(gpu_text(rows("132171")), first_gpu);
  const std::string calls = read_text(log);
  EXPECT_NE(calls.find("stats "), std::string::npos);
  EXPECT_EQ(calls.find("top "), std::string::npos) << calls;
}

TEST_F(GpuAttribution, each_docker_question_is_asked_once_a_round_for_all_containers) {
  for (int i = 0; i < 5; ++i) {
    engine().run("wemol_rc_task_" + std::to_string(132171 + i) + "_1_1");
  }
  const auto log = folder().parent_path() / "docker-calls";
  tools().put_logging_docker(log);
  tools().put_script("nvidia-smi", nvidia_smi_script({gpu(0, "GPU-a")}, {}));
  record_rounds(2);
  const std::string calls = read_text(log);
  // ps, stats and events in both, inspect once for the starts of those that ran before.
  EXPECT_EQ(std::count(calls.begin(), calls.end(), '\n'), 7) << calls;
  EXPECT_EQ(rows("132175").size(), 2U);
}

TEST_F(GpuAttribution, docker_top_finds_the_container_of_a_process_that_the_host_does_not_show) {
  const std::string id = engine().run("wemol_rc_task_gpu_132171_1_1");
  engine().run("wemol_rc_task_gpu_132172_1_1");
  tools().put_script("docker",
                     "\"$docker\" \"$@\" || exit $?\n"
                     "case \"$*\" in top*" +
                         id + "*) echo " + std::to_string(kNoSuchPid) + " ;; esac\n");
  tools().put_script("nvidia-smi", nvidia_smi_script({gpu(0, "GPU-a")}, {{kNoSuchPid, "GPU-a"}}));
  record_rounds(2);
  ASSERT_EQ(rows("132171").size(), 2U);
  EXPECT_EQ(joined(rows("132171")[0], gpu_columns), first_gpu);
  EXPECT_EQ(gpu_text(rows("132171")), first_gpu);
  EXPECT_EQ(gpu_text(rows("132172")), no_gpu);
}

TEST_F(GpuAttribution, a_process_of_no_container_is_asked_for_once_and_not_in_every_round) {
  engine().run("wemol_rc_task_gpu_132171_1_1");
  const auto log = folder().parent_path() / "docker-calls";
  tools().put_logging_docker(log);
  tools().put_script("nvidia-smi", nvidia_smi_script({gpu(0, "GPU-a")}, {{getpid(), "GPU-a"}}));
  record_rounds(3);
  EXPECT_EQ(gpu_text(rows("132171")), no_gpu);
  const std::string calls = read_text(log);
  const std::size_t first = calls.find("top ");
  ASSERT_NE(first, std::string::npos) << calls;
  EXPECT_EQ(calls.find("top ", first + 1), std::string::npos) << calls;
}

}  // namespace
}  // namespace wemol::e2e
