#include "hub_report.h"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "full_host_sample.h"
#include "process_json.h"
#include "time_zone.h"

namespace wemol::hub_client {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::ordered_json;

ProcessSample a_process(std::uint64_t pid, double cpu_percent = 1.0) {
  ProcessSample process;
  process.facts = {.pid = pid,
                   .start_ticks = 5,
                   .name = "python",
                   .command_line = "python train.py --token ***",
                   .state = 'S',
                   .user_id = 1000};
  process.user = "lin";
  process.started_at = std::chrono::system_clock::time_point(1749030268256789us);
  process.cpu_percent = cpu_percent;
  process.memory_percent = 0.12345;
  return process;
}

/// On two GPUs: 4711 on both, 99 (which /proc lacks) on the second.
HostSample sample_with_processes() {
  HostSample sample = test::full_host_sample();
  GpuDevice second = sample.gpus->front();
  second.index = 4;
  second.uuid = "GPU-second";
  sample.gpus->push_back(second);
  sample.gpu_processes = {{.pid = 4711, .gpu_uuid = "GPU-5c1b6fd4", .memory_used_bytes = 3 << 20},
                          {.pid = 4711, .gpu_uuid = "GPU-second", .memory_used_bytes = 1 << 19},
                          {.pid = 99, .gpu_uuid = "GPU-second", .sm_utilization_percent = 12.5},
                          {.pid = 98, .gpu_uuid = "GPU-gone", .memory_used_bytes = 1}};
  ProcessSample bare;
  bare.facts.pid = 99;
  sample.process_list = {a_process(17), a_process(4711, 250.128), bare};
  return sample;
}

Json report(const HostSample& sample, Detail detail = Detail::all) {
  return Json::parse(
      hub_report_json({.hostname = "gpu7", .sample = sample, .interval = 5s}, detail));
}

TEST(HubReport, HasTheOldCollectorsKeysInItsUnits) {
  const test::TimeZone zone("CST-8");
  const Json json = report(sample_with_processes());
  EXPECT_EQ(json["hostname"], "gpu7");
  EXPECT_EQ(json["timestamp"], "2026-01-15T18:30:01.234+08:00");
  EXPECT_EQ(json["interval"], 5.0);
  EXPECT_FALSE(json.contains("metrics_port"));
  const Json& gpu = json["gpu_data"].at(0);
  EXPECT_EQ(gpu["id"], 3);
  EXPECT_EQ(gpu["name"], "NVIDIA L4");
  EXPECT_EQ(gpu["temperature"], 66.0);
  EXPECT_EQ(gpu["memory_used"], 6144.0);
  EXPECT_EQ(gpu["memory_total"], 24576.0);
  EXPECT_EQ(gpu["utilization"], 80.0);
  EXPECT_EQ(gpu["uuid"], "GPU-5c1b6fd4");
  EXPECT_EQ(gpu["power_draw_watts"], 54.0);
  EXPECT_EQ(gpu["power_limit_watts"], 72.0);
  EXPECT_EQ(gpu["fan_speed_percent"], 45.0);
  const Json& system = json["system_info"];
  EXPECT_EQ(system["cpu_percent"], 37.5);
  EXPECT_EQ(system["memory_total"], 68719476736);
  EXPECT_EQ(system["memory_used"], 17179869184);
  EXPECT_EQ(system["memory_percent"], 25.0);
  EXPECT_EQ(system["disk_total"], 107374182400);
  EXPECT_EQ(system["disk_used"], 42949672960);
  EXPECT_EQ(system["disk_percent"], 42.11);
  EXPECT_EQ(system["disks"].at(0)["mount"], "/");
  EXPECT_EQ(json["record"]["memory"]["used"], 17179869184);
  EXPECT_EQ(json["record"]["nodeId"], "gpu7");
}

TEST(HubReport, SaysWhichJobHoldsAGpu) {
  const test::TimeZone zone("CST-8");
  HostSample sample = sample_with_processes();
  const Json without = report(sample);
  EXPECT_FALSE(without["gpu_data"].at(0).contains("queue_job")) << "as before on other hosts";
  EXPECT_FALSE(without["record"]["accelerators"].at(0).contains("queueJob"));
  sample.queue_jobs = {{.gpu_uuid = "GPU-second",
                        .user = "lin \xff",
                        .queue = "night",
                        .job = 17,
                        .since = sample.read_at - 90min},
                       {.gpu_uuid = "GPU-gone", .user = "maria", .queue = "1", .job = 2}};
  const Json json = report(sample);
  EXPECT_TRUE(json["gpu_data"].at(0).at("queue_job").is_null());
  const Json expected = Json::parse(R"({"user": "lin \ufffd", "queue": "night", "job": 17,
                                        "since": "2026-01-15T17:00:01.234+08:00"})");
  EXPECT_EQ(json["gpu_data"].at(1)["queue_job"], expected);
  EXPECT_TRUE(json["record"]["accelerators"].at(0).at("queueJob").is_null());
  EXPECT_EQ(json["record"]["accelerators"].at(1)["queueJob"], expected);
  sample.queue_jobs->front().since.reset();
  EXPECT_TRUE(report(sample)["gpu_data"].at(1)["queue_job"].at("since").is_null());
}

TEST(HubReport, AProcessOnTwoGpusIsOnBoth) {
  const Json json = report(sample_with_processes());
  const Json& first = json["gpu_data"].at(0)["processes"];
  ASSERT_EQ(first.size(), 1U);
  EXPECT_EQ(first[0], Json::parse(R"({"pid": 4711, "name": "python",
      "cmdline": "python train.py --token ***", "cpu_percent": 250.13, "memory_percent": 0.12,
      "create_time": 1749030268.26, "status": "sleeping", "username": "lin",
      "is_gpu_process": true, "gpu_memory_usage": 3.0, "gpu_id": 3,
      "gpu_sm_utilization_percent": null})"));
  const Json& second = json["gpu_data"].at(1)["processes"];
  ASSERT_EQ(second.size(), 2U);
  EXPECT_EQ(second[0]["gpu_memory_usage"], 0.5);
  EXPECT_EQ(second[0]["gpu_id"], 4);
}

TEST(HubReport, AGpuProcessThatProcLacksIsListedWithWhatIsKnown) {
  const Json json = report(sample_with_processes());
  EXPECT_EQ(json["gpu_data"].at(1)["processes"].at(1), Json::parse(R"({"pid": 99, "name": null,
      "cmdline": null, "cpu_percent": null, "memory_percent": null, "create_time": null,
      "status": null, "username": null, "is_gpu_process": true, "gpu_memory_usage": null,
      "gpu_id": 4, "gpu_sm_utilization_percent": 12.5})"));
}

TEST(HubReport, TheHostsProcessesSayWhatTheyHaveOnGpus) {
  const Json list = report(sample_with_processes())["system_info"]["processes"];
  ASSERT_EQ(list.size(), 3U);
  EXPECT_EQ(list[0]["is_gpu_process"], false);
  EXPECT_EQ(list[0]["gpu_memory_usage"], 0);
  EXPECT_EQ(list[0]["gpu_id"], nullptr);
  EXPECT_EQ(list[1]["is_gpu_process"], true);
  EXPECT_EQ(list[1]["gpu_memory_usage"], 3.5);
  EXPECT_EQ(list[1]["gpu_id"], 3);
  EXPECT_EQ(list[1]["gpu_ids"], Json::parse("[3, 4]"));
  EXPECT_EQ(list[2]["gpu_memory_usage"], nullptr);
}

TEST(HubReport, WhatIsUnknownIsNull) {
  const Json json = report(HostSample());
  EXPECT_EQ(json["gpu_data"], nullptr);
  for (const char* const key :
       {"cpu_percent", "memory_total", "memory_used", "memory_percent", "disk_total", "disk_used",
        "disk_percent", "disks", "ip_address", "screen_sessions", "tmux_sessions",
        "docker_containers", "processes"}) {
    EXPECT_TRUE(json["system_info"].contains(key)) << key;
    EXPECT_EQ(json["system_info"][key], nullptr) << key;
  }
  HostSample without_list = sample_with_processes();
  without_list.process_list.reset();
  EXPECT_EQ(report(without_list)["gpu_data"].at(0)["processes"], nullptr) << "not to be reported";
}

TEST(HubReport, FiguresAloneAreWithoutProcessesAndSessions) {
  const std::optional<TerminalSessions> sessions{TerminalSessions{{.pid = 1, .name = "a"}}};
  const HostSample sample = sample_with_processes();
  const Json json = Json::parse(hub_report_json(
      {.hostname = "gpu7", .sample = sample, .interval = 5s, .screen_sessions = &sessions},
      Detail::figures));
  EXPECT_EQ(json["gpu_data"].at(0)["processes"], nullptr);
  EXPECT_EQ(json["gpu_data"].at(0)["memory_used"], 6144.0);
  EXPECT_EQ(json["system_info"]["processes"], nullptr);
  EXPECT_EQ(json["system_info"]["screen_sessions"], nullptr);
  EXPECT_FALSE(json["record"].empty());
}

TEST(HubReport, HasSessions) {
  using State = TerminalSession::State;
  const std::optional<TerminalSessions> screen{TerminalSessions{
      {.pid = 12, .name = "a.b", .state = State::attached, .is_shared = true, .user = "lin"},
      {.pid = 13, .name = "c", .state = State::dead}}};
  const std::optional<TerminalSessions> tmux{
      TerminalSessions{{.pid = 9, .name = "t", .state = State::detached}}};
  const HostSample sample;
  const Json json = Json::parse(hub_report_json(
      {.hostname = "gpu7", .sample = sample, .screen_sessions = &screen, .tmux_sessions = &tmux},
      Detail::all));
  EXPECT_EQ(json["system_info"]["screen_sessions"], Json::parse(R"([
      {"pid": "12", "name": "a.b", "status": "Attached", "shared": true, "user": "lin"},
      {"pid": "13", "name": "c", "status": "Dead"}])"));
  EXPECT_EQ(json["system_info"]["tmux_sessions"],
            Json::parse(R"([{"pid": "9", "name": "t", "status": "Detached"}])"));
}

TEST(HubReport, ATasksContainerHasBothKindsOfKeys) {
  const PublishedTasks tasks{.taken_at = "", .tasks = R"([{"task_id": "7", "module_name": "gmx",
      "container_name": "task_7", "container_id": "abc", "cpu_percent": 150.5,
      "memory_used_bytes": 1048576, "ended": false,
      "gpus": [{"index": 1, "uuid": "GPU-b", "task_memory_used_bytes": 5}, {"index": 0}]},
      {"container_name": "task_8", "ended": true, "gpus": null}])"};
  const HostSample sample;
  const Json json = Json::parse(
      hub_report_json({.hostname = "gpu7", .sample = sample, .tasks = &tasks}, Detail::figures));
  const Json& list = json["system_info"]["docker_containers"];
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[0]["id"], "abc");
  EXPECT_EQ(list[0]["name"], "task_7");
  EXPECT_EQ(list[0]["status"], "running");
  EXPECT_EQ(list[0]["image"], nullptr);
  EXPECT_EQ(list[0]["memoryUsage"], 1048576);
  EXPECT_EQ(list[0]["gpuDevices"], "[1,0]");
  EXPECT_EQ(list[0]["task_id"], "7");
  EXPECT_EQ(list[0]["module_name"], "gmx");
  EXPECT_EQ(list[0]["gpus"].at(0)["task_memory_used_bytes"], 5);
  EXPECT_EQ(list[1]["status"], "exited");
  EXPECT_EQ(list[1]["gpuDevices"], nullptr);
}

TEST(HubReport, ProcessesAreBounded) {
  HostSample sample = test::full_host_sample();
  sample.gpu_processes = {{.pid = 1, .gpu_uuid = "GPU-5c1b6fd4"}};
  sample.process_list.emplace();
  for (std::uint64_t pid = 1; pid <= kMostProcesses + 10; ++pid) {
    sample.process_list->push_back(a_process(pid, pid == 1 ? 0.0 : 1.0 + double(pid)));
    sample.process_list->back().facts.command_line = std::string(4000, 'x');
  }
  const std::string text = hub_report_json({.hostname = "gpu7", .sample = sample}, Detail::all);
  EXPECT_LT(text.size(), std::size_t{8} << 20) << "the hub takes no more";
  const Json list = Json::parse(text)["system_info"]["processes"];
  ASSERT_EQ(list.size(), kMostProcesses);
  EXPECT_EQ(list[0]["pid"], 1) << "those on GPUs come first";
  EXPECT_EQ(list[1]["pid"], kMostProcesses + 10) << "then those that use most";
  EXPECT_TRUE(list[1]["cmdline"].is_string());
  EXPECT_EQ(list.back()["cmdline"], nullptr);
}

TEST(HubReport, AnyBytesMakeJson) {
  HostSample sample = sample_with_processes();
  sample.process_list->front().facts.name = "\xff\"\\\n";
  sample.gpus->front().name = "\xc3";
  EXPECT_FALSE(Json::parse(hub_report_json({.hostname = "gpu7", .sample = sample}, Detail::all),
                           nullptr, false)
                   .is_discarded());
}

TEST(HubReport, TheAgeGoesInFront) {
  const Json json = Json::parse(with_age(R"({"hostname":"gpu7"})", 1500ms));
  EXPECT_EQ(json["age"], 1.5);
  EXPECT_EQ(json["hostname"], "gpu7");
  EXPECT_EQ(with_age("{\"a\":1}", -1s), "{\"age\":0.000,\"a\":1}");
}

TEST(HubReport, HostNamesAreThoseThatTheHubTakes) {
  EXPECT_EQ(reported_host_name("gpu-7.example.org"), "gpu-7.example.org");
  EXPECT_EQ(reported_host_name("-.gpu 7/\xc3\xa9"), "gpu-7---");
  EXPECT_EQ(reported_host_name(std::string(300, 'x')).size(), 253U);
}

TEST(HubReport, StatesHaveTheOldCollectorsWords) {
  EXPECT_EQ(state_word('R'), "running");
  EXPECT_EQ(state_word('D'), "disk-sleep");
  EXPECT_EQ(state_word('t'), "tracing-stop");
  EXPECT_EQ(state_word('?'), "unknown");
}

}  // namespace
}  // namespace wemol::hub_client
