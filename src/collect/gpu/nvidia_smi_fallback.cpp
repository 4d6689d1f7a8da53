#include "nvidia_smi_fallback.h"

#include <algorithm>
#include <utility>

namespace wemol {
namespace {

using namespace std::chrono_literals;

/// By how much a round may be late or early on its schedule.
constexpr std::chrono::nanoseconds kJitter = 250ms;

GpuDevice identity_of(const GpuDevice& device) {
  return {.index = device.index,
          .uuid = device.uuid,
          .name = device.name,
          .memory_total_bytes = device.memory_total_bytes};
}

GpuProcess identity_of(const GpuProcess& process) {
  return {.pid = process.pid, .gpu_uuid = process.gpu_uuid};
}

template <typename Item>
std::optional<std::vector<Item>> identities_of(const std::optional<std::vector<Item>>& items) {
  if (!items) {
    return std::nullopt;
  }
  std::vector<Item> identities;
  identities.reserve(items->size());
  for (const Item& item : *items) {
    identities.push_back(identity_of(item));
  }
  return identities;
}

}  // namespace

void NvidiaSmiFallback::note_tasks(const TaskGpuUse& use) {
  is_new_task_ = is_new_task_ || use.new_tasks > 0;
  if (gave_processes_ || !use.is_wanted) {  // else nobody could tell
    a_task_uses_gpu_ = use.a_task_uses_gpu;
  }
}

std::optional<GpuReadings> NvidiaSmiFallback::read(SteadyTime due) {
  const SteadyTime now = clock_.now();
  if (!missing_.over(now)) {
    return std::nullopt;
  }
  std::optional<GpuReadings> readings;
  if (reader_.is_asking()) {
    readings = ask(due);
  } else {
    const auto opens = read_driver_opens(files_);
    look_at(opens);
    if (must_ask(now, opens) && may_ask(now)) {
      asked_at_ = now;
      opens_at_answer_ = opens;
      is_new_task_ = false;
      readings = ask(due);
    } else {
      readings = between_answers();
    }
  }
  gave_processes_ = readings && readings->processes;
  return readings;
}

bool NvidiaSmiFallback::must_ask(SteadyTime now, const std::optional<DriverOpens>& opens) const {
  if (!answer_ || now - *asked_at_ >= kLookEvery) {
    return true;
  }
  if (answer_->finds_none) {
    return opens != opens_at_answer_;
  }
  return is_new_task_ || a_task_uses_gpu_ || has_moved_on_ || !answer_->processes ||
         !answer_->devices;
}

bool NvidiaSmiFallback::may_ask(SteadyTime now) const {
  return !asked_at_ || interval_ >= kAskEvery ||
         now - *asked_at_ >= kAskEvery - std::min(interval_ / 2, kJitter);
}

void NvidiaSmiFallback::look_at(const std::optional<DriverOpens>& opens) {
  if (!opens || !opens_at_answer_ || (!a_task_uses_gpu_ && opens->is_above(*opens_at_answer_))) {
    has_moved_on_ = true;
  } else if (a_task_uses_gpu_) {
    has_moved_on_ = has_moved_on_ || !is_steady_ || *opens != *opens_at_answer_;
  } else if (!has_moved_on_ && answer_ && !answer_->finds_none) {
    is_steady_ = is_steady_ && *opens == *opens_at_answer_;
    opens_at_answer_ = opens;  // the next one to open it is seen, however many have closed it
  }
}

std::optional<GpuReadings> NvidiaSmiFallback::ask(SteadyTime due) {
  GpuReadings readings = reader_.read(due);
  if (reader_.is_asking()) {
    if (answer_) {  // what it said holds until the next one
      readings.conditions.insert(readings.conditions.end(), answer_->conditions.begin(),
                                 answer_->conditions.end());
      readings.finds_none = answer_->finds_none && !readings.processes;
    }
    return readings;
  }
  if (std::ranges::any_of(readings.conditions, [](const Condition& condition) {
        return condition.key == nvidia_smi::kMissing;
      })) {
    missing_.failed(clock_.now());
    answer_.reset();
    return std::nullopt;
  }
  missing_.succeeded();
  answer_ = readings;
  // It has ended, and what it had opened is closed.
  is_steady_ = opens_at_answer_ && read_driver_opens(files_) == opens_at_answer_;
  has_moved_on_ = !opens_at_answer_;
  return readings;
}

GpuReadings NvidiaSmiFallback::between_answers() const {
  GpuReadings readings;
  if (!answer_) {
    return readings;
  }
  readings.conditions = answer_->conditions;
  readings.finds_none = answer_->finds_none;
  if (!has_moved_on_) {
    readings.processes = identities_of(answer_->processes);
    readings.devices = identities_of(answer_->devices);
  }
  return readings;
}

}  // namespace wemol
