#include <algorithm>
#include <map>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "host_rates.h"

namespace wemol {
namespace {

constexpr double kAll = 100;

std::chrono::system_clock::time_point start_of(const ProcessFacts& process,
                                               const ProcessList& list) {
  const std::chrono::duration<double> since_boot(
      list.ticks_per_second == 0
          ? 0.0
          : static_cast<double>(process.start_ticks) / static_cast<double>(list.ticks_per_second));
  return list.booted_at +
         std::chrono::duration_cast<std::chrono::system_clock::duration>(since_boot);
}

}  // namespace

std::optional<double> ProcessRates::percent_of(const ProcessFacts& process,
                                               double ticks_per_second) const {
  if (!measured_at_) {
    return std::nullopt;
  }
  const auto old = std::ranges::lower_bound(before_, process.pid, {}, &Base::pid);
  const bool is_known =
      old != before_.end() && old->pid == process.pid && old->start_ticks == process.start_ticks;
  if (is_known && old->measured_at == process.measured_at) {
    return old->cpu_percent;  // it rests, and has not been read anew
  }
  if (!is_known && process.start_ticks < newest_start_ticks_) {
    return std::nullopt;
  }
  const std::uint64_t from = is_known ? old->cpu_ticks : 0;
  const std::chrono::duration<double> span =
      process.measured_at - (is_known ? old->measured_at : *measured_at_);
  const double ticks_in_span = span.count() * ticks_per_second;
  return process.cpu_ticks >= from && ticks_in_span > 0
             ? std::optional(static_cast<double>(process.cpu_ticks - from) / ticks_in_span * kAll)
             : std::nullopt;
}

std::vector<ProcessSample> ProcessRates::derive(ProcessList now,
                                                const std::optional<std::uint64_t>& memory_bytes,
                                                const UserName& user_name) {
  std::vector<ProcessSample> samples;
  samples.reserve(now.processes.size());
  std::vector<Base> bases;
  bases.reserve(now.processes.size());
  std::uint64_t newest_start_ticks = 0;
  for (ProcessFacts& process : now.processes) {
    ProcessSample& sample = samples.emplace_back();
    sample.user = user_name(process.user_id);
    sample.started_at = start_of(process, now);
    sample.cpu_percent = percent_of(process, static_cast<double>(now.ticks_per_second));
    if (process.resident_bytes && memory_bytes && *memory_bytes > 0) {
      sample.memory_percent =
          static_cast<double>(*process.resident_bytes) / static_cast<double>(*memory_bytes) * kAll;
    }
    bases.push_back({process.pid, process.start_ticks, process.cpu_ticks, process.measured_at,
                     sample.cpu_percent});
    newest_start_ticks = std::max(newest_start_ticks, process.start_ticks);
    sample.facts = std::move(process);
  }
  measured_at_ = now.measured_at;
  before_ = std::move(bases);
  newest_start_ticks_ = newest_start_ticks;
  return samples;
}

namespace {

using Pids = std::unordered_set<std::uint64_t>;

Pids descendants_of(std::span<const ProcessSample> processes, std::uint64_t root) {
  std::unordered_multimap<std::uint64_t, std::uint64_t> children;
  Pids tree;
  for (const ProcessSample& process : processes) {
    children.emplace(process.facts.parent_pid, process.facts.pid);
    if (process.facts.pid == root) {
      tree.insert(root);
    }
  }
  std::vector<std::uint64_t> to_visit(tree.begin(), tree.end());
  while (!to_visit.empty()) {
    const std::uint64_t parent = to_visit.back();
    to_visit.pop_back();
    const auto [begin, end] = children.equal_range(parent);
    for (auto child = begin; child != end; ++child) {
      if (tree.insert(child->second).second) {
        to_visit.push_back(child->second);
      }
    }
  }
  return tree;
}

template <typename Number>
void add_known(const std::optional<Number>& summand, std::optional<Number>& sum) {
  if (summand) {
    sum = sum.value_or(Number{}) + *summand;
  }
}

std::vector<ProcessTreeSample::OnGpu> gpus_of_tree(const Pids& tree,
                                                   const std::vector<GpuProcess>& processes) {
  std::map<std::string, ProcessTreeSample::OnGpu> by_uuid;
  std::map<std::string, Pids> counted;  // a process may be listed as compute and as graphics
  for (const GpuProcess& process : processes) {
    if (!tree.contains(process.pid) || !counted[process.gpu_uuid].insert(process.pid).second) {
      continue;
    }
    ProcessTreeSample::OnGpu& gpu = by_uuid[process.gpu_uuid];
    gpu.uuid = process.gpu_uuid;
    add_known(process.memory_used_bytes, gpu.memory_used_bytes);
    add_known(process.sm_utilization_percent, gpu.sm_utilization_percent);
  }
  std::vector<ProcessTreeSample::OnGpu> gpus;
  gpus.reserve(by_uuid.size());
  for (auto& [uuid, gpu] : by_uuid) {
    gpus.push_back(std::move(gpu));
  }
  return gpus;
}

}  // namespace

std::optional<ProcessTreeSample> process_tree(
    std::span<const ProcessSample> processes, std::uint64_t root,
    const std::optional<std::vector<GpuProcess>>& gpu_processes) {
  const Pids tree = descendants_of(processes, root);
  if (tree.empty()) {
    return std::nullopt;
  }
  ProcessTreeSample sample;
  sample.processes = tree.size();
  for (const ProcessSample& process : processes) {
    if (tree.contains(process.facts.pid)) {
      add_known(process.cpu_percent, sample.cpu_percent);
      add_known(process.facts.resident_bytes, sample.resident_bytes);
    }
  }
  if (gpu_processes) {
    sample.gpus = gpus_of_tree(tree, *gpu_processes);
  }
  return sample;
}

}  // namespace wemol
