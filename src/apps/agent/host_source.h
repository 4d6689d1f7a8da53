#pragma once

#include <chrono>
#include <memory>

#include <wemol/host_sample.h>

namespace wemol::agent {

/// What the agent serves the figures of.
class HostSource {
 public:
  using Sample = std::shared_ptr<const HostSample>;

  HostSource() = default;
  HostSource(const HostSource&) = delete;
  HostSource& operator=(const HostSource&) = delete;
  virtual ~HostSource() = default;

  /// Null before the first one. Never waits.
  [[nodiscard]] virtual Sample newest() const = 0;
  [[nodiscard]] virtual SystemInfo system_info() const = 0;
  virtual void set_interval(std::chrono::nanoseconds interval) = 0;
};

}  // namespace wemol::agent
