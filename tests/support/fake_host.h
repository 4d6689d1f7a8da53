#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <utility>

#include <wemol/host_sample.h>

#include "hub.h"

namespace wemol::test {

/// A host that is sampled when the test says so.
class FakeHost {
 public:
  /// What a library that is told nothing else samples.
  static FakeHost& instance() {
    static FakeHost host;
    return host;
  }

  [[nodiscard]] sdk::HostAccess access() {
    return {
        .start_feed = [this](std::chrono::nanoseconds interval,
                             sdk::HostAccess::OnSample on_sample) -> std::unique_ptr<sdk::Feed> {
          if (cannot_start) {
            throw std::runtime_error("no thread");
          }
          return std::make_unique<FakeFeed>(*this, interval, std::move(on_sample));
        },
        .read_system_info =
            [] {
              SystemInfo info;
              info.hostname = "host-1";
              info.cpu_threads = 4;
              return info;
            }};
  }

  /// One sample, `later` than the one before. False: nobody samples.
  bool give(HostSample sample, std::chrono::nanoseconds later = std::chrono::hours(1)) {
    now_ += later;
    sample.measured_at = now_;
    sample.read_at = std::chrono::system_clock::now();
    const std::lock_guard lock(mutex_);
    if (!on_sample_) {
      return false;
    }
    on_sample_(std::make_shared<const HostSample>(std::move(sample)));
    return true;
  }

  [[nodiscard]] std::chrono::nanoseconds interval() {
    const std::lock_guard lock(mutex_);
    return interval_;
  }

  bool cannot_start = false;
  std::atomic<int> feeds_started = 0;
  std::atomic<int> feeds = 0;
  std::function<void()> on_feed_end;  ///< called while a feed ends

 private:
  class FakeFeed : public sdk::Feed {
   public:
    FakeFeed(FakeHost& host, std::chrono::nanoseconds interval, sdk::HostAccess::OnSample on_sample)
        : host_(host) {
      const std::lock_guard lock(host_.mutex_);
      host_.on_sample_ = std::move(on_sample);
      host_.interval_ = interval;
      ++host_.feeds_started;
      ++host_.feeds;
    }
    ~FakeFeed() override {
      if (host_.on_feed_end) {
        host_.on_feed_end();
      }
      const std::lock_guard lock(host_.mutex_);
      host_.on_sample_ = nullptr;
      --host_.feeds;
    }
    void set_interval(std::chrono::nanoseconds interval) override {
      const std::lock_guard lock(host_.mutex_);
      host_.interval_ = interval;
    }

   private:
    FakeHost& host_;
  };

  std::mutex mutex_;
  sdk::HostAccess::OnSample on_sample_;
  std::chrono::nanoseconds interval_{};
  std::chrono::steady_clock::time_point now_ = std::chrono::steady_clock::now();
};

/// A sample with one figure of each kind.
inline HostSample sample_with_cpu(double usage_percent) {
  HostSample sample;
  sample.cpu_usage_percent = usage_percent;
  sample.cores.push_back({.id = 0, .usage_percent = usage_percent});
  sample.memory.total_bytes = 1000;
  sample.memory_used_bytes = 250;
  sample.memory_usage_percent = 25;
  sample.gpus.emplace();
  return sample;
}

inline GpuDevice gpu(unsigned index, std::optional<double> utilization,
                     std::optional<double> power = {}) {
  GpuDevice device;
  device.index = index;
  device.uuid = "GPU-" + std::to_string(index);
  device.name = "Card";
  device.utilization_percent = utilization;
  device.power_draw_watts = power;
  device.memory_total_bytes = 1000;
  device.memory_used_bytes = 100;
  return device;
}

}  // namespace wemol::test
