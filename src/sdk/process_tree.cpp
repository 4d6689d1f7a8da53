#include "process_tree.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace wemol::sdk {
namespace {

using Pids = std::unordered_set<std::uint64_t>;

Pids descendants(const std::vector<ProcessSample>& processes, std::uint64_t root) {
  std::unordered_multimap<std::uint64_t, std::uint64_t> children;
  for (const ProcessSample& process : processes) {
    children.emplace(process.facts.parent_pid, process.facts.pid);
  }
  Pids found{root};
  std::vector<std::uint64_t> open{root};
  while (!open.empty()) {
    const std::uint64_t parent = open.back();
    open.pop_back();
    const auto [begin, end] = children.equal_range(parent);
    for (auto child = begin; child != end; ++child) {
      if (found.insert(child->second).second) {
        open.push_back(child->second);
      }
    }
  }
  return found;
}

template <typename Value>
void add(std::optional<Value>& sum, const std::optional<Value>& value) {
  if (value) {
    sum = sum.value_or(Value{}) + *value;
  }
}

void add_gpus(const std::vector<GpuProcess>& processes, const Pids& pids, ProcessTreeSample& tree) {
  auto& gpus = tree.gpus.emplace();
  for (const GpuProcess& process : processes) {
    if (!pids.contains(process.pid)) {
      continue;
    }
    auto gpu = std::ranges::find(gpus, process.gpu_uuid, &ProcessTreeSample::OnGpu::uuid);
    if (gpu == gpus.end()) {
      gpu = gpus.insert(gpus.end(), {.uuid = process.gpu_uuid});
    }
    add(gpu->memory_used_bytes, process.memory_used_bytes);
    add(gpu->sm_utilization_percent, process.sm_utilization_percent);
  }
}

}  // namespace

std::optional<ProcessTreeSample> process_tree(const HostSample& sample, std::uint64_t root) {
  if (!sample.process_list ||
      std::ranges::none_of(*sample.process_list, [&](const ProcessSample& process) {
        return process.facts.pid == root;
      })) {
    return std::nullopt;
  }
  const Pids pids = descendants(*sample.process_list, root);
  ProcessTreeSample tree;
  for (const ProcessSample& process : *sample.process_list) {
    if (pids.contains(process.facts.pid)) {
      ++tree.processes;
      add(tree.cpu_percent, process.cpu_percent);
      add(tree.resident_bytes, process.facts.resident_bytes);
    }
  }
  if (sample.gpu_processes) {
    add_gpus(*sample.gpu_processes, pids, tree);
  }
  return tree;
}

}  // namespace wemol::sdk
