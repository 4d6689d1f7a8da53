#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace wemol {

/// The service manager that started this program, when it wants to hear of it: systemd, by the
/// protocol of sd_notify(3). sd_notify() itself waits for as long as the manager's queue is full,
/// so a manager that hangs would hold the rounds. This one does not wait.
class ServiceManager {
 public:
  /// Takes what it needs out of the environment, so that no child process gets it.
  ServiceManager();

  [[nodiscard]] bool listens() const { return !address_.empty(); }
  /// How long the manager waits for a sign of life, by the unit's settings. Nothing: for ever.
  [[nodiscard]] std::optional<std::chrono::microseconds> watchdog() const { return watchdog_; }

  /// Sends assignments, one per line: "READY=1". Returns 0 or the errno: EAGAIN when the manager's
  /// queue stayed full for `patience`. Without a manager that listens it does nothing.
  [[nodiscard]] int tell(
      const std::string& assignments,
      std::chrono::milliseconds patience = std::chrono::milliseconds::zero()) const;

 private:
  std::string address_;  ///< of its socket; '@' in front: an abstract one
  std::optional<std::chrono::microseconds> watchdog_;
};

}  // namespace wemol
