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

}  // namespace

HostGpus::HostGpus(std::vector<std::unique_ptr<GpuReader>> readers, const FileReader& files)
    : readers_(std::move(readers)), owners_(files) {}

void HostGpus::begin() {
  asked_at_ticks_ = boot_ticks_now();
  for (const auto& reader : readers_) {
    reader->begin();
  }
}

void HostGpus::finish(SteadyTime due, const IsKnownContainer& is_known, Facts& facts) {
  bool is_first = true;
  for (const auto& reader : readers_) {
    auto readings = reader->finish(due);
    if (!readings) {
      continue;
    }
    if (std::exchange(is_first, false)) {
      facts.gpu_devices.emplace();
      facts.gpu_processes.emplace();
    }
    if (readings->devices && facts.gpu_devices) {
      for (GpuDevice& device : *readings->devices) {
        device.index += static_cast<unsigned>(facts.gpu_devices->size());
      }
    }
    append(std::move(readings->devices), facts.gpu_devices);
    append(std::move(readings->processes), facts.gpu_processes);
    std::ranges::move(readings->conditions, std::back_inserter(facts.conditions));
  }
  if (facts.gpu_processes) {
    owners_.attribute(*facts.gpu_processes, is_known, asked_at_ticks_);
  }
}

}  // namespace wemol::native
