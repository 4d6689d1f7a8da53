#include "gpu_collector.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace wemol {

GpuCollector::GpuCollector(GpuReaders::Readers readers, Borders borders,
                           const CollectorSettings& settings)
    : readers_(std::move(readers), borders.files, borders.clock, std::move(borders.root)),
      containers_(borders.containers),
      attributor_(borders.files, borders.fallback) {
  GpuCollector::reconfigure(settings);
}

void GpuCollector::reconfigure(const CollectorSettings& settings) {
  readers_.set_answer_timeout(
      std::chrono::ceil<std::chrono::milliseconds>(settings.command_timeout));
  readers_.set_interval(settings.interval);
}

bool GpuCollector::start(SteadyTime /*due*/, Facts& /*facts*/) {
  const bool is_any_task = containers_.tasks() > 0;
  const std::uint64_t seen_before = std::exchange(tasks_seen_, containers_.tasks_seen());
  is_asked_ = is_any_task || is_subscribed_;
  readers_.note_tasks({.is_wanted = is_asked_,
                       .new_tasks = tasks_seen_ - seen_before,
                       .a_task_uses_gpu = a_task_uses_gpu_ && is_any_task});
  if (is_asked_) {
    asked_at_ticks_ = boot_ticks_now();
    readers_.begin();
  }
  return true;
}

bool GpuCollector::collect(SteadyTime due, Facts& facts) {
  if (!is_asked_) {
    return true;
  }
  GpuReadings readings = readers_.finish(due);
  std::ranges::move(readings.conditions, std::back_inserter(facts.conditions));
  facts.gpu_devices = std::move(readings.devices);
  facts.gpu_processes = std::move(readings.processes);
  a_task_uses_gpu_ = false;
  if (facts.gpu_processes) {
    attribute(*facts.gpu_processes, due, facts.conditions);
    a_task_uses_gpu_ = std::ranges::any_of(*facts.gpu_processes, [&](const GpuProcess& process) {
      return process.container_id && containers_.is_task(*process.container_id);
    });
  }
  return true;
}

void GpuCollector::attribute(std::vector<GpuProcess>& processes, SteadyTime due,
                             Conditions& conditions) {
  std::vector<std::uint64_t> pids;
  pids.reserve(processes.size());
  std::ranges::transform(processes, std::back_inserter(pids), &GpuProcess::pid);
  const auto owners = attributor_.owners_of(
      pids,
      {.is_known = [&](std::string_view id) { return containers_.is_known(id); },
       .listed_at_ticks = asked_at_ticks_,
       .due = due},
      conditions);
  for (GpuProcess& process : processes) {
    const ProcessAttributor::Owner& owner = owners.at(process.pid);
    process.container_id = owner.container_id;
    process.owner_unknown = owner.is_unknown;
  }
}

}  // namespace wemol
