#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <wemol/collector.h>

#include "container_watch.h"
#include "event_loop.h"
#include "files.h"
#include "http_client.h"
#include "process_attributor.h"
#include "run_notices.h"
#include "run_opener.h"
#include "run_tracker.h"

namespace wemol::native {

/// Reads the kernel's counters of every task container by itself. The engine only says which
/// containers there are. The end of a container is noticed as it happens, and its last state is
/// read while the kernel still has it.
class NativeContainers : public Collector, public TaskContainers {
 public:
  NativeContainers(HttpClient& engine, EventLoop& loop, const FileReader& files,
                   std::string container_prefix);
  ~NativeContainers() override;

  void resume(const std::vector<OpenRun>& open_runs, WallTime ends_stated_until) override;
  /// Connects to the engine. Waits until the containers that run now are known, or the engine
  /// cannot be reached. Before the first round, so that it is as short as any other.
  void wait_for_list(std::chrono::nanoseconds timeout);
  /// With another prefix the engine is asked again for what runs.
  void reconfigure(const CollectorSettings& settings) override;

  [[nodiscard]] bool start(SteadyTime due, Facts& facts) override;
  [[nodiscard]] bool collect(SteadyTime due, Facts& facts) override;
  /// The last states of the tasks that have ended since.
  void add_remaining(Facts& facts) override;

  [[nodiscard]] bool is_known(std::string_view container_id) const override {
    return watch_.known().contains(container_id);
  }
  [[nodiscard]] bool is_task(std::string_view container_id) const override {
    return runs_.contains(container_id);
  }
  [[nodiscard]] std::size_t tasks() const override { return runs_.size(); }
  [[nodiscard]] std::uint64_t tasks_seen() const override { return runs_seen_; }

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
  void note_update(const std::string& container_id);
  [[nodiscard]] const std::string& name_of(const TrackedRun& tracked) const;
  [[nodiscard]] Container container_of(const TrackedRun& tracked, const std::string& name,
                                       std::optional<ContainerStats> stats) const;

  void add_last_readings(Facts& facts);
  void add_ended_runs(Facts& facts);
  void add_containers(Facts& facts);
  void add_conditions(Facts& facts);

  EventLoop& loop_;
  std::string container_prefix_;
  RunOpener opener_;
  std::map<std::string, std::unique_ptr<TrackedRun>, std::less<>> runs_;  ///< by container id
  std::uint64_t runs_seen_ = 0;
  std::vector<Container> ended_;  ///< since the last round
  RunTracker tracker_;
  std::optional<WallTime> events_since_;
  std::set<std::string> tracked_early_;  ///< and not inspected yet
  UnreadableContainers unreadable_;
  EndNotices notices_;
  engine::ContainerWatch watch_;
};

}  // namespace wemol::native
