#include <memory>
#include <utility>

#include <wemol/monitor.h>

#include "cancellation.h"
#include "run_core.h"
#include "viewer.h"

namespace wemol::monitor {
namespace {

using detail::Viewer;

/// Everything is unknown when there is none.
Record record_of(const sdk::MomentPtr& moment) {
  return moment ? sdk::make_figures(*moment) : Record{};
}

}  // namespace

HardwareMonitor::HardwareMonitor(std::string_view run_id)
    : viewer_(std::make_shared<Viewer>(run_id)) {}

bool HardwareMonitor::log_all_metrics() noexcept {
  return viewer_->log_figures(sdk::all_figures());
}

HardwareSummary HardwareMonitor::get_hardware_summary() const {
  Record record = record_of(viewer_->moment_with_gpus());
  return {.gpu = std::move(record.accelerators),
          .cpu = std::move(record.cpu),
          .memory = record.memory,
          .disk = record.disk,
          .network = record.network};
}

ScopedLogging HardwareMonitor::monitor_hardware(std::chrono::duration<double> log_interval) {
  const std::chrono::nanoseconds interval = detail::checked_interval(log_interval);
  return ScopedLogging(sdk::make_at_home<detail::LoggingState>(viewer_->run(), interval));
}

ScopedLogging::ScopedLogging(std::shared_ptr<detail::LoggingState> state)
    : state_(std::move(state)) {}
ScopedLogging::ScopedLogging(ScopedLogging&&) noexcept = default;

ScopedLogging& ScopedLogging::operator=(ScopedLogging&& other) noexcept {
  if (this != &other) {
    end();
    state_ = std::move(other.state_);
  }
  return *this;
}

ScopedLogging::~ScopedLogging() {
  end();
}

void ScopedLogging::end() noexcept {
  const sdk::CancellationHeld held;
  if (const auto state = std::exchange(state_, nullptr)) {
    state->end();
  }
}

GpuMonitor::GpuMonitor(std::string_view run_id) : viewer_(std::make_shared<Viewer>(run_id)) {}

std::size_t GpuMonitor::get_gpu_count() const {
  return record_of(viewer_->moment_with_gpus()).accelerators.size();
}

std::vector<Accelerator> GpuMonitor::get_gpu_info() const {
  return record_of(viewer_->moment_with_gpus()).accelerators;
}

std::vector<std::optional<double>> GpuMonitor::get_gpu_utilization() const {
  std::vector<std::optional<double>> utilization;
  for (const Accelerator& gpu : get_gpu_info()) {
    utilization.push_back(gpu.utilization);
  }
  return utilization;
}

bool GpuMonitor::log_gpu_metrics() noexcept {
  return viewer_->log_figures(sdk::gpu_figures());
}

// NOLINTNEXTLINE(readability-convert-member-functions-to-static): it is one of the interface's
GpuUsageScope GpuMonitor::monitor_gpu_usage(std::optional<unsigned> gpu_id) {
  return GpuUsageScope(sdk::make_at_home<detail::GpuUsageState>(gpu_id));
}

GpuUsageScope::GpuUsageScope(std::shared_ptr<detail::GpuUsageState> state)
    : state_(std::move(state)) {}
GpuUsageScope::GpuUsageScope(GpuUsageScope&&) noexcept = default;
GpuUsageScope& GpuUsageScope::operator=(GpuUsageScope&&) noexcept = default;
GpuUsageScope::~GpuUsageScope() = default;

const std::vector<GpuUsage>& GpuUsageScope::end() {
  if (const auto state = std::exchange(state_, nullptr)) {
    usage_ = state->end();
  }
  return usage_;
}

CpuMonitor::CpuMonitor(std::string_view run_id) : viewer_(std::make_shared<Viewer>(run_id)) {}

std::size_t CpuMonitor::get_cpu_count() const {
  return get_core_usage().size();
}

std::optional<double> CpuMonitor::get_cpu_usage() const {
  return record_of(viewer_->moment()).cpu.overall;
}

std::optional<std::array<double, 3>> CpuMonitor::get_cpu_load() const {
  return record_of(viewer_->moment()).cpu.load_average;
}

std::vector<std::optional<double>> CpuMonitor::get_core_usage() const {
  std::vector<std::optional<double>> usage;
  for (const Core& core : record_of(viewer_->moment()).cpu.cores) {
    usage.push_back(core.usage);
  }
  return usage;
}

bool CpuMonitor::log_cpu_metrics() noexcept {
  return viewer_->log_figures(sdk::cpu_figures());
}

MemoryMonitor::MemoryMonitor(std::string_view run_id) : viewer_(std::make_shared<Viewer>(run_id)) {}

Memory MemoryMonitor::get_memory_info() const {
  return record_of(viewer_->moment()).memory;
}

std::optional<double> MemoryMonitor::get_memory_usage() const {
  return get_memory_info().usage;
}

MemoryBytes MemoryMonitor::get_memory_bytes() const {
  const Memory memory = get_memory_info();
  return {.used = memory.used, .total = memory.total};
}

Swap MemoryMonitor::get_swap_info() const {
  return get_memory_info().swap;
}

bool MemoryMonitor::log_memory_metrics() noexcept {
  return viewer_->log_figures(sdk::memory_figures());
}

}  // namespace wemol::monitor
