#include "load_report.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <wemol/host_sample.h>

#include "hub_report.h"

namespace wemol::bench {
namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;
constexpr unsigned kCores = 64;
constexpr unsigned kTasks = 4;

GpuDevice gpu(std::string_view host, unsigned index) {
  GpuDevice device;
  device.index = index;
  device.uuid = fmt::format("GPU-{:0>8x}-5c1b-6fd4-9e21-3f1a7d0c{:0>4x}",
                            std::hash<std::string_view>()(host) & 0xffffffffU, index);
  device.name = "NVIDIA GeForce RTX 4090";
  device.memory_used_bytes = 20'480 * kMiB + index * kMiB;
  device.memory_total_bytes = 24'564 * kMiB;
  device.utilization_percent = 90 + index;
  device.memory_utilization_percent = 41 + index;
  device.temperature_celsius = 60 + index;
  device.fan_speed_percent = 55;
  device.power_draw_watts = 411.27 + index;
  device.power_limit_watts = 450;
  device.enforced_power_limit_watts = 450;
  device.sm_clock_mhz = 2520;
  device.memory_clock_mhz = 10501;
  device.corrected_memory_errors = 0;
  device.uncorrected_memory_errors = 0;
  return device;
}

ProcessSample process(unsigned index, bool is_on_gpu) {
  static constexpr std::array kLines{
      std::pair{"sshd", "sshd: chen@pts/14"},
      std::pair{"bash", "-bash"},
      std::pair{"dockerd",
                "/usr/bin/dockerd -H fd:// --containerd=/run/containerd/containerd.sock"},
      std::pair{"containerd-shim",
                "/usr/bin/containerd-shim-runc-v2 -namespace moby -id "
                "4f1c0d6ab7e3929d5f60c1a8e2b7430d9915cc7e0c42a9b6f8e3d21a57b0c6e4"},
      std::pair{"kworker/12:1H", ""},
      std::pair{"node", "/usr/share/code/code --type=utility --lang=zh-CN --log-level=info"},
      std::pair{"jupyter-lab",
                "/opt/conda/bin/python /opt/conda/bin/jupyter-lab --no-browser --port 8888"},
  };
  ProcessSample sample;
  sample.facts.pid = 20'000 + index * 13;
  sample.facts.start_ticks = 1000 + index;
  sample.facts.state = is_on_gpu ? 'R' : 'S';
  const auto& line = kLines.at(index % kLines.size());
  sample.facts.name = is_on_gpu ? "python" : line.first;
  sample.facts.command_line =
      is_on_gpu ? fmt::format(
                      "python -u /data/projects/folding/train.py --config "
                      "configs/large_{0}.yaml --lr 0.0003 --batch-size 64 --rank {0}",
                      index)
                : line.second;
  sample.user = is_on_gpu || index % 3 == 0 ? fmt::format("user{:0>2}", index % 17) : "root";
  sample.started_at = std::chrono::system_clock::time_point(std::chrono::seconds(1'795'830'893));
  sample.cpu_percent = is_on_gpu ? 101.37 : 0.03 * (index % 40);
  sample.memory_percent = is_on_gpu ? 3.25 : 0.01 * (index % 60);
  return sample;
}

void add_gpus(std::string_view host, const LoadShape& shape, HostSample& sample) {
  sample.gpus.emplace();
  sample.gpu_processes.emplace();
  sample.process_list.emplace();
  for (unsigned index = 0; index < shape.gpus; ++index) {
    sample.gpus->push_back(gpu(host, index));
  }
  const unsigned on_gpus = std::min(2 * shape.gpus, shape.processes);
  for (unsigned index = 0; index < shape.processes; ++index) {
    sample.process_list->push_back(process(index, index < on_gpus));
    if (index < on_gpus) {
      GpuProcess use;
      use.pid = sample.process_list->back().facts.pid;
      use.gpu_uuid = sample.gpus->at(index / 2).uuid;
      use.memory_used_bytes = 10'100 * kMiB;
      use.sm_utilization_percent = 47;
      sample.gpu_processes->push_back(std::move(use));
    }
  }
}

HostSample host_sample(std::string_view host, const LoadShape& shape) {
  HostSample sample;
  sample.read_at = std::chrono::system_clock::now();
  sample.rates_cover = std::chrono::seconds(5);
  sample.cpu_usage_percent = 37.53;
  for (unsigned id = 0; id < kCores; ++id) {
    sample.cores.push_back(
        {.id = id, .usage_percent = 37.51, .frequency_mhz = 3200.5, .temperature_celsius = 61});
  }
  sample.cpu_temperature_celsius = 63;
  sample.load_averages = {12.51, 11.25, 12.03};
  sample.processes = shape.processes;
  sample.threads = 2204;
  sample.memory.total_bytes = 512 * kGiB;
  sample.memory.available_bytes = 384 * kGiB + 123'456'789;
  sample.memory.swap_total_bytes = 8 * kGiB;
  sample.memory.swap_free_bytes = 8 * kGiB;
  sample.memory_used_bytes = 128 * kGiB - 123'456'789;
  sample.memory_usage_percent = 24.97;
  sample.swap_used_bytes = 0;
  sample.swap_usage_percent = 0;
  FileSystemFacts root;
  root.mount_point = "/";
  root.type = "ext4";
  root.total_bytes = 1832 * kGiB;
  root.used_bytes = 916 * kGiB;
  root.available_bytes = 823 * kGiB;
  FileSystemFacts data = root;
  data.mount_point = "/data";
  data.type = "xfs";
  sample.file_systems = {root, data};
  sample.disk_total_bytes = 2 * root.total_bytes;
  sample.disk_used_bytes = 2 * root.used_bytes;
  sample.disk_usage_percent = 52.67;
  sample.disk_read_bytes_per_second = 1'048'576.25;
  sample.disk_written_bytes_per_second = 12'097'152.25;
  sample.disk_operations_per_second = 150.25;
  sample.network_received_bytes_per_second = 1'250'012.25;
  sample.network_sent_bytes_per_second = 625'011.25;
  sample.network_received_packets_per_second = 1100.25;
  sample.network_sent_packets_per_second = 1080.25;
  sample.tcp_connections = 57;
  sample.cpu_pressure = {.some_percent = 1.57, .full_percent = 0.0};
  sample.memory_pressure = {.some_percent = 0.25, .full_percent = 0.12};
  sample.io_pressure = {.some_percent = 4.03, .full_percent = 3.01};
  add_gpus(host, shape, sample);
  return sample;
}

PublishedTasks tasks() {
  auto list = nlohmann::ordered_json::array();
  for (unsigned index = 0; index < kTasks; ++index) {
    list.push_back({{"task_id", std::to_string(132'178 + index)},
                    {"job_id", "182060"},
                    {"task_type", "gpu"},
                    {"module_name", "MD (GMX2024)"},
                    {"container_name", fmt::format("wemol_gpu_{}_182060_1", 132'178 + index)},
                    {"container_id", fmt::format("{:0>64x}", 0xabcdef012345 + index)},
                    {"run", 1},
                    {"cpu_percent", 799.51},
                    {"memory_used_bytes", 21'474'836'481},
                    {"memory_limit_bytes", 549'755'813'888},
                    {"memory_percent", 3.91},
                    {"network_received_bytes", 1'234'567},
                    {"network_sent_bytes", 765'431},
                    {"block_read_bytes", 987'654'321},
                    {"block_written_bytes", 123'456'789},
                    {"pids", 39},
                    {"ended", false},
                    {"oom_killed", false},
                    {"gpu_count", 1},
                    {"gpus",
                     {{{"index", index},
                       {"task_memory_used_bytes", 10'590'617'600},
                       {"task_sm_utilization_percent", 47}}}}});
  }
  return {.taken_at = "2026-11-28T12:00:00.123+00:00", .tasks = list.dump()};
}

/// Totals, limits and what names something stand still on a real host, too.
bool moves(std::string_view key) {
  static constexpr std::array<std::string_view, 26> kStill{"id",
                                                           "index",
                                                           "pid",
                                                           "run",
                                                           "total",
                                                           "memoryTotal",
                                                           "memory_total",
                                                           "memory_total_bytes",
                                                           "memoryTotalBytes",
                                                           "disk_total",
                                                           "create_time",
                                                           "gpu_id",
                                                           "interval",
                                                           "metrics_port",
                                                           "powerLimit",
                                                           "enforcedPowerLimit",
                                                           "power_limit_watts",
                                                           "memory_limit_bytes",
                                                           "gpu_count",
                                                           "memory_percent",
                                                           "available",
                                                           "processes",
                                                           "threads",
                                                           "job_id",
                                                           "task_id",
                                                           "age"};
  return std::ranges::find(kStill, key) == kStill.end();
}

/// Where the last digits of numbers stand that move. Such a number has two digits at least, so that
/// it never begins with a 0 that was not there.
std::vector<std::size_t> moving_digits(std::string_view json) {
  std::vector<std::size_t> places;
  std::string_view key;
  for (std::size_t at = 0; at < json.size(); ++at) {
    if (json[at] == '"') {
      const std::size_t begin = at + 1;
      for (++at; json[at] != '"'; ++at) {
        at += json[at] == '\\' ? 1U : 0U;
      }
      if (at + 1 < json.size() && json[at + 1] == ':') {
        key = json.substr(begin, at - begin);
      }
    } else if (std::isdigit(static_cast<unsigned char>(json[at])) != 0) {
      const std::size_t end = std::min(json.find_first_not_of("0123456789.eE+-", at), json.size());
      if (end - at > 1 && moves(key)) {
        places.push_back(end - 1);
      }
      at = end - 1;
    }
  }
  return places;
}

}  // namespace

LoadReport::LoadReport(std::string_view host, std::string_view token, std::string_view authority,
                       const LoadShape& shape, unsigned seed)
    : random_(seed + 1) {
  const HostSample sample = host_sample(host, shape);
  const PublishedTasks published = tasks();
  const std::string body = hub_client::with_age(
      hub_client::hub_report_json({.hostname = host,
                                   .sample = sample,
                                   .interval = std::chrono::duration_cast<std::chrono::nanoseconds>(
                                       std::chrono::duration<double>(shape.interval_seconds)),
                                   .ip_address = "192.0.2.7",
                                   .metrics_port = 8080,
                                   .tasks = &published},
                                  hub_client::Detail::all),
      std::chrono::milliseconds(12));
  body_bytes_ = body.size();
  request_ = fmt::format(
      "POST /api/report-gpu-stats HTTP/1.1\r\nHost: {}\r\nUser-Agent: hub_load\r\n"
      "Content-Type: application/json\r\nAuthorization: Bearer {}\r\nContent-Length: {}\r\n\r\n",
      authority, token, body.size());
  const std::size_t head = request_.size();
  request_ += body;
  moving_ = moving_digits(body);
  for (std::size_t& place : moving_) {
    place += head;
  }
}

const std::string& LoadReport::next() {
  constexpr unsigned kDigits = 10;
  for (const std::size_t place : moving_) {
    request_[place] = static_cast<char>('0' + random_() % kDigits);
  }
  return request_;
}

}  // namespace wemol::bench
