// Stands in for host_figures.cpp and host_json.cpp where they are not there yet.
#include <nlohmann/json.hpp>

#include "host_json.h"
#include "host_schema.h"

namespace wemol {

void for_each_figure(const HostSample& sample,
                     const std::function<void(std::string_view name, double value)>& take) {
  if (sample.cpu_usage_percent) {
    take("system.cpu.usage_percent", *sample.cpu_usage_percent);
  }
  for (const CoreSample& core : sample.cores) {
    if (core.usage_percent) {
      take("system.cpu.core" + std::to_string(core.id) + ".usage_percent", *core.usage_percent);
    }
  }
  if (sample.memory_used_bytes) {
    take("system.memory.used_bytes", static_cast<double>(*sample.memory_used_bytes));
  }
  if (sample.memory_usage_percent) {
    take("system.memory.usage_percent", *sample.memory_usage_percent);
  }
  if (sample.gpus) {
    for (const GpuDevice& gpu : *sample.gpus) {
      if (gpu.utilization_percent) {
        take("gpu." + std::to_string(gpu.index) + ".gpu", *gpu.utilization_percent);
      }
    }
  }
}

void for_each_figure(const HostSample& /*sample*/, const ProcessTreeSample& tree,
                     const std::function<void(std::string_view name, double value)>& take) {
  if (tree.cpu_percent) {
    take("system.process.cpu_percent", *tree.cpu_percent);
  }
}

std::string host_record_json(const HostSample& sample, std::string_view node_id,
                             const ProcessTreeSample* /*tree*/) {
  return nlohmann::json{{"nodeId", node_id},
                        {"timestamp", std::chrono::duration_cast<std::chrono::milliseconds>(
                                          sample.read_at.time_since_epoch())
                                          .count()}}
      .dump();
}

std::string system_info_json(const SystemInfo& info, const HostSample* /*newest*/) {
  return nlohmann::json{{"hostname", info.hostname}}.dump();
}

}  // namespace wemol
