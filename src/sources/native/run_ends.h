#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <wemol/facts.h>

#include "clock.h"
#include "engine_messages.h"

namespace wemol::native {

/// Puts together what is known of the end of a run. The kernel tells first that the run is over;
/// the exit code comes with the engine's word a moment later. Of a run that nobody could look at
/// there is the engine's word only.
class RunEnds {
 public:
  /// Runs that went on when a recorder looked last.
  void resume(const std::vector<OpenRun>& runs);

  /// The engine's events, and what it says of a container that runs.
  void started(const engine::Event& event);
  void out_of_memory(const std::string& container_id);
  void died(const engine::Event& event);
  /// Out of memory, in the run that goes on.
  [[nodiscard]] bool was_killed(const std::string& container_id) const {
    return killed_.contains(container_id);
  }
  void runs(const engine::InspectedContainer& container);

  /// The kernel says that the run is over.
  void ended(EndedRun run, SteadyTime now);

  /// Those of the resumed runs of which it is to be asked how they ended, each not too often.
  /// To be called when all that still runs has been handed to runs().
  [[nodiscard]] std::vector<std::string> to_ask(SteadyTime now);
  /// The answer; nothing when the engine does not know the container any more.
  void answered(const std::string& container_id,
                const std::optional<engine::InspectedContainer>& container);

  /// The ends that are complete, and those whose exit code has not come for a while although the
  /// engine answers.
  [[nodiscard]] std::vector<EndedRun> take(SteadyTime now, bool engine_answers);
  /// All that there is.
  [[nodiscard]] std::vector<EndedRun> take_all();

 private:
  struct Waiting {
    EndedRun run;
    SteadyTime since;
  };
  /// The one that has ended then.
  [[nodiscard]] std::optional<EndedRun> take_waiting(const std::string& container_id,
                                                     const std::optional<WallTime>& ended_at);
  struct Start {
    std::optional<WallTime> at;
    std::string name;
  };
  struct Resumed {
    OpenRun run;
    std::optional<SteadyTime> asked_at;
  };

  /// By container id, like all here; each in the order of their ends.
  std::map<std::string, std::vector<Waiting>> waiting_;
  std::map<std::string, Start> starts_;  ///< that the engine has told, of runs not ended
  std::map<std::string, Resumed> resumed_;
  std::set<std::string> killed_;  ///< out of memory, in the run that goes on
  std::vector<EndedRun> complete_;
};

}  // namespace wemol::native
