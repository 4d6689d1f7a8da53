#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <wemol/facts.h>

#include "docker_inspect.h"
#include "docker_ps.h"
#include "engine_messages.h"

namespace wemol {

/// Follows the runs of the wanted containers, from what docker lists and tells of starts and ends.
/// Where it has told nothing of an end (the engine remembers its last 256 events only, and a
/// command may fail) the containers that are not listed any more are to be inspected.
class ContainerLives {
 public:
  struct Life {
    std::string name;
    std::uint64_t run = 0;
    std::optional<WallTime> started_at;
    bool oom_killed = false;
  };

  /// Runs that went on when a recorder looked last.
  void resume(const std::vector<OpenRun>& runs);

  /// All of wanted containers, in the order of a round: what was listed, then the events.
  void take_listing(const std::vector<docker::ListedContainer>& listed);
  void take_event(const engine::Event& event);

  /// Those of which an inspection has something to tell; all that were listed where the events have
  /// not.
  [[nodiscard]] std::vector<std::string> to_inspect(bool has_events = true) const;
  /// `found` of those that were `asked` for; the others have been removed.
  void take_inspected(const std::vector<std::string>& asked,
                      const std::vector<docker::InspectedRun>& found);

  /// The run that goes on; null when none is known.
  [[nodiscard]] const Life* find(const std::string& container_id) const;
  /// The runs since the last listing that a reading may be of which was taken between these
  /// moments.
  [[nodiscard]] std::vector<Life> possible_runs(const std::string& container_id, WallTime from,
                                                WallTime until) const;

  /// What has ended since the last call.
  [[nodiscard]] std::vector<EndedRun> take_ended();

 private:
  struct Entry {
    Life life;
    unsigned rounds_missing = 0;  ///< in which it was not listed
  };
  using Entries = std::map<std::string, Entry>;
  struct Past {
    Life life;
    std::optional<WallTime> ended_at;
  };

  void begin(const std::string& id, const std::string& name, std::optional<WallTime> started_at);
  void end(const std::string& id, EndedRun known);
  void take_present(const std::string& id, const docker::InspectedRun& inspected);

  Entries entries_;                                ///< by container id
  std::map<std::string, std::vector<Past>> over_;  ///< since the last listing, by container id
  std::vector<EndedRun> ended_;
  std::uint64_t runs_ = 0;
};

}  // namespace wemol
