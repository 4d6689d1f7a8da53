#include "gpu_collector.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace wemol {
namespace {

/// A round waits for a driver this long at most, and never for more than a part of its interval.
constexpr std::chrono::nanoseconds kDriverTimeout = std::chrono::seconds(1);
constexpr int kPartsOfInterval = 4;

template <typename Item>
void append(std::optional<std::vector<Item>> more, std::optional<std::vector<Item>>& items) {
  if (more && items) {
    std::ranges::move(*more, std::back_inserter(*items));
  } else {
    items.reset();  // a part of them would look like the whole
  }
}

void append(GpuReadings more, GpuReadings& all) {
  if (!more.is_left_alone) {  // else nobody needs its devices
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

GpuCollector::GpuCollector(Readers readers, Borders borders, const CollectorSettings& settings)
    : clock_(borders.clock),
      containers_(borders.containers),
      attributor_(borders.files, borders.fallback),
      presence_(borders.files, borders.clock, std::move(borders.root)) {
  for (auto& reader : readers) {
    readers_.push_back({.reader = std::move(reader)});
  }
  GpuCollector::reconfigure(settings);
}

void GpuCollector::reconfigure(const CollectorSettings& settings) {
  driver_timeout_ = std::min(kDriverTimeout, settings.interval / kPartsOfInterval);
  for (const Reader& reader : readers_) {
    reader.reader->set_answer_timeout(
        std::chrono::ceil<std::chrono::milliseconds>(settings.command_timeout));
    reader.reader->set_interval(settings.interval);
  }
}

bool GpuCollector::start(SteadyTime /*due*/, Facts& /*facts*/) {
  const bool is_any_task = containers_.tasks() > 0;
  const std::uint64_t seen_before = std::exchange(tasks_seen_, containers_.tasks_seen());
  is_asked_ = is_any_task || is_subscribed_;
  for (const auto& [reader, indices] : readers_) {
    reader->note_tasks({.is_wanted = is_asked_,
                        .new_tasks = tasks_seen_ - seen_before,
                        .a_task_uses_gpu = a_task_uses_gpu_ && is_any_task});
  }
  if (is_asked_) {
    asked_at_ticks_ = boot_ticks_now();
    for (const auto& [reader, indices] : readers_) {
      reader->begin();
    }
  }
  return true;
}

bool GpuCollector::collect(SteadyTime due, Facts& facts) {
  if (!is_asked_) {
    return true;
  }
  const GpuReadingsDue readings_due{.driver = std::min(due, clock_.now() + driver_timeout_),
                                    .command = due};
  GpuReadings all;
  all.devices.emplace();
  all.processes.emplace();
  all.finds_none = true;
  bool is_any_there = false;
  unsigned first_index = 0;
  Conditions why_nothing;
  for (auto& [reader, indices] : readers_) {
    auto readings = reader->finish(readings_due);
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
    return true;
  }
  facts.gpu_devices = std::move(all.devices);
  facts.gpu_processes = std::move(all.processes);
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
