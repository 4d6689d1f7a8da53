#include "viewer.h"

#include <algorithm>
#include <exception>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "cancellation.h"
#include "run_names.h"

namespace wemol::monitor::detail {
namespace {

using namespace std::chrono_literals;

constexpr auto kGpuUsageInterval = 1s;

}  // namespace

std::chrono::nanoseconds checked_interval(std::chrono::duration<double> interval) {
  // What is no number fails this comparison too.
  if (!(interval >= 100ms)) {
    throw std::invalid_argument("the interval has to be 0.1 s or more");
  }
  constexpr std::chrono::duration<double> kLongest = 365 * 24h;
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::min(interval, kLongest));
}

Viewer::Viewer(std::string_view run_id)
    : run_id_(run_id), view_([] {
        auto hub = sdk::context()->hub;
        auto lease = hub->lease(kDefaultInterval);
        return std::make_shared<View>(View{std::move(hub), std::move(lease)});
      }) {
  (void)view_.get();  // sampling begins, so that the first getter has less to wait for
}

sdk::MomentPtr Viewer::moment() {
  return view_.get()->hub->wait_for_newest(kFirstSamplePatience);
}

sdk::MomentPtr Viewer::moment_with_gpus() {
  return view_.get()->hub->wait_for_gpus(kFirstSamplePatience);
}

std::shared_ptr<RunHandle> Viewer::run() {
  sdk::Runs& runs = sdk::context()->runs;
  if (auto run = runs.find(run_id_)) {
    return run;
  }
  return runs.open({.project = std::string(kDefaultProject),
                    .id = run_id_,
                    .node_id = sdk::node_name(""),
                    .folder = sdk::runs_folder("")},
                   kDefaultInterval);
}

bool Viewer::log_figures(std::span<const std::string_view> prefixes) noexcept {
  const sdk::CancellationHeld held;
  try {
    const sdk::MomentPtr newest = moment_with_gpus();
    return newest && run()->core()->lines().log_figures(*newest->figures, prefixes);
  } catch (const std::exception&) {
    return false;  // no memory, or no thread
  }
}

LoggingState::LoggingState(std::shared_ptr<RunHandle> run, std::chrono::nanoseconds interval)
    : run_(std::move(run)), hub_(sdk::context()->hub), dispatcher_({}) {
  try {
    dispatcher_.add([this](const sdk::MomentPtr& moment) { log(moment); });
  } catch (const std::system_error& error) {
    run_->core()->tell_of(std::string("nothing is logged at an interval: ") + error.what());
  }
  if (sdk::MomentPtr newest = hub_->newest()) {
    dispatcher_.offer(std::move(newest));
  }
  lease_ =
      hub_->lease(interval, [this](const sdk::MomentPtr& moment) { dispatcher_.offer(moment); });
}

void LoggingState::log(const sdk::MomentPtr& moment) noexcept {
  {
    const std::lock_guard lock(mutex_);
    if (moment == logged_) {
      return;
    }
    logged_ = moment;
  }
  run_->core()->lines().log_figures(*moment->figures, sdk::all_figures());
}

void LoggingState::end() noexcept {
  if (sdk::generation() != home_) {
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(has_ended_, true)) {
      return;
    }
  }
  const sdk::MomentPtr newest = hub_->newest();
  lease_.reset();
  dispatcher_.stop();
  if (newest) {
    log(newest);
  }
}

GpuUsageState::GpuUsageState(std::optional<unsigned> gpu_id)
    : hub_(sdk::context()->hub), meter_(std::chrono::steady_clock::now(), gpu_id) {
  if (const sdk::MomentPtr newest = hub_->newest()) {
    meter_.add(*newest->sample);
  }
  lease_ = hub_->lease(kGpuUsageInterval,
                       [this](const sdk::MomentPtr& moment) { meter_.add(*moment->sample); });
}

std::vector<GpuUsage> GpuUsageState::end() {
  if (sdk::generation() != home_) {
    return {};
  }
  const auto now = std::chrono::steady_clock::now();
  // A span that is shorter than the first sample takes has that one.
  const sdk::MomentPtr newest = hub_->wait_for_newest(kFirstSamplePatience);
  lease_.reset();
  std::vector<GpuUsage> usage = meter_.usage(now);
  if (usage.empty() && newest) {
    meter_.add(*newest->sample);
    usage = meter_.usage(now);
  }
  return usage;
}

}  // namespace wemol::monitor::detail
