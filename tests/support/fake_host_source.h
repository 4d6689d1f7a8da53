#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "host_source.h"
#include "task_source.h"
#include "time_points.h"

namespace wemol::test {

/// A host whose samples the test makes.
class FakeHostSource : public agent::HostSource {
 public:
  Sample sample;  ///< null: none yet
  SystemInfo info{.platform = "Linux-6.1",
                  .architecture = "x86_64",
                  .cpu_model = "Example CPU",
                  .cpu_cores = 4,
                  .cpu_threads = 8,
                  .memory_total_bytes = 1000,
                  .hostname = "gpu-host-1",
                  .ip_address = "192.0.2.7"};
  std::vector<std::chrono::nanoseconds> intervals;  ///< that were asked for

  [[nodiscard]] Sample newest() const override { return sample; }
  [[nodiscard]] SystemInfo system_info() const override { return info; }
  void set_interval(std::chrono::nanoseconds interval) override { intervals.push_back(interval); }

  void take_sample(HostSample made, SteadyTime measured_at, WallTime read_at) {
    made.measured_at = measured_at;
    made.read_at = read_at;
    sample = std::make_shared<const HostSample>(std::move(made));
  }
};

class FakeTaskSource : public TaskSource {
 public:
  std::optional<PublishedTasks> tasks;
  std::string why = "the recorder is away";

  [[nodiscard]] const std::optional<PublishedTasks>& newest() const override { return tasks; }
  [[nodiscard]] const std::string& problem() const override { return why; }
};

}  // namespace wemol::test
