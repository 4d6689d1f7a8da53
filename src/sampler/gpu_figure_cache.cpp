#include "gpu_figure_cache.h"

#include <algorithm>

namespace wemol {
namespace {

/// What an answer measures of a GPU, and not only who it is.
bool is_measured(const GpuDevice& it) {
  return it.utilization_percent || it.memory_used_bytes || it.temperature_celsius ||
         it.power_draw_watts;
}

bool is_measured(const GpuProcess& it) {
  return it.memory_used_bytes || it.sm_utilization_percent;
}

bool is_same(const GpuDevice& one, const GpuDevice& other) {
  return one.uuid == other.uuid;
}

bool is_same(const GpuProcess& one, const GpuProcess& other) {
  return one.pid == other.pid && one.gpu_uuid == other.gpu_uuid;
}

/// An answer that has only who they are is one between two that measure.
template <typename Item>
void complete_items(std::optional<std::vector<Item>>& items, std::optional<std::vector<Item>>& kept,
                    SteadyTime& kept_at, SteadyTime now) {
  const auto measures = [](const Item& item) { return is_measured(item); };
  if (items && (items->empty() || std::ranges::any_of(*items, measures))) {
    kept = items;
    kept_at = now;
    return;
  }
  if (!kept || now - kept_at > GpuFigureCache::kLastsFor) {
    kept.reset();
    return;
  }
  if (!items) {
    items = kept;
    return;
  }
  for (Item& item : *items) {
    const auto known =
        std::ranges::find_if(*kept, [&](const Item& it) { return is_same(it, item); });
    if (known != kept->end()) {
      item = *known;
    }
  }
}

}  // namespace

void GpuFigureCache::complete(std::optional<std::vector<GpuDevice>>& devices,
                              std::optional<std::vector<GpuProcess>>& processes, SteadyTime now) {
  complete_items(devices, devices_, devices_at_, now);
  complete_items(processes, processes_, processes_at_, now);
}

}  // namespace wemol
