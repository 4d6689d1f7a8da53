#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <wemol/sink.h>
#include <wemol/source.h>

#include "clock.h"
#include "module_catalog.h"
#include "silent_tasks.h"
#include "snapshot_builder.h"

namespace wemol {

/// What one round found, for the log.
struct RoundReport {
  std::size_t containers = 0;
  std::size_t tasks = 0;
  std::size_t samples = 0;
  std::size_t silent_tasks = 0;  ///< that run and have had no valid reading for some rounds
  std::size_t gpu_devices = 0;
  std::size_t gpu_processes = 0;
  Conditions conditions;
};

/// One round: from the source's facts over the model's snapshot to the sinks.
class Round {
 public:
  Round(Source& source, ModuleCatalog& modules, std::vector<std::unique_ptr<Sink>>& sinks,
        std::string container_prefix);

  void set_container_prefix(std::string prefix) { container_prefix_ = std::move(prefix); }

  /// Its readings are waited for until `due`. Nothing when a stop came before they were complete:
  /// then nothing was written.
  [[nodiscard]] std::optional<RoundReport> run(SteadyTime due);

  /// After the last round: what the source still holds, and the sinks' last chance to write what
  /// waits. What is lost they say themselves. Returns the number of samples.
  [[nodiscard]] std::size_t record_remaining();

 private:
  [[nodiscard]] RoundReport record(Facts facts, std::optional<SteadyTime> due);
  using NameOf = std::function<std::string(const std::string& container_id, const Task& task)>;
  [[nodiscard]] Snapshot snapshot_of(Facts& facts, std::optional<SteadyTime> due,
                                     RoundReport& report);
  [[nodiscard]] Snapshot samples_of(Facts& facts, std::optional<SteadyTime> due,
                                    const NameOf& name_of, RoundReport& report);
  [[nodiscard]] Conditions write(Snapshot snapshot);

  Source& source_;
  ModuleCatalog& modules_;
  std::vector<std::unique_ptr<Sink>>& sinks_;
  std::string container_prefix_;
  Rates rates_;
  SilentTasks silent_tasks_;
};

}  // namespace wemol
