#pragma once

#include <chrono>
#include <string>
#include <vector>

#include <wemol/facts.h>

namespace wemol {

/// The settings of the collectors. All may change between two rounds.
struct CollectorSettings {
  std::string container_prefix;  ///< a container whose name begins with it is a task
  std::chrono::nanoseconds interval{};
  std::chrono::nanoseconds command_timeout{};
};

/// Reads one kind of thing for the facts of a round: the containers, the GPUs. Between start() and
/// collect() the others have their turn, so that all wait at the same time.
class Collector {
 public:
  Collector() = default;
  Collector(const Collector&) = delete;
  Collector& operator=(const Collector&) = delete;
  virtual ~Collector() = default;

  /// Asks for the readings of a round that has to end at `due`, and does not wait for them. It
  /// waits only for what decides whether and what to ask. False when a stop was requested.
  [[nodiscard]] virtual bool start(std::chrono::steady_clock::time_point due, Facts& facts) = 0;

  /// Adds what has come by `due`; what is absent is stated as a condition. What comes later may be
  /// part of a later round. False when a stop was requested before the readings were complete.
  [[nodiscard]] virtual bool collect(std::chrono::steady_clock::time_point due, Facts& facts) = 0;

  virtual void reconfigure(const CollectorSettings& /*settings*/) {}

  /// See Source.
  virtual void resume(const std::vector<OpenRun>& /*open_runs*/,
                      std::chrono::system_clock::time_point /*ends_stated_until*/) {}

  /// Whether a reading of the last round may still come.
  [[nodiscard]] virtual bool is_late() const { return false; }
  /// After the last round: adds what would be lost.
  virtual void add_remaining(Facts& /*facts*/) {}
};

}  // namespace wemol
