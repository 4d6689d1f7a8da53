#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <wemol/source.h>

#include "clock.h"
#include "command_runner.h"
#include "docker_commands.h"
#include "docker_top.h"
#include "engine_messages.h"
#include "files.h"
#include "gpu_presence.h"
#include "nvidia_smi_reader.h"
#include "process_attributor.h"
#include "run_tracker.h"

namespace wemol {

/// Reads the host with the docker and nvidia-smi commands. A round asks `docker ps` first; only
/// when there is a task, one `docker stats` for all containers and, while that runs, nvidia-smi and
/// what else the GPU processes need. `docker events` comes last, to know of every start and end
/// until the readings were complete, and `docker inspect` for what the events have not told.
///
/// A command that has not answered by the end of the round runs on, and its readings are part of
/// the facts of that later round in which it answers. Until then the facts lack them.
class DockerCliSource : public Source {
 public:
  using IsTask = std::function<bool(std::string_view container_name)>;

  /// `root` is where GpuPresence looks.
  DockerCliSource(CommandRunner& runner, const FileReader& files, const Clock& clock,
                  IsTask is_task, const std::filesystem::path& root = "/");

  void resume(const std::vector<OpenRun>& open_runs, WallTime ends_stated_until) override;
  /// `due` SteadyTime::max(): waits until the commands have ended.
  [[nodiscard]] std::optional<Facts> collect(SteadyTime due) override;
  /// Waits for the readings that the last round did not wait for.
  [[nodiscard]] Facts remaining() override;

 private:
  /// Takes the list, and starts docker stats when there is a task. False when a stop was requested.
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
  void read_gpus(SteadyTime due, Facts& facts);
  void finish_stats(const CommandOutcome& outcome, Facts& facts);
  [[nodiscard]] std::vector<docker::ListedContainer> listed_tasks() const;

  const Clock& clock_;
  IsTask is_task_;
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
  nvidia_smi::NvidiaSmiReader gpu_reader_;
  GpuPresence gpu_presence_;
  DockerTop docker_top_;
  ProcessAttributor attributor_;
};

}  // namespace wemol
