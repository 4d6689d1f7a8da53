#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include <wemol/collector.h>

#include "clock.h"
#include "gpu_presence.h"
#include "gpu_reader.h"
#include "process_attributor.h"

namespace wemol {

/// All GPUs of the host, whoever made them, and whose processes use them. They are asked while
/// somebody wants their readings: a task runs, or somebody has subscribed.
class GpuCollector : public Collector {
 public:
  using Readers = std::vector<std::unique_ptr<GpuReader>>;

  /// What it refers to; everything outlives it.
  struct Borders {
    const FileReader& files;
    const Clock& clock;
    const TaskContainers& containers;
    OwnerFallback* fallback = nullptr;  ///< see ProcessAttributor
    std::filesystem::path root = "/";   ///< where GpuPresence looks
  };

  GpuCollector(Readers readers, Borders borders, const CollectorSettings& settings);

  /// Takes over how long an answer may take, and how long a round waits for a driver.
  void reconfigure(const CollectorSettings& settings) override;
  /// Whether somebody wants readings without a task, too.
  void set_subscribed(bool is_subscribed) { is_subscribed_ = is_subscribed; }

  /// To be called in every round, for readers that let go of a driver that nobody needs.
  [[nodiscard]] bool start(SteadyTime due, Facts& facts) override;
  /// With the container of each process. The indices of each reader's devices follow on those of
  /// the reader before it.
  [[nodiscard]] bool collect(SteadyTime due, Facts& facts) override;

 private:
  struct Reader {
    std::unique_ptr<GpuReader> reader;
    unsigned indices = 0;  ///< that its devices took when they were listed last
  };

  void attribute(std::vector<GpuProcess>& processes, SteadyTime due, Conditions& conditions);

  std::vector<Reader> readers_;
  const Clock& clock_;
  const TaskContainers& containers_;
  ProcessAttributor attributor_;
  GpuPresence presence_;
  std::chrono::nanoseconds driver_timeout_{};
  bool is_subscribed_ = false;
  std::uint64_t tasks_seen_ = 0;
  bool is_asked_ = false;  ///< in the round that goes on
  std::uint64_t asked_at_ticks_ = 0;
  bool a_task_uses_gpu_ = false;
};

}  // namespace wemol
