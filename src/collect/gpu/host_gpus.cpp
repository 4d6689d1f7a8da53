#include "host_gpus.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "clock.h"

namespace wemol {

void attribute(std::vector<GpuProcess>& processes, ProcessAttributor& attributor,
               const ProcessAttributor::Question& question, Conditions& conditions) {
  std::vector<std::uint64_t> pids;
  pids.reserve(processes.size());
  std::ranges::transform(processes, std::back_inserter(pids), &GpuProcess::pid);
  const auto owners = attributor.owners_of(pids, question, conditions);
  for (GpuProcess& process : processes) {
    const ProcessAttributor::Owner& owner = owners.at(process.pid);
    process.container_id = owner.container_id;
    process.owner_unknown = owner.is_unknown;
  }
}

}  // namespace wemol

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
  // Who leaves its driver alone since nobody uses it lists no devices, and nobody needs them.
  const bool is_resting = !more.devices && more.processes && more.processes->empty();
  if (!is_resting) {
    append(std::move(more.devices), all.devices);
  }
  append(std::move(more.processes), all.processes);
  std::ranges::move(more.conditions, std::back_inserter(all.conditions));
}

/// Moves the indices behind those of the readers before. Returns how many this reader takes.
unsigned number_from(unsigned first_index, std::vector<GpuDevice>& devices) {
  unsigned indices = 0;
  for (GpuDevice& device : devices) {
    indices = std::max(indices, device.index + 1);
    device.index += first_index;
  }
  return indices;
}

}  // namespace

HostGpus::HostGpus(std::vector<std::unique_ptr<GpuReader>> readers, const FileReader& files,
                   const Clock& clock, const std::filesystem::path& root)
    : attributor_(files), presence_(files, clock, root) {
  for (auto& reader : readers) {
    readers_.push_back({.reader = std::move(reader)});
  }
}

void HostGpus::set_answer_timeout(std::chrono::milliseconds timeout) {
  for (const Reader& reader : readers_) {
    reader.reader->set_answer_timeout(timeout);
  }
}

void HostGpus::begin(std::size_t tasks, std::size_t new_tasks) {
  for (const auto& [reader, indices] : readers_) {
    reader->note_tasks({.any_task = tasks > 0,
                        .new_tasks = new_tasks,
                        .a_task_uses_gpu = a_task_uses_gpu_ && tasks > 0});
  }
  if (tasks > 0) {
    asked_at_ticks_ = boot_ticks_now();
    for (const auto& [reader, indices] : readers_) {
      reader->begin();
    }
  }
}

void HostGpus::finish(const GpuReadingsDue& due, const IsKnownContainer& is_known,
                      const IsKnownContainer& is_task, Facts& facts) {
  GpuReadings all;
  all.devices.emplace();
  all.processes.emplace();
  all.finds_none = true;
  bool is_any_there = false;
  unsigned first_index = 0;
  Conditions why_nothing;
  for (auto& [reader, indices] : readers_) {
    auto readings = reader->finish(due);
    if (!readings) {
      if (auto condition = reader->why_nothing()) {
        why_nothing.push_back(std::move(*condition));
      }
      continue;
    }
    is_any_there = true;
    all.finds_none = all.finds_none && readings->finds_none;
    if (readings->devices) {
      indices = number_from(first_index, *readings->devices);
    }
    first_index += indices;
    append(std::move(*readings), all);
  }
  if (all.finds_none && presence_.is_certainly_none()) {
    presence_.settle(all);
    is_any_there = true;  // that there is none is known
  }
  std::ranges::move(is_any_there ? all.conditions : why_nothing,
                    std::back_inserter(facts.conditions));
  a_task_uses_gpu_ = false;
  if (!is_any_there) {
    return;
  }
  facts.gpu_devices = std::move(all.devices);
  facts.gpu_processes = std::move(all.processes);
  if (facts.gpu_processes) {
    attribute(*facts.gpu_processes, attributor_,
              {.is_known = is_known, .listed_at_ticks = asked_at_ticks_, .due = due.command},
              facts.conditions);
    a_task_uses_gpu_ = std::ranges::any_of(*facts.gpu_processes, [&](const GpuProcess& process) {
      return process.container_id && is_task(*process.container_id);
    });
  }
}

}  // namespace wemol::native
