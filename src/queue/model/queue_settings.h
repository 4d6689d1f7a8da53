#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace wemol::queue {

/// What config.yaml says, with its defaults.
struct QueueSettings {
  enum class GpuLeftMode { any, last };
  enum class OnFailure { retry, skip, stop };
  enum class Placement { spread, pack };

  std::chrono::milliseconds check_time{5000};
  bool maximize_resource_utilization = false;
  bool use_all_gpus = true;
  std::vector<std::string> compete_gpus;  ///< indices or UUIDs, as written
  unsigned gpu_left = 1;
  GpuLeftMode gpu_left_mode = GpuLeftMode::any;
  unsigned max_retry_before_backoff = 3;
  std::chrono::milliseconds backoff_duration{600'000};
  unsigned max_retries = 100;
  std::optional<std::chrono::milliseconds> command_timeout;
  OnFailure on_failure = OnFailure::retry;
  std::filesystem::path work_dir;  ///< absolute
  std::uint64_t memory_headroom_bytes = 0;
  Placement placement = Placement::spread;
  std::chrono::milliseconds start_delay{0};
  std::chrono::milliseconds reserve_after{
      1'800'000};  ///< a job for several cards waits so long, then reserves
  double oom_memory_growth_percent = 0;

  bool operator==(const QueueSettings&) const = default;
};

}  // namespace wemol::queue
