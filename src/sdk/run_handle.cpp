#include "run_handle.h"

#include <cstdlib>
#include <exception>
#include <utility>

#include "host_access.h"

namespace wemol::monitor::detail {

RunHandle::RunHandle(sdk::RunSettings settings, std::chrono::nanoseconds interval)
    : settings_(std::move(settings)), interval_(interval), core_([this] { return make_core(); }) {}

std::shared_ptr<sdk::RunCore> RunHandle::make_core() {
  const std::shared_ptr<sdk::Context> context = sdk::context();
  auto core = sdk::make_at_home<sdk::RunCore>(context->hub, settings_);
  if (!is_finished_) {
    context->runs.adopt(shared_from_this());
    if (wants_monitor_) {
      core->start(interval_);
    }
  }
  return core;
}

void RunHandle::start() {
  wants_monitor_ = true;
  core()->start(interval_);
}

void RunHandle::stop() noexcept {
  wants_monitor_ = false;
  if (const auto core = core_.get_if_made()) {
    core->stop();
  }
}

void RunHandle::set_interval(std::chrono::nanoseconds interval) {
  interval_ = interval;
  if (const auto core = core_.get_if_made(); core && core->is_running()) {
    core->start(interval);
  }
}

void RunHandle::finish() {
  is_finished_ = true;
  wants_monitor_ = false;
  if (const auto core = core_.get_if_made()) {
    core->finish();
  }
  if (const auto context = sdk::context_if_made()) {
    context->runs.forget(*this);
  }
}

void RunHandle::forget_monitor() noexcept {
  wants_monitor_ = false;
  if (const auto core = core_.get_if_made()) {
    core->forget_monitor();
  }
}

RunStatus RunHandle::status() {
  RunStatus status;
  if (const auto core = core_.get_if_made()) {
    status = core->status();
  } else {
    status.file = run_path(settings_).string();
  }
  status.is_finished = is_finished_;
  return status;
}

}  // namespace wemol::monitor::detail

namespace wemol::sdk {
namespace {

using ContextSlot = PerGeneration<Context>;

// A variable of a function that is made when it is first used has a lock, which a fork() of another
// thread in that very moment would leave locked in the child. These have none.
constinit std::atomic<ContextSlot*> context_slot{nullptr};
constinit std::atomic_flag ends_at_exit = ATOMIC_FLAG_INIT;

/// Never destroyed: others may still log while the process ends.
ContextSlot& slot() {
  ContextSlot* known = context_slot.load(std::memory_order_acquire);
  if (known == nullptr) {
    auto made =
        std::make_unique<ContextSlot>([] { return make_at_home<Context>(real_host_access()); });
    if (context_slot.compare_exchange_strong(known, made.get(), std::memory_order_acq_rel)) {
      known = made.release();
    }
  }
  return *known;
}

/// Ends all threads of the library while what they use is still there.
void end_threads() {
  try {
    if (const std::shared_ptr<Context> context = context_if_made()) {
      for (const std::shared_ptr<RunHandle>& run : context->runs.all()) {
        run->forget_monitor();
      }
      context->hub->shut_down();
    }
  } catch (const std::exception&) {
    return;  // no memory for the list: they end with the process
  }
}

}  // namespace

std::shared_ptr<Context> context() {
  // With the first context: what the program had before that goes after it.
  if (!ends_at_exit.test_and_set()) {
    std::atexit(end_threads);
  }
  return slot().get();
}

std::shared_ptr<Context> context_if_made() {
  const ContextSlot* const known = context_slot.load(std::memory_order_acquire);
  return known == nullptr ? nullptr : known->get_if_made();
}

void set_host_access(HostAccess host) {
  delete context_slot.exchange(
      new ContextSlot([host = std::move(host)] { return make_at_home<Context>(host); }));
}

void finish_all() noexcept {
  try {
    if (const std::shared_ptr<Context> context = context_if_made()) {
      for (const std::shared_ptr<RunHandle>& run : context->runs.all()) {
        run->finish();
      }
    }
  } catch (const std::exception&) {
    return;  // no memory for the list
  }
}

std::shared_ptr<RunHandle> Runs::open(const RunSettings& settings,
                                      std::chrono::nanoseconds interval) {
  const std::lock_guard lock(mutex_);
  Open& open = open_[Key(settings.id, settings.project)];
  if (!open.run || open.run->is_finished()) {
    open.run = std::make_shared<RunHandle>(settings, interval);
  }
  open.number = ++last_number_;
  return open.run;
}

std::shared_ptr<RunHandle> Runs::find(std::string_view id) const {
  const std::lock_guard lock(mutex_);
  const Open* found = nullptr;
  for (const auto& [key, open] : open_) {
    if (key.first == id && (found == nullptr || open.number > found->number)) {
      found = &open;
    }
  }
  return found == nullptr ? nullptr : found->run;
}

void Runs::adopt(const std::shared_ptr<RunHandle>& run) {
  const std::lock_guard lock(mutex_);
  Open& open = open_[Key(run->settings().id, run->settings().project)];
  if (!open.run) {
    open = {.number = ++last_number_, .run = run};
  }
}

void Runs::forget(const RunHandle& run) {
  std::shared_ptr<RunHandle> forgotten;  // goes behind the lock
  const std::lock_guard lock(mutex_);
  const auto open = open_.find(Key(run.settings().id, run.settings().project));
  if (open != open_.end() && open->second.run.get() == &run) {
    forgotten = std::move(open->second.run);
    open_.erase(open);
  }
}

std::vector<std::shared_ptr<RunHandle>> Runs::take(std::string_view id,
                                                   std::optional<std::string_view> project) {
  std::vector<std::shared_ptr<RunHandle>> taken;
  const std::lock_guard lock(mutex_);
  for (auto open = open_.begin(); open != open_.end();) {
    if (open->first.first == id && (!project || open->first.second == *project)) {
      taken.push_back(std::move(open->second.run));
      open = open_.erase(open);
    } else {
      ++open;
    }
  }
  return taken;
}

std::vector<std::shared_ptr<RunHandle>> Runs::all() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<RunHandle>> all;
  for (const auto& [key, open] : open_) {
    all.push_back(open.run);
  }
  return all;
}

}  // namespace wemol::sdk
