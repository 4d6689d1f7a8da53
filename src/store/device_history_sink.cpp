#include "device_history_sink.h"

#include <utility>

#include "device_row.h"

namespace wemol {

DeviceUsers tasks_on_gpus(const Snapshot& snapshot) {
  if (!snapshot.are_tasks_known) {
    return std::nullopt;
  }
  DeviceUsers tasks(std::in_place);
  for (const TaskSample& sample : snapshot.samples) {
    if (!sample.gpus) {
      return std::nullopt;
    }
    for (const GpuUse& use : *sample.gpus) {
      (*tasks)[use.uuid].push_back(task_as_user(sample.task.task_id));
    }
  }
  return tasks;
}

DeviceHistorySink::DeviceHistorySink(const DeviceHistorySettings& settings,
                                     std::shared_ptr<const Clock> clock)
    : settings_(settings), clock_(std::move(clock)), intervals_(settings.interval) {}

DeviceHistorySink::~DeviceHistorySink() {
  if (auto last = intervals_.finish(clock_->wall_now())) {
    (void)write_block(std::move(*last));
  }
}

Conditions DeviceHistorySink::write(const Snapshot& snapshot) {
  auto block = intervals_.add(clock_->wall_now(), snapshot.gpu_devices, tasks_on_gpus(snapshot));
  if (block) {
    conditions_ = write_block(std::move(*block));
  }
  return conditions_;
}

Conditions DeviceHistorySink::write_block(DeviceBlock block) {
  waiting_.push_back(std::move(block));
  if (waiting_.size() > DeviceHistory::kMostWaiting) {
    waiting_.pop_front();
  }
  if (!history_) {
    auto opened = DeviceHistory::open(settings_);
    if (!opened) {
      return {{.key = "device history folder",
               .severity = Severity::error,
               .message = "device history cannot be kept: " + opened.error().message}};
    }
    history_.emplace(std::move(*opened));
  }
  for (DeviceBlock& waiting : waiting_) {
    history_->add(std::move(waiting));
  }
  waiting_.clear();
  return history_->flush();
}

}  // namespace wemol
