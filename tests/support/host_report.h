#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace wemol::test {

/// A report as the old collector sends it (Python's json.dumps), with everything known.
inline nlohmann::ordered_json old_report(std::string_view hostname = "gpu7") {
  auto json = nlohmann::ordered_json::parse(R"({
"hostname": "gpu7", "timestamp": "2026-11-28T12:00:00.123456",
"gpu_data": [
 {"id": 0, "name": "NVIDIA GeForce RTX 4090", "temperature": 61.0, "memory_used": 20480.0,
  "memory_total": 24564.0, "utilization": 97.5,
  "processes": [{"pid": 4242, "name": "python", "cmdline": "python train.py --lr 0.1",
   "cpu_percent": 101.3, "memory_percent": 3.25, "create_time": 1795830893.62, "status": "running",
   "username": "chen", "is_gpu_process": true, "gpu_memory_usage": 20100.0, "gpu_id": 0}]},
 {"id": 1, "name": "NVIDIA GeForce RTX 4090", "temperature": 33, "memory_used": 12,
  "memory_total": 24564, "utilization": 0, "processes": []}],
"system_info": {"cpu_percent": 12.5, "memory_total": 270276493312, "memory_used": 68719476736,
 "memory_percent": 25.4, "disk_total": 1967317549056, "disk_used": 983658774528, "disk_percent": 50.0,
 "ip_address": "10.1.2.7",
 "screen_sessions": [{"pid": "31337", "name": "train.big", "status": "Detached"}],
 "docker_containers": [{"id": "0123456789ab", "name": "jupyter", "status": "Up 3 days",
  "image": "jupyter/base", "memoryUsage": 536870912, "gpuDevices": "[0,1]"}],
 "processes": [{"pid": 1, "name": "systemd", "cmdline": "/sbin/init", "cpu_percent": 0.0,
  "memory_percent": 0.01, "create_time": 1795000000.0, "status": "sleeping", "username": "root",
  "is_gpu_process": false, "gpu_memory_usage": 0, "gpu_id": null}]}})");
  json["hostname"] = hostname;
  return json;
}

/// What the agent adds to it.
inline nlohmann::ordered_json agent_report(std::string_view hostname = "gpu7") {
  auto json = old_report(hostname);
  json["interval"] = 5;
  json["age"] = 0.25;
  json["metrics_port"] = 8080;
  json["gpu_data"][0]["uuid"] = "GPU-5c1b6fd4";
  json["gpu_data"][0]["power"] = 410.5;
  json["gpu_data"][0]["fanSpeed"] = 70;
  json["gpu_data"][0]["queue_job"] = nlohmann::ordered_json::parse(
      R"({"user": "lin", "queue": "night", "job": 17, "since": "2026-11-28T10:30:00.000+08:00"})");
  json["record"] = nlohmann::ordered_json::parse(R"({
"cpu": {"overall": 12.75, "loadAverage": [4.5, 4.25, null], "temperature": null},
"memory": {"used": 68719476737, "total": 270276493312, "swap": {"used": 0, "total": 8589934592}},
"disk": {"usage": 61.5, "ioRead": 1048576.5, "fileSystems": [{"mountPoint": "/", "used": 1}]},
"network": {"bytesIn": 12500.25},
"accelerators": [{"id": 0, "uuid": "GPU-5c1b6fd4", "utilization": 98, "power": 411.25,
 "memory": {"used": 21474836480, "total": 25757220864}}]})");
  json["record"]["accelerators"][0]["queueJob"] = json["gpu_data"][0]["queue_job"];
  auto& container = json["system_info"]["docker_containers"][0];
  container["task_id"] = "007";
  container["job_id"] = "12";
  container["module_name"] = "AlphaFold";
  container["cpu_percent"] = 799.5;
  container["memory_used_bytes"] = 536870913;
  container["network_received_bytes"] = 123456;
  container["gpus"] = nlohmann::ordered_json::parse(
      R"([{"index": 0, "uuid": "GPU-5c1b6fd4", "task_memory_used_bytes": 1073741824,
           "task_sm_utilization_percent": 88.5}])");
  return json;
}

}  // namespace wemol::test
