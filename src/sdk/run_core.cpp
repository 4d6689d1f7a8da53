#include "run_core.h"

#include <algorithm>
#include <array>
#include <exception>
#include <iterator>
#include <system_error>
#include <utility>

#include "host_json.h"
#include "run_names.h"

namespace wemol::sdk {

std::filesystem::path run_path(const RunSettings& settings) {
  return settings.folder / file_name(settings.project) / (file_name(settings.id) + ".jsonl");
}

std::span<const std::string_view> all_figures() {
  static constexpr std::array<std::string_view, 1> kPrefixes{""};
  return kPrefixes;
}

std::span<const std::string_view> gpu_figures() {
  static constexpr std::array<std::string_view, 1> kPrefixes{"gpu."};
  return kPrefixes;
}

std::span<const std::string_view> cpu_figures() {
  static constexpr std::array<std::string_view, 1> kPrefixes{"system.cpu."};
  return kPrefixes;
}

std::span<const std::string_view> memory_figures() {
  static constexpr std::array<std::string_view, 2> kPrefixes{"system.memory.", "system.swap."};
  return kPrefixes;
}

RunCore::RunCore(std::shared_ptr<Hub> hub, RunSettings settings)
    : hub_(std::move(hub)),
      settings_(std::move(settings)),
      record_(std::make_shared<Record>(run_path(settings_),
                                       [this](FiguresPtr known) {
                                         return is_running_
                                                    ? hub_->figures_at_once(std::move(known))
                                                    : nullptr;
                                       })),
      dispatcher_([record = record_](const std::string& what) { record->callback_failed(what); }) {}

void RunCore::start(std::chrono::nanoseconds interval) {
  const std::lock_guard lock(lease_mutex_);
  if (lease_ && interval == interval_) {
    return;
  }
  // The new wish comes before the old one goes, so that sampling goes on.
  lease_ = hub_->lease(interval, [this](const MomentPtr& moment) { dispatcher_.offer(moment); });
  interval_ = interval;
  is_running_ = true;
}

void RunCore::stop() noexcept {
  const std::lock_guard lock(lease_mutex_);
  is_running_ = false;
  lease_.reset();
}

std::uint64_t RunCore::add_callback(std::function<void(const monitor::Record&)> callback) {
  try {
    return dispatcher_.add(
        [callback = std::move(callback), node_id = settings_.node_id](const MomentPtr& moment) {
          callback(make_record(*moment, node_id));
        });
  } catch (const std::system_error& error) {
    tell_of(std::string("callbacks have no thread: ") + error.what());
    return 0;
  }
}

void RunCore::forget_monitor() noexcept {
  stop();
  if (!dispatcher_.stop()) {
    tell_of("a callback has not ended and is left to itself");
  }
}

void RunCore::finish() noexcept {
  forget_monitor();
  record_->lines.close();
}

void RunCore::Record::callback_failed(const std::string& what) noexcept {
  try {
    {
      const std::lock_guard lock(errors_mutex);
      callback_errors.push_back(what);
    }
    lines.log_event("callback_error", what);
  } catch (const std::exception&) {
    return;  // no memory to say so
  }
}

monitor::RunStatus RunCore::status() const {
  monitor::RunStatus status;
  record_->lines.tell(status);
  {
    const std::lock_guard lock(record_->errors_mutex);
    status.callback_errors = record_->callback_errors;
  }
  if (is_running_) {
    if (std::string problem = hub_->problem(); !problem.empty()) {
      status.sampling_problems.push_back(std::move(problem));
    }
    if (const MomentPtr moment = hub_->newest()) {
      std::ranges::move(notes_of(moment->sample->conditions),
                        std::back_inserter(status.sampling_problems));
    }
  }
  return status;
}

}  // namespace wemol::sdk
