#include "gpu_usage_meter.h"

#include <algorithm>

namespace wemol::sdk {
namespace {

double seconds_between(SteadyTime from, SteadyTime to) {
  return std::chrono::duration<double>(to - from).count();
}

std::optional<double> number(const std::optional<std::uint64_t>& value) {
  return value ? std::optional(static_cast<double>(*value)) : std::nullopt;
}

}  // namespace

void FigureOverTime::add(SteadyTime at, std::optional<double> value) {
  at = std::max(at, begin_);
  if (!value) {
    last_.reset();
    return;
  }
  const bool is_first = !extremes_;
  const Point from = last_.value_or(Point{is_first ? begin_ : at, *value});
  const double seconds = seconds_between(from.at, at);
  area_.value_seconds += seconds * (from.value + *value) / 2;
  area_.seconds += seconds;
  last_ = Point{at, *value};
  last_known_ = *value;
  if (is_first) {
    extremes_ = monitor::Spread{.min = *value, .mean = *value, .max = *value};
  }
  extremes_->min = std::min(extremes_->min, *value);
  extremes_->max = std::max(extremes_->max, *value);
}

FigureOverTime::Area FigureOverTime::area(SteadyTime end) const {
  Area area = area_;
  if (last_ && end > last_->at) {
    const double seconds = seconds_between(last_->at, end);
    area.value_seconds += seconds * last_->value;
    area.seconds += seconds;
  }
  return area;
}

std::optional<monitor::Spread> FigureOverTime::spread(SteadyTime end) const {
  if (!extremes_) {
    return std::nullopt;
  }
  monitor::Spread spread = *extremes_;
  const Area whole = area(end);
  spread.mean = whole.seconds > 0 ? whole.value_seconds / whole.seconds : last_known_;
  return spread;
}

std::optional<double> FigureOverTime::integral(SteadyTime end) const {
  const Area whole = area(end);
  return whole.seconds > 0 ? std::optional(whole.value_seconds) : std::nullopt;
}

void GpuUsageMeter::add(const HostSample& sample) {
  const std::lock_guard lock(mutex_);
  std::vector<const GpuDevice*> read;
  if (sample.gpus) {
    for (const GpuDevice& device : *sample.gpus) {
      if (gpu_id_ && device.index != *gpu_id_) {
        continue;
      }
      Gpu& gpu = gpu_of(device);
      ++gpu.samples;
      gpu.utilization.add(sample.measured_at, device.utilization_percent);
      gpu.memory_used.add(sample.measured_at, number(device.memory_used_bytes));
      gpu.power.add(sample.measured_at, device.power_draw_watts);
      gpu.temperature.add(sample.measured_at, device.temperature_celsius);
      read.push_back(&device);
    }
  }
  for (Gpu& gpu : gpus_) {
    if (std::ranges::none_of(read,
                             [&](const GpuDevice* device) { return device->uuid == gpu.uuid; })) {
      for (FigureOverTime* const figure :
           {&gpu.utilization, &gpu.memory_used, &gpu.power, &gpu.temperature}) {
        figure->add(sample.measured_at, std::nullopt);
      }
    }
  }
}

GpuUsageMeter::Gpu& GpuUsageMeter::gpu_of(const GpuDevice& device) {
  auto gpu = std::ranges::find(gpus_, device.uuid, &Gpu::uuid);
  if (gpu == gpus_.end()) {
    gpu = gpus_.insert(gpus_.end(), Gpu(begin_));
    gpu->uuid = device.uuid;
  }
  gpu->id = device.index;
  gpu->name = device.name;
  return *gpu;
}

std::vector<monitor::GpuUsage> GpuUsageMeter::usage(SteadyTime end) const {
  const std::lock_guard lock(mutex_);
  std::vector<monitor::GpuUsage> all;
  for (const Gpu& gpu : gpus_) {
    all.push_back({.id = gpu.id,
                   .uuid = gpu.uuid,
                   .name = gpu.name,
                   .duration = end - begin_,
                   .samples = gpu.samples,
                   .utilization = gpu.utilization.spread(end),
                   .memory_used = gpu.memory_used.spread(end),
                   .power = gpu.power.spread(end),
                   .temperature = gpu.temperature.spread(end),
                   .energy_joules = gpu.power.integral(end)});
  }
  std::ranges::sort(all, {}, &monitor::GpuUsage::id);
  return all;
}

}  // namespace wemol::sdk
