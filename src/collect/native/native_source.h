#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <wemol/source.h>

#include "container_watch.h"
#include "event_loop.h"
#include "files.h"
#include "host_gpus.h"
#include "http_client.h"
#include "run_notices.h"
#include "run_opener.h"
#include "run_tracker.h"

namespace wemol::native {

/// Reads the kernel's counters of every task container by itself. The engine only says which
/// containers there are. The end of a container is noticed as it happens, and its last state is
/// read while the kernel still has it.
class NativeSource : public Source {
 public:
  struct Settings {
    std::function<bool(std::string_view container_name)> is_task;
    /// How long a round waits for the GPUs.
    std::chrono::nanoseconds gpu_timeout{};
  };

  NativeSource(HttpClient& engine, EventLoop& loop, const FileReader& files, HostGpus& gpus,
               Settings settings);
  ~NativeSource() override;

  void resume(const std::vector<OpenRun>& open_runs, WallTime ends_stated_until) override;
  /// Connects to the engine. Waits until the containers that run now are known, or the engine
  /// cannot be reached. Before the first round, so that it is as short as any other.
  void wait_for_list(std::chrono::nanoseconds timeout);

  void set_gpu_timeout(std::chrono::nanoseconds timeout) { settings_.gpu_timeout = timeout; }
  /// What is a task has changed: asks the engine for those that run.
  void look_for_tasks() { watch_.list_again(); }

  [[nodiscard]] std::optional<Facts> collect(SteadyTime due) override;
  /// The last states of the tasks that have ended since.
  [[nodiscard]] Facts remaining() override;

 private:
  struct TrackedRun;
  void track_early(const engine::Event& start);
  void track(const engine::InspectedContainer& container);
  /// False when the container is gone already.
  bool try_to_track(const engine::InspectedContainer& container);
  [[nodiscard]] bool follows(const std::string& container_id) const;
  void retry_those_without_descriptors();
  [[nodiscard]] bool watch_end(TrackedRun& tracked);
  void read_early(TrackedRun& tracked);
  void end(const std::string& container_id);
  void take_death(const engine::Event& event);
  void note_missed(const std::string& container_id, const std::string& name);
  void note_out_of_memory(const std::string& container_id);
  [[nodiscard]] const std::string& name_of(const TrackedRun& tracked) const;
  [[nodiscard]] Container container_of(const TrackedRun& tracked,
                                       std::optional<ContainerStats> stats) const;

  void add_last_readings(Facts& facts);
  void add_ended_runs(Facts& facts);
  void add_containers(Facts& facts);
  void add_conditions(Facts& facts);

  EventLoop& loop_;
  HostGpus& gpus_;
  Settings settings_;
  RunOpener opener_;
  std::map<std::string, std::unique_ptr<TrackedRun>, std::less<>> runs_;  ///< by container id
  std::size_t new_runs_ = 0;                                              ///< since the last round
  std::vector<Container> ended_;                                          ///< since the last round
  RunTracker tracker_;
  std::optional<WallTime> events_since_;
  std::set<std::string> tracked_early_;  ///< and not inspected yet
  UnreadableContainers unreadable_;
  EndNotices notices_;
  engine::ContainerWatch watch_;
};

}  // namespace wemol::native
