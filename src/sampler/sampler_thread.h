#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <wemol/host_sample.h>

namespace wemol {

enum class ProcessScope {
  none,
  gpu,
  figures,  ///< all, without users' names and command lines: nobody else's files or directory asked
  all,
};

struct SamplerSettings {
  std::chrono::nanoseconds interval{};
  ProcessScope processes = ProcessScope::none;
  /// The program that calls NVML, with its arguments; empty: NVIDIA GPUs are read by nvidia-smi.
  std::vector<std::string> nvml_helper_command;
  /// False: a host that has certainly no GPU is not searched for drivers, each of which takes a
  /// child process.
  bool asks_drivers_without_gpu = true;
  /// Where wemol-queue locks GPUs; empty: its jobs are not asked for.
  std::filesystem::path queue_lock_folder;
};

/// Samples the host in a thread of its own, on an absolute schedule. It touches no signal handler,
/// locale, logger or standard stream of the process. A driver that hangs, hangs in the helper.
class SamplerThread {
 public:
  using Sample = std::shared_ptr<const HostSample>;
  /// Called in the sampler's thread, with each sample; must not throw and must not wait.
  using Listener = std::function<void(const Sample&)>;

  /// Two readings are taken at once, a moment apart, so that the first sample has its rates. While
  /// no driver of a GPU has answered yet, samples follow each other faster, for some seconds.
  SamplerThread(SamplerSettings settings, Listener listener);
  /// Ends the thread and its helper, within a moment also when the driver hangs.
  ~SamplerThread();
  SamplerThread(const SamplerThread&) = delete;
  SamplerThread& operator=(const SamplerThread&) = delete;

  /// Null before the first one. Never waits; any thread may call it.
  [[nodiscard]] Sample newest() const;
  void set_interval(std::chrono::nanoseconds interval);

 private:
  class Worker;
  std::unique_ptr<Worker> worker_;
};

}  // namespace wemol
