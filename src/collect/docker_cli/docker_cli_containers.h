#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <wemol/collector.h>

#include "clock.h"
#include "command_runner.h"
#include "docker_commands.h"
#include "docker_top.h"
#include "engine_messages.h"
#include "process_attributor.h"
#include "run_tracker.h"

namespace wemol {

/// Reads the containers with the docker commands. A round asks `docker ps` first; only when there
/// is a task, one `docker stats` for all containers, which runs while others read what they read.
/// `docker events` comes last, to know of every start and end until the readings were complete, and
/// `docker inspect` for what the events have not told.
///
/// A command that has not answered by the end of the round runs on, and its readings are part of
/// the facts of that later round in which it answers. Until then the facts lack them.
class DockerCliContainers : public Collector, public TaskContainers {
 public:
  DockerCliContainers(CommandRunner& runner, const Clock& clock, std::string container_prefix);

  void reconfigure(const CollectorSettings& settings) override {
    container_prefix_ = settings.container_prefix;
  }
  void resume(const std::vector<OpenRun>& open_runs, WallTime ends_stated_until) override;
  /// Takes the list, and starts docker stats when there is a task.
  [[nodiscard]] bool start(SteadyTime due, Facts& facts) override;
  /// `due` SteadyTime::max(): waits until the commands have ended.
  [[nodiscard]] bool collect(SteadyTime due, Facts& facts) override;
  [[nodiscard]] bool is_late() const override { return ps_.is_running() || stats_.is_running(); }
  void add_remaining(Facts& facts) override;

  [[nodiscard]] bool is_known(std::string_view container_id) const override;
  [[nodiscard]] bool is_task(std::string_view container_id) const override;
  /// None in a round that lacks the list.
  [[nodiscard]] std::size_t tasks() const override;
  [[nodiscard]] std::uint64_t tasks_seen() const override { return docker_top_.generation(); }
  /// For processes whose control group does not tell their container.
  [[nodiscard]] OwnerFallback& owner_fallback() { return docker_top_; }

 private:
  [[nodiscard]] bool is_task_name(std::string_view name) const {
    return name.starts_with(container_prefix_);
  }
  /// False when a stop was requested.
  [[nodiscard]] bool list(SteadyTime due, Facts& facts);
  void begin_stats(const CommandOutcome& ps, Facts& facts);
  void ask_for_events();
  /// States which runs have ended, and to which ones the readings belong.
  void follow_runs(SteadyTime due, Facts& facts);
  /// Why there are none up to now.
  [[nodiscard]] std::optional<Condition> take_events(SteadyTime due);
  void follow(const engine::Event& event);
  void inspect(SteadyTime due, bool has_events);
  void take_inspections(const std::vector<docker::InspectedRun>& found);
  void name_runs(std::vector<Container>& containers);
  void finish_stats(const CommandOutcome& outcome, Facts& facts);
  [[nodiscard]] std::vector<docker::ListedContainer> listed_tasks() const;

  const Clock& clock_;
  std::string container_prefix_;
  RecurringCommand ps_;
  RecurringCommand stats_;
  Moment stats_asked_at_;
  std::chrono::nanoseconds stats_took_{};
  RecurringCommand events_;
  WallTime events_taken_until_;
  WallTime events_asked_until_;
  RecurringCommand inspect_;
  std::vector<std::string> inspected_ids_;
  RunTracker runs_;
  std::vector<docker::ListedContainer> listed_;  ///< when docker stats was started
  DockerTop docker_top_;
};

}  // namespace wemol
