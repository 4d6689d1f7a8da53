#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <wemol/facts.h>

namespace wemol {

/// The identity that the platform put into the container's name. Ids are text: "007" is not "7".
struct Task {
  std::string type;  ///< "gpu", "af2_v2", …; may be empty
  std::string task_id;
  std::string job_id;

  friend bool operator==(const Task&, const Task&) = default;
};

/// One GPU that a task's processes use.
struct GpuUse {
  std::string uuid;
  /// Absent when the process list names a GPU that the device list lacks.
  std::optional<GpuDevice> device;
  /// What the task's own processes hold on it; absent when the driver gave it for none of them.
  std::optional<std::uint64_t> task_memory_used_bytes;
  /// The share of its SM time that the task's own processes had, where the driver tells.
  std::optional<double> task_sm_utilization_percent;
};

/// The module's name when the task.json did not give it.
inline constexpr std::string_view kUnknownModule = "Unknown";

/// One task container in one round, with a valid reading. A container that was restarted since the
/// last round has two samples, and so on.
struct TaskSample {
  Task task;
  std::string container_id;
  std::string container_name;
  std::string module_name;  ///< or kUnknownModule
  ContainerStats stats;
  bool ended = false;     ///< this is the last sample of this run of the container
  std::uint64_t run = 0;  ///< tells the runs of one container apart
  std::optional<std::chrono::system_clock::time_point> started_at;
  bool oom_killed = false;  ///< a process of this run, so far
  /// In ascending GPU index, devices that are unknown last. Absent when the GPU tools could not
  /// be read in this round; empty when the task uses no GPU.
  std::optional<std::vector<GpuUse>> gpus;
};

/// A run of a task's container that is over, and of which no sample follows.
struct EndedTaskRun {
  Task task;
  std::string module_name;
  EndedRun run;
};

/// Everything that one round found out. Made once, then only read.
struct Snapshot {
  std::vector<TaskSample> samples;
  std::vector<EndedTaskRun> ended_runs;
  std::optional<std::chrono::system_clock::time_point> ends_stated_until;  ///< see Facts
  std::vector<GpuDevice> gpu_devices;
  bool are_tasks_known = true;  ///< false: the containers could not be listed
};

}  // namespace wemol
