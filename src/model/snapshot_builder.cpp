#include "snapshot_builder.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <unordered_map>

#include "container_name.h"

namespace wemol {
namespace {

using namespace std::chrono_literals;

constexpr auto kShortestSpan = 20ms;

std::optional<double> percent_of(const std::optional<std::uint64_t>& part,
                                 const std::optional<std::uint64_t>& whole) {
  if (!part || !whole) {
    return std::nullopt;
  }
  return *whole == 0 ? 0 : static_cast<double>(*part) / static_cast<double>(*whole) * 100;
}

}  // namespace

void Rates::derive(std::vector<Container>& containers) {
  ++round_;
  for (Container& container : containers) {
    if (container.stats && container.stats->cpu_counter) {
      ContainerStats& stats = *container.stats;
      stats.cpu_percent = cpu_percent(container.id, *stats.cpu_counter);
      stats.memory_percent = percent_of(stats.memory_used_bytes, stats.memory_limit_bytes);
    }
  }
  std::erase_if(runs_, [&](const auto& entry) { return entry.second.seen_in != round_; });
}

double Rates::cpu_percent(const std::string& container_id, const CpuCounter& counter) {
  const Base start{.used = 0ns, .read_at = counter.began_at};
  Run& run = runs_.try_emplace(container_id, Run{counter.began_at, start, start}).first->second;
  run.seen_in = round_;
  if (run.began_at != counter.began_at || counter.used < run.last.used) {
    run = {counter.began_at, start, start, round_};
  }
  if (counter.read_at - run.last.read_at >= kShortestSpan) {
    run.before_last = run.last;
  }
  run.last = {counter.used, counter.read_at};
  const std::chrono::duration<double> span = run.last.read_at - run.before_last.read_at;
  const std::chrono::duration<double> used = run.last.used - run.before_last.used;
  return span.count() > 0 ? used / span * 100 : 0;
}

namespace {

using DeviceByUuid = std::unordered_map<std::string_view, const GpuDevice*>;

/// What one container's processes hold on each GPU, by uuid.
struct GpuHold {
  std::set<std::uint64_t> pids;
  std::optional<std::uint64_t> memory_used_bytes;
  std::optional<double> sm_utilization_percent;
};

template <typename Number>
void add(const std::optional<Number>& summand, std::optional<Number>& sum) {
  if (summand) {
    sum = sum.value_or(Number{}) + *summand;
  }
}
using GpuHolds = std::map<std::string_view, GpuHold>;
using HoldsByContainer = std::unordered_map<std::string_view, GpuHolds>;

HoldsByContainer holds_by_container(const std::vector<GpuProcess>& processes) {
  HoldsByContainer result;
  for (const GpuProcess& process : processes) {
    if (!process.container_id) {
      continue;
    }
    GpuHold& hold = result[*process.container_id][process.gpu_uuid];
    // The same process may be listed twice on one GPU (compute and graphics): it counts once.
    const bool is_new = hold.pids.insert(process.pid).second;
    if (is_new) {
      add(process.memory_used_bytes, hold.memory_used_bytes);
      add(process.sm_utilization_percent, hold.sm_utilization_percent);
    }
  }
  return result;
}

std::vector<GpuUse> uses_of(const GpuHolds& holds, const DeviceByUuid& devices) {
  std::vector<GpuUse> uses;
  for (const auto& [uuid, hold] : holds) {
    GpuUse use{.uuid = std::string(uuid),
               .device = std::nullopt,
               .task_memory_used_bytes = hold.memory_used_bytes,
               .task_sm_utilization_percent = hold.sm_utilization_percent};
    if (const auto device = devices.find(uuid); device != devices.end()) {
      use.device = *device->second;
    }
    uses.push_back(std::move(use));
  }
  std::ranges::stable_sort(uses, {}, [](const GpuUse& use) {
    return use.device ? std::uint64_t{use.device->index}
                      : std::numeric_limits<std::uint64_t>::max();
  });
  return uses;
}

std::optional<std::vector<GpuUse>> gpus_of(const TaskContainer& task, const Facts& facts,
                                           const HoldsByContainer& holds,
                                           const DeviceByUuid& devices) {
  if (task.ended || !facts.gpu_processes) {
    return std::nullopt;  // what has ended has left its GPUs before anybody could look
  }
  const auto held = holds.find(task.container_id);
  if (held == holds.end()) {
    const bool may_hold_one = std::ranges::any_of(*facts.gpu_processes, &GpuProcess::owner_unknown);
    return may_hold_one ? std::nullopt : std::optional(std::vector<GpuUse>{});
  }
  // Which GPUs these are is known only together with the device list.
  return facts.gpu_devices ? std::optional(uses_of(held->second, devices)) : std::nullopt;
}

}  // namespace

IdentifiedTasks identify_tasks(std::vector<Container> containers, std::string_view prefix) {
  IdentifiedTasks result;
  for (Container& container : containers) {
    if (!container.name.starts_with(prefix)) {
      continue;
    }
    if (auto task = parse_container_name(container.name, prefix)) {
      result.tasks.push_back({std::move(*task), std::move(container.id), std::move(container.name),
                              std::move(container.stats), container.ended, container.run,
                              container.started_at, container.oom_killed,
                              std::move(container.no_reading_because)});
    } else {
      result.conditions.push_back({.key = "malformed container name/" + container.id,
                                   .severity = Severity::warning,
                                   .message = "container " + container.name +
                                              " is not recorded: its name is not <prefix>_<type>_"
                                              "<task>_<job>_<n> or <prefix>_<task>_<job>_<n>",
                                   .follow_up = false});
    }
  }
  return result;
}

std::vector<EndedTaskRun> identify_ended(std::vector<EndedRun> runs, std::string_view prefix) {
  std::vector<EndedTaskRun> ended;
  for (EndedRun& run : runs) {
    if (auto task = parse_container_name(run.container_name, prefix)) {
      ended.push_back({.task = std::move(*task), .module_name = "", .run = std::move(run)});
    }
  }
  return ended;
}

Snapshot build_snapshot(const Facts& facts, std::vector<TaskContainer> tasks,
                        const ModuleNames& module_name_of) {
  Snapshot snapshot{.samples = {},
                    .ended_runs = {},
                    .ends_stated_until = std::nullopt,
                    .gpu_devices = facts.gpu_devices.value_or(std::vector<GpuDevice>{})};
  DeviceByUuid devices;
  for (const GpuDevice& device : snapshot.gpu_devices) {
    devices.emplace(device.uuid, &device);
  }
  HoldsByContainer holds;
  if (facts.gpu_processes) {
    holds = holds_by_container(*facts.gpu_processes);
  }
  snapshot.samples.reserve(tasks.size());
  for (TaskContainer& task : tasks) {
    if (!task.stats) {
      continue;
    }
    std::string module_name = module_name_of(task);
    auto gpus = gpus_of(task, facts, holds, devices);
    snapshot.samples.push_back({.task = std::move(task.task),
                                .container_id = std::move(task.container_id),
                                .container_name = std::move(task.container_name),
                                .module_name = std::move(module_name),
                                .stats = std::move(*task.stats),
                                .ended = task.ended,
                                .run = task.run,
                                .started_at = task.started_at,
                                .oom_killed = task.oom_killed,
                                .gpus = std::move(gpus)});
  }
  return snapshot;
}

}  // namespace wemol
