#pragma once

#include <deque>
#include <memory>
#include <optional>

#include <wemol/sink.h>

#include "clock.h"
#include "device_history.h"

namespace wemol {

/// The tasks on each GPU, as "task 132178", in the place of users: to whom a task belongs is not
/// known here. Absent: the containers, or the processes on the GPUs, could not be read.
[[nodiscard]] DeviceUsers tasks_on_gpus(const Snapshot& snapshot);

/// Keeps device history of the rounds' GPUs, also of those that no task uses. Where another program
/// has the folder, or it cannot be made, that is stated and tried again with each interval.
class DeviceHistorySink : public Sink {
 public:
  DeviceHistorySink(const DeviceHistorySettings& settings, std::shared_ptr<const Clock> clock);
  /// Writes the interval that goes on.
  ~DeviceHistorySink() override;

  [[nodiscard]] Conditions write(const Snapshot& snapshot) override;

 private:
  [[nodiscard]] Conditions write_block(DeviceBlock block);

  DeviceHistorySettings settings_;
  std::shared_ptr<const Clock> clock_;
  DeviceIntervals intervals_;
  std::optional<DeviceHistory> history_;
  std::deque<DeviceBlock> waiting_;  ///< for the folder
  Conditions conditions_;            ///< that hold until the next interval
};

}  // namespace wemol
