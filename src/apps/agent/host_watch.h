#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "host_source.h"
#include "time_points.h"

namespace wemol::agent {

/// How often the host is sampled, and whether it is.
class HostWatch {
 public:
  /// While somebody looks on, a second at most lies between two samples.
  static constexpr std::chrono::seconds kLiveInterval{1};

  HostWatch(HostSource& host, std::chrono::nanoseconds interval, SteadyTime now)
      : host_(host), interval_(interval), usual_interval_(interval), since_(now) {}

  void set_live(bool is_live, SteadyTime now);
  [[nodiscard]] std::chrono::nanoseconds interval() const { return interval_; }
  /// What is wrong when samples have stayed out, for ten seconds and three intervals.
  [[nodiscard]] std::optional<std::string> problem(SteadyTime now) const;

 private:
  HostSource& host_;
  std::chrono::nanoseconds interval_;
  std::chrono::nanoseconds usual_interval_;
  SteadyTime since_;  ///< when this interval began
};

}  // namespace wemol::agent
