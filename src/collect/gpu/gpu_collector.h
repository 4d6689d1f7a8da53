#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include <wemol/collector.h>

#include "clock.h"
#include "gpu_readers.h"
#include "process_attributor.h"

namespace wemol {

/// All GPUs of the host, whoever made them, and whose processes use them. They are asked while
/// somebody wants their readings: a task runs, or somebody has subscribed.
class GpuCollector : public Collector {
 public:
  /// What it refers to; everything outlives it.
  struct Borders {
    const FileReader& files;
    const Clock& clock;
    const TaskContainers& containers;
    OwnerFallback* fallback = nullptr;  ///< see ProcessAttributor
    std::filesystem::path root = "/";   ///< where GpuPresence looks
  };

  GpuCollector(GpuReaders::Readers readers, Borders borders, const CollectorSettings& settings);

  /// Takes over how long an answer may take, and how long a round waits for a driver.
  void reconfigure(const CollectorSettings& settings) override;
  /// Whether somebody wants readings without a task, too.
  void set_subscribed(bool is_subscribed) { is_subscribed_ = is_subscribed; }

  /// To be called in every round, for readers that let go of a driver that nobody needs.
  [[nodiscard]] bool start(SteadyTime due, Facts& facts) override;
  /// With the container of each process.
  [[nodiscard]] bool collect(SteadyTime due, Facts& facts) override;

 private:
  void attribute(std::vector<GpuProcess>& processes, SteadyTime due, Conditions& conditions);

  GpuReaders readers_;
  const TaskContainers& containers_;
  ProcessAttributor attributor_;
  bool is_subscribed_ = false;
  std::uint64_t tasks_seen_ = 0;
  bool is_asked_ = false;  ///< in the round that goes on
  std::uint64_t asked_at_ticks_ = 0;
  bool a_task_uses_gpu_ = false;
};

}  // namespace wemol
