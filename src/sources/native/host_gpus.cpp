#include "host_gpus.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "boot_ticks.h"

namespace wemol::native {
namespace {

template <typename Item>
void append(std::optional<std::vector<Item>> more, std::optional<std::vector<Item>>& items) {
  if (more && items) {
    std::ranges::move(*more, std::back_inserter(*items));
  } else {
    items.reset();  // a part of them would look like the whole
  }
}

void append(GpuReadings more, GpuReadings& all) {
  if (more.devices && all.devices) {
    for (GpuDevice& device : *more.devices) {
      device.index += static_cast<unsigned>(all.devices->size());
    }
  }
  append(std::move(more.devices), all.devices);
  append(std::move(more.processes), all.processes);
  std::ranges::move(more.conditions, std::back_inserter(all.conditions));
}

}  // namespace

HostGpus::HostGpus(std::vector<std::unique_ptr<GpuReader>> readers, const FileReader& files)
    : readers_(std::move(readers)), owners_(files) {}

void HostGpus::begin(std::size_t tasks, std::size_t new_tasks) {
  for (const auto& reader : readers_) {
    reader->note_tasks({.any_task = tasks > 0,
                        .new_tasks = new_tasks,
                        .a_task_uses_gpu = a_task_uses_gpu_ && tasks > 0});
  }
  if (tasks > 0) {
    asked_at_ticks_ = boot_ticks_now();
    for (const auto& reader : readers_) {
      reader->begin();
    }
  }
}

void HostGpus::finish(SteadyTime due, const IsKnownContainer& is_known,
                      const IsKnownContainer& is_task, Facts& facts) {
  std::optional<GpuReadings> all;
  Conditions why_nothing;
  for (const auto& reader : readers_) {
    if (auto readings = reader->finish(due); readings && all) {
      append(std::move(*readings), *all);
    } else if (readings) {
      all = std::move(readings);
    } else if (auto condition = reader->why_nothing()) {
      why_nothing.push_back(std::move(*condition));
    }
  }
  std::ranges::move(all ? all->conditions : why_nothing, std::back_inserter(facts.conditions));
  a_task_uses_gpu_ = false;
  if (!all) {
    return;
  }
  facts.gpu_devices = std::move(all->devices);
  facts.gpu_processes = std::move(all->processes);
  if (facts.gpu_processes) {
    owners_.attribute(*facts.gpu_processes, is_known, asked_at_ticks_);
    a_task_uses_gpu_ = std::ranges::any_of(*facts.gpu_processes, [&](const GpuProcess& process) {
      return process.container_id && is_task(*process.container_id);
    });
  }
}

}  // namespace wemol::native
