#include <exception>
#include <memory>
#include <utility>

#include <wemol/monitor.h>

#include "cancellation.h"
#include "run_handle.h"
#include "run_names.h"
#include "version.h"
#include "viewer.h"

namespace wemol::monitor {

using detail::RunHandle;

Run::Run() noexcept = default;
Run::Run(Run&& other) noexcept = default;

Run& Run::operator=(Run&& other) noexcept {
  if (this != &other) {
    finish();
    handle_ = std::move(other.handle_);
  }
  return *this;
}

Run::~Run() {
  finish();
}

std::string Run::id() const {
  return handle_ ? handle_->settings().id : std::string();
}

std::string Run::project() const {
  return handle_ ? handle_->settings().project : std::string();
}

bool Run::log(std::span<const Metric> values, std::optional<std::int64_t> step) noexcept {
  const sdk::CancellationHeld held;
  if (!handle_ || handle_->is_finished()) {
    return false;
  }
  try {
    return handle_->core()->lines().log(values, step);
  } catch (const std::exception&) {
    return false;  // a child that has no memory for a run of its own
  }
}

RunStatus Run::status() const {
  return handle_ ? handle_->status() : RunStatus{.is_finished = true};
}

RunStatus Run::finish() noexcept {
  const sdk::CancellationHeld held;
  try {
    if (handle_ && !handle_->is_finished()) {
      handle_->finish();
    }
    return status();
  } catch (const std::exception&) {
    return {};  // no memory to say how it went
  }
}

Run init(const RunOptions& options) {
  const std::chrono::nanoseconds interval = detail::checked_interval(options.collect_interval);
  Run run;
  run.handle_ = sdk::context()->runs.open(
      {.project = options.project.empty() ? std::string(detail::kDefaultProject) : options.project,
       .id = options.run_id.empty() ? sdk::new_run_id() : options.run_id,
       .node_id = sdk::node_name(options.node_id),
       .folder = sdk::runs_folder(options.dir)},
      interval);
  if (options.system_monitor) {
    run.handle_->set_interval(interval);
    run.handle_->start();
  }
  return run;
}

RunSystemMonitor::RunSystemMonitor(std::shared_ptr<RunHandle> handle)
    : handle_(std::move(handle)) {}

RunSystemMonitor get_run_system_monitor(std::string_view run_id,
                                        const SystemMonitorOptions& options) {
  std::optional<std::chrono::nanoseconds> interval;
  if (options.collect_interval) {
    interval = detail::checked_interval(*options.collect_interval);
  }
  sdk::Runs& runs = sdk::context()->runs;
  std::shared_ptr<RunHandle> handle = options.project.empty() ? runs.find(run_id) : nullptr;
  if (!handle || handle->is_finished()) {
    handle = runs.open({.project = options.project.empty() ? std::string(detail::kDefaultProject)
                                                           : options.project,
                        .id = std::string(run_id),
                        .node_id = sdk::node_name(options.node_id),
                        .folder = sdk::runs_folder(options.dir)},
                       interval.value_or(detail::kDefaultInterval));
  }
  if (interval) {
    handle->set_interval(*interval);
  }
  return RunSystemMonitor(std::move(handle));
}

void RunSystemMonitor::start() {
  if (!handle_->is_finished()) {
    handle_->start();
  }
}

void RunSystemMonitor::stop() noexcept {
  const sdk::CancellationHeld held;
  handle_->stop();
}

bool RunSystemMonitor::is_running() const {
  return handle_->wants_monitor();
}

std::optional<Record> RunSystemMonitor::get_current_metrics() const {
  if (!is_running()) {
    return std::nullopt;
  }
  const std::shared_ptr<sdk::RunCore> core = handle_->core();
  const sdk::MomentPtr moment = core->hub()->wait_for_newest(detail::kFirstSamplePatience);
  return moment ? std::optional(sdk::make_record(*moment, core->settings().node_id)) : std::nullopt;
}

SystemInfo RunSystemMonitor::get_system_info() const {
  const std::shared_ptr<sdk::Hub> hub = handle_->core()->hub();
  // GPUs and disks are known from a sample, also where the monitor is not started.
  const auto lease = hub->lease(detail::kDefaultInterval);
  const sdk::MomentPtr newest = hub->wait_for_gpus(detail::kFirstSamplePatience);
  return sdk::make_system_info(hub->system_info(), newest ? newest->sample.get() : nullptr);
}

bool RunSystemMonitor::log_custom_metric(std::string_view name, double value) noexcept {
  const sdk::CancellationHeld held;
  try {
    const Metric metric{.name = name, .value = value};
    return !handle_->is_finished() && handle_->core()->lines().log_in_step({&metric, 1});
  } catch (const std::exception&) {
    return false;
  }
}

Subscription RunSystemMonitor::add_callback(Callback callback) {
  std::shared_ptr<sdk::RunCore> core = handle_->core();
  const std::uint64_t id = core->add_callback(std::move(callback));
  return Subscription(sdk::make_at_home<detail::SubscriptionState>(std::move(core), id));
}

RunStatus RunSystemMonitor::status() const {
  return handle_->status();
}

Subscription::Subscription() noexcept = default;
Subscription::Subscription(std::shared_ptr<detail::SubscriptionState> state)
    : state_(std::move(state)) {}
Subscription::Subscription(Subscription&&) noexcept = default;

Subscription& Subscription::operator=(Subscription&& other) noexcept {
  if (this != &other) {
    unsubscribe();
    state_ = std::move(other.state_);
  }
  return *this;
}

Subscription::~Subscription() {
  unsubscribe();
}

void Subscription::unsubscribe() noexcept {
  const sdk::CancellationHeld held;
  if (const auto state = std::exchange(state_, nullptr)) {
    state->end();
  }
}

void Subscription::release() noexcept {
  state_.reset();
}

void cleanup_run_monitor(std::string_view run_id,
                         std::optional<std::string_view> project) noexcept {
  const sdk::CancellationHeld held;
  try {
    if (const auto context = sdk::context_if_made()) {
      for (const std::shared_ptr<RunHandle>& run : context->runs.take(run_id, project)) {
        run->forget_monitor();
      }
    }
  } catch (const std::exception&) {
    return;  // no memory for the list
  }
}

void finish_all() noexcept {
  const sdk::CancellationHeld held;
  sdk::finish_all();
}

const char* version() noexcept {
  return kVersion;
}

}  // namespace wemol::monitor
