#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include <wemol/host_sample.h>
#include <wemol/result.h>

#include "blocking_worker.h"
#include "device_history.h"

namespace wemol::agent {

/// Who is on each GPU of the sample. Absent when the GPUs' processes, or their users, are unknown.
[[nodiscard]] DeviceUsers users_of_gpus(const HostSample& sample);

/// Keeps this host's device history. The folder may hang or be full: writing is done in a thread of
/// its own, what cannot be written waits (DeviceHistory), and the log says so once.
class DeviceRecord {
 public:
  explicit DeviceRecord(const DeviceHistorySettings& settings);
  DeviceRecord(const DeviceRecord&) = delete;
  DeviceRecord& operator=(const DeviceRecord&) = delete;
  /// Writes the interval that goes on; waits for a moment only.
  ~DeviceRecord();

  /// Fails when another program writes there. Any other trouble is logged, and tried again.
  [[nodiscard]] Result<void> start();
  void take(const HostSample& sample);

 private:
  struct State;

  void hand_over();
  void log_changes();

  DeviceIntervals intervals_;
  std::shared_ptr<State> state_;  ///< the worker's while it is busy
  std::vector<DeviceBlock> pending_;
  std::set<std::string> current_;  ///< keys of the conditions that were logged and hold
  BlockingWorker worker_;
};

}  // namespace wemol::agent
