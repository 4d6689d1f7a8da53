#include "moment.h"

#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <utility>

#include "host_json.h"
#include "host_rates.h"

namespace wemol::sdk {
namespace {

std::optional<double> share(const std::optional<std::uint64_t>& used,
                            const std::optional<std::uint64_t>& total) {
  if (!used || !total || *total == 0) {
    return std::nullopt;
  }
  return 100.0 * static_cast<double>(*used) / static_cast<double>(*total);
}

monitor::Cpu cpu_of(const HostSample& sample) {
  monitor::Cpu cpu{.overall = sample.cpu_usage_percent,
                   .load_average = sample.load_averages,
                   .processes = sample.processes,
                   .threads = sample.threads};
  for (const CoreSample& core : sample.cores) {
    cpu.cores.push_back({.id = core.id,
                         .usage = core.usage_percent,
                         .frequency_mhz = core.frequency_mhz,
                         .temperature = core.temperature_celsius});
  }
  return cpu;
}

monitor::Memory memory_of(const HostSample& sample) {
  return {.usage = sample.memory_usage_percent,
          .used = sample.memory_used_bytes,
          .total = sample.memory.total_bytes,
          .swap = {.used = sample.swap_used_bytes,
                   .total = sample.memory.swap_total_bytes,
                   .percentage = sample.swap_usage_percent},
          .cgroup_used = sample.memory.cgroup_used_bytes,
          .cgroup_limit = sample.memory.cgroup_limit_bytes};
}

monitor::Disk disk_of(const HostSample& sample) {
  return {.usage = sample.disk_usage_percent,
          .used = sample.disk_used_bytes,
          .total = sample.disk_total_bytes,
          .io_read = sample.disk_read_bytes_per_second,
          .io_write = sample.disk_written_bytes_per_second,
          .iops = sample.disk_operations_per_second};
}

monitor::Network network_of(const HostSample& sample) {
  return {.bytes_in = sample.network_received_bytes_per_second,
          .bytes_out = sample.network_sent_bytes_per_second,
          .packets_in = sample.network_received_packets_per_second,
          .packets_out = sample.network_sent_packets_per_second,
          .connections = sample.tcp_connections};
}

monitor::ProcessTree tree_of(const ProcessTreeSample& tree) {
  monitor::ProcessTree made{
      .processes = tree.processes, .cpu = tree.cpu_percent, .memory = tree.resident_bytes};
  if (tree.gpus) {
    for (const ProcessTreeSample::OnGpu& gpu : *tree.gpus) {
      made.accelerators.push_back({.uuid = gpu.uuid,
                                   .memory = gpu.memory_used_bytes,
                                   .sm_utilization = gpu.sm_utilization_percent});
    }
  }
  return made;
}

monitor::Accelerator make_accelerator(const GpuDevice& device) {
  return {.id = device.index,
          .type = "gpu",
          .uuid = device.uuid,
          .name = device.name,
          .utilization = device.utilization_percent,
          .memory = {.used = device.memory_used_bytes,
                     .total = device.memory_total_bytes,
                     .percentage = share(device.memory_used_bytes, device.memory_total_bytes)},
          .temperature = device.temperature_celsius,
          .power = device.power_draw_watts,
          .fan_speed = device.fan_speed_percent};
}

}  // namespace

MomentPtr make_moment(std::shared_ptr<const HostSample> sample) {
  std::optional<ProcessTreeSample> tree;
  if (sample->process_list) {
    tree = process_tree(*sample->process_list, static_cast<std::uint64_t>(getpid()),
                        sample->gpu_processes);
  }
  auto figures = std::make_shared<const FiguresText>(*sample, tree ? &*tree : nullptr);
  return std::make_shared<const Moment>(
      Moment{std::move(sample), std::move(tree), std::move(figures)});
}

monitor::Record make_figures(const Moment& moment) {
  const HostSample& sample = *moment.sample;
  monitor::Record record{.timestamp = std::chrono::duration_cast<std::chrono::milliseconds>(
                                          sample.read_at.time_since_epoch())
                                          .count(),
                         .cpu = cpu_of(sample),
                         .memory = memory_of(sample),
                         .disk = disk_of(sample),
                         .network = network_of(sample)};
  if (sample.gpus) {
    for (const GpuDevice& device : *sample.gpus) {
      record.accelerators.push_back(make_accelerator(device));
    }
  }
  if (moment.tree) {
    record.run = tree_of(*moment.tree);
  }
  return record;
}

monitor::Record make_record(const Moment& moment, const std::string& node_id) {
  monitor::Record record = make_figures(moment);
  record.node_id = node_id;
  record.json = host_record_json(*moment.sample, node_id, moment.tree ? &*moment.tree : nullptr);
  return record;
}

monitor::SystemInfo make_system_info(SystemInfo info, const HostSample* newest) {
  if (!info.disk_total_bytes && newest != nullptr) {
    info.disk_total_bytes = newest->disk_total_bytes;
  }
  monitor::SystemInfo made{.platform = info.platform,
                           .architecture = info.architecture,
                           .cpu_model = info.cpu_model,
                           .cpu_cores = info.cpu_cores,
                           .cpu_threads = info.cpu_threads,
                           .memory_total = info.memory_total_bytes,
                           .swap_total = info.swap_total_bytes,
                           .disk_total = info.disk_total_bytes,
                           .hostname = info.hostname,
                           .ip_address = info.ip_address,
                           .json = system_info_json(info, newest)};
  if (newest != nullptr && newest->gpus) {
    made.gpu_count = newest->gpus->size();
    for (const GpuDevice& device : *newest->gpus) {
      made.gpu_info.push_back(gpu_text(device));
    }
  }
  return made;
}

}  // namespace wemol::sdk
