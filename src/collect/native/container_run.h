#pragma once

#include <chrono>
#include <optional>

#include <wemol/facts.h>

#include "cgroup_counters.h"
#include "clock.h"
#include "files.h"

namespace wemol::native {

/// One run of a container, from the start of its first process to its end: its counters.
class ContainerRun {
 public:
  /// `network` is the net/dev file of one of its processes; absent when the container has no
  /// network that docker would show. `began_at`: when its counters were 0.
  ContainerRun(cgroup::Counters counters, std::optional<PersistentFile> network,
               SteadyTime began_at);

  /// The state now; nothing when its control group is gone.
  [[nodiscard]] std::optional<ContainerStats> read(const Clock& clock);

  struct LastState {
    /// The counters as the end left them. Memory and pids are those of the reading before, when the
    /// container still ran: the end has emptied them. Nothing when nothing is left to record.
    std::optional<ContainerStats> stats;
    /// The control group was gone already: the stats, if any, are those of the reading before.
    bool came_too_late = false;
  };
  /// To be called once, when the first process has ended.
  [[nodiscard]] LastState read_last(const Clock& clock);

  void memory_limit_has_changed() { counters_.limit_has_changed(); }

  /// The last state that read() gave is on record.
  void mark_recorded() { is_recorded_ = true; }

  /// What the kernel keeps over a run's life is read at its end. In case that the end is read too
  /// late it is read meanwhile, too: not older than this, nor than half of the run's life.
  static constexpr auto kLifeReadingLastsFor = std::chrono::seconds(10);

 private:
  [[nodiscard]] bool is_life_reading_due(SteadyTime now) const;
  void read_life(SteadyTime now, ContainerStats& stats);
  void read_network(ContainerStats& stats) const;

  cgroup::Counters counters_;
  std::optional<PersistentFile> network_;
  SteadyTime began_at_;
  cgroup::LifeReading life_;
  std::optional<SteadyTime> life_read_at_;
  std::optional<ContainerStats> last_;
  bool is_recorded_ = false;
};

}  // namespace wemol::native
