#pragma once

#include <memory>

#include <wemol/host_sample.h>

#include "event_loop.h"
#include "sampler_thread.h"

namespace wemol {

/// Puts the samples of a host together: what the kernel says, what has changed since the sample
/// before, GPUs and processes.
class HostSampler {
 public:
  /// Takes the first reading, from which the first sample has its rates.
  HostSampler(EventLoop& loop, const SamplerSettings& settings);
  ~HostSampler();
  HostSampler(const HostSampler&) = delete;
  HostSampler& operator=(const HostSampler&) = delete;

  void set_interval(std::chrono::nanoseconds interval);
  /// Waits for the GPUs' drivers until `due` at most.
  [[nodiscard]] std::shared_ptr<const HostSample> sample(SteadyTime due);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace wemol
