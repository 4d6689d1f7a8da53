#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <wemol/facts.h>

#include "blocking_worker.h"
#include "clock.h"

namespace wemol {

/// What one kind of GPU interface says in one round.
struct GpuReadings {
  std::optional<std::vector<GpuDevice>> devices;     ///< absent when they could not be read
  std::optional<std::vector<GpuProcess>> processes;  ///< absent when they could not be read
  /// The UUIDs of GPUs that are divided (MIG), for those who ask for their instances. Each instance
  /// that the driver names is a device of its own ("MIG-…") behind the whole one, with that one's
  /// index, and has its processes.
  std::vector<std::string> divided;
  Conditions conditions;
  /// Nothing could be read since the interface is missing or says that there is no GPU; not that
  /// it failed.
  bool finds_none = false;
  /// It was not asked since no task uses it: its devices are left out, not missing.
  bool is_left_alone = false;
};

/// Until when a round waits for them.
struct GpuReadingsDue {
  SteadyTime driver;   ///< from a driver
  SteadyTime command;  ///< from a command, which takes far longer
};

/// What the rounds so far say about the tasks.
struct TaskGpuUse {
  bool is_wanted = false;        ///< somebody wants readings: a task runs, or someone watches
  std::size_t new_tasks = 0;     ///< that have appeared since this was told last
  bool a_task_uses_gpu = false;  ///< by the readings of the last round
};

/// Reads the GPUs that one interface serves (NVML, the kernel's files for AMD).
class GpuReader {
 public:
  GpuReader() = default;
  GpuReader(const GpuReader&) = delete;
  GpuReader& operator=(const GpuReader&) = delete;
  virtual ~GpuReader() = default;

  /// Told before each begin(), for those who let go of a driver that no task needs.
  virtual void note_tasks(const TaskGpuUse& /*use*/) {}

  /// Another setting from now on: how long an answer of another process may take.
  virtual void set_answer_timeout(std::chrono::milliseconds /*timeout*/) {}

  /// Another setting from now on: how far apart the rounds are.
  virtual void set_interval(std::chrono::nanoseconds /*interval*/) {}

  /// Asks for the readings of this round and does not wait for them.
  virtual void begin() {}

  /// Gives them, once after each begin(). Waits until they are due at most: what has not come by
  /// then is absent and stated. Nothing when this host has no such interface.
  [[nodiscard]] virtual std::optional<GpuReadings> finish(const GpuReadingsDue& due) = 0;

  /// After a finish() that gave nothing: what to say, once, on a host where nobody else finds any
  /// GPUs either.
  [[nodiscard]] virtual std::optional<Condition> why_nothing() const { return std::nullopt; }
};

/// Reads GPUs through a driver that may hang: asks the reader in a thread of its own and gives up
/// waiting when the readings are due. What comes later is not used, for it is of another round.
class BlockingGpus : public GpuReader {
 public:
  /// `reader` owns all that it uses, and nobody else calls it. `driver` is its driver's name.
  BlockingGpus(std::shared_ptr<GpuReader> reader, std::string driver);

  void begin() override;
  [[nodiscard]] std::optional<GpuReadings> finish(const GpuReadingsDue& due) override;

 private:
  struct Reading {
    std::optional<GpuReadings> readings;
  };

  std::shared_ptr<GpuReader> reader_;
  std::string driver_;
  BlockingWorker worker_;
  std::shared_ptr<Reading> reading_;  ///< of the round that goes on; nothing while another hangs
  bool found_nothing_ = false;        ///< when it was asked last
};

}  // namespace wemol
