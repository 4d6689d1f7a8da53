#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <wemol/monitor.h>

#include "dispatcher.h"
#include "gpu_usage_meter.h"
#include "hub.h"
#include "process_generation.h"
#include "run_handle.h"

namespace wemol::monitor::detail {

/// Who looks at the host for one run, and samples while it does.
class Viewer {
 public:
  explicit Viewer(std::string_view run_id);

  /// The newest moment; waits for the first one. Null: none came.
  [[nodiscard]] sdk::MomentPtr moment();
  /// Waits for the first one with GPUs, too.
  [[nodiscard]] sdk::MomentPtr moment_with_gpus();
  bool log_figures(std::span<const std::string_view> prefixes) noexcept;
  /// The run of this id that is open now, or one of its own.
  [[nodiscard]] std::shared_ptr<RunHandle> run();

 private:
  struct View {
    std::shared_ptr<sdk::Hub> hub;
    std::shared_ptr<sdk::Hub::Lease> lease;
  };
  const std::string run_id_;
  sdk::PerGeneration<View> view_;
};

/// Logs all figures at an interval.
class LoggingState {
 public:
  LoggingState(std::shared_ptr<RunHandle> run, std::chrono::nanoseconds interval);
  LoggingState(const LoggingState&) = delete;
  LoggingState& operator=(const LoggingState&) = delete;
  ~LoggingState() { end(); }
  void end() noexcept;

 private:
  void log(const sdk::MomentPtr& moment) noexcept;

  const std::shared_ptr<RunHandle> run_;
  const std::shared_ptr<sdk::Hub> hub_;
  const std::uint32_t home_ = sdk::generation();
  std::mutex mutex_;
  bool has_ended_ = false;
  sdk::MomentPtr logged_;
  sdk::Dispatcher dispatcher_;
  std::shared_ptr<sdk::Hub::Lease> lease_;
};

/// What GPUs do until the end of a scope.
class GpuUsageState {
 public:
  explicit GpuUsageState(std::optional<unsigned> gpu_id);
  GpuUsageState(const GpuUsageState&) = delete;
  GpuUsageState& operator=(const GpuUsageState&) = delete;
  [[nodiscard]] std::vector<GpuUsage> end();

 private:
  const std::shared_ptr<sdk::Hub> hub_;
  const std::uint32_t home_ = sdk::generation();
  sdk::GpuUsageMeter meter_;
  std::shared_ptr<sdk::Hub::Lease> lease_;
};

class SubscriptionState {
 public:
  SubscriptionState(std::shared_ptr<sdk::RunCore> core, std::uint64_t id)
      : core_(std::move(core)), id_(id) {}
  void end() const noexcept {
    if (sdk::generation() == home_) {
      core_->remove_callback(id_);
    }
  }

 private:
  const std::shared_ptr<sdk::RunCore> core_;
  const std::uint64_t id_;
  const std::uint32_t home_ = sdk::generation();
};

/// Throws std::invalid_argument below 0.1 s, and for what is no number.
[[nodiscard]] std::chrono::nanoseconds checked_interval(std::chrono::duration<double> interval);

inline constexpr std::string_view kDefaultProject = "default";
inline constexpr std::chrono::seconds kDefaultInterval{15};
/// How long a getter waits for the first sample, or the first one with GPUs.
inline constexpr std::chrono::seconds kFirstSamplePatience{3};

}  // namespace wemol::monitor::detail
