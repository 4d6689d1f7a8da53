#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <wemol/facts.h>

#include "time_points.h"

namespace wemol {

/// Follows the runs of containers: which one goes on, and how each has ended. It puts together what
/// the engine tells of starts and ends, what it lists, what an inspection of a container finds, and
/// what the kernel tells of a process. Each of these may be missing, late or told again.
class RunTracker {
 public:
  struct Run {
    std::uint64_t number = 0;  ///< of all runs of all containers
    std::string name;
    std::optional<WallTime> started_at;
    bool oom_killed = false;
  };
  struct Listed {
    std::string id;
    std::string name;
    /// False while the engine restarts it: its run is over, and the next one has not begun.
    bool has_processes = true;
  };
  /// The last run of a container.
  struct Inspected {
    std::string id;
    std::string name;  ///< empty: not told
    bool is_running = false;
    std::optional<WallTime> started_at;
    std::optional<WallTime> finished_at;
    std::optional<std::int64_t> exit_code;
    std::optional<bool> oom_killed;
  };

  /// Runs that went on when a recorder looked last.
  void resume(const std::vector<OpenRun>& runs);

  /// The engine's events.
  void started(const std::string& id, const std::string& name, std::optional<WallTime> at);
  void died(const std::string& id, const std::string& name, std::optional<WallTime> at,
            std::optional<std::int64_t> exit_code);
  void out_of_memory(const std::string& id, std::optional<WallTime> at);

  /// All that run. To be called before the events since, which tell of an end more than a list
  /// does.
  void listed(const std::vector<Listed>& containers);
  /// Those listed of which an inspection has something to tell: all, where the events have not been
  /// told.
  [[nodiscard]] std::vector<std::string> to_inspect(bool has_events) const;
  /// Those to be inspected, each not too often: resumed ones of which nobody knows yet whether they
  /// go on, and those whose end the kernel has told and the engine not.
  [[nodiscard]] std::vector<std::string> to_ask(SteadyTime now);
  void inspected(const Inspected& container);
  /// The engine does not know the container any more.
  void removed(const std::string& id);

  /// Somebody watches the first process of the run that goes on, and will tell of its end. Gives
  /// the run's number.
  std::uint64_t watched(const std::string& id, const std::string& name,
                        std::optional<WallTime> started_at);
  /// The kernel says that it is over. What the engine says of it is waited for.
  void ended(const std::string& id, std::uint64_t number, const std::string& name, WallTime at,
             SteadyTime now);

  /// Whether a run of it goes on, or has ended a moment ago.
  [[nodiscard]] bool knows(const std::string& id) const { return runs_.contains(id); }
  /// The run that goes on; null when none is known.
  [[nodiscard]] const Run* find(const std::string& id) const;
  /// Of a run that is watched, or was until a moment ago.
  [[nodiscard]] const Run* find(const std::string& id, std::uint64_t number) const;
  /// The runs since the last listing that a reading may be of which was taken between these
  /// moments.
  [[nodiscard]] std::vector<Run> possible_runs(const std::string& id, WallTime from,
                                               WallTime until) const;

  /// The ends of which all is known, and those of which the engine has not told for minutes
  /// although it answers.
  [[nodiscard]] std::vector<EndedRun> take(SteadyTime now, bool engine_answers = true);
  /// All that there is.
  [[nodiscard]] std::vector<EndedRun> take_all();

 private:
  enum class State { goes_on, awaits_word, over };
  struct Entry {
    Run run;
    State state = State::goes_on;
    std::optional<WallTime> ended_at;
    SteadyTime since;  ///< awaits the engine's word, or is over and has been taken
    bool is_taken = false;
    bool has_word = false;           ///< the engine has told of the end
    bool is_before_listing = false;  ///< over by then
    bool is_watched = false;
    bool is_resumed = false;  ///< and nobody knows whether it goes on
    std::optional<SteadyTime> asked_at;
    unsigned rounds_missing = 0;  ///< in which it was not listed
  };
  using Entries = std::vector<Entry>;  ///< of one container, in the order of their starts

  [[nodiscard]] Entry* newest(const std::string& id);
  [[nodiscard]] Entry* going_on(const std::string& id);
  [[nodiscard]] static bool is_told_late(const Entry& run, const std::optional<WallTime>& start);
  [[nodiscard]] static Entry* ended_then(Entries& runs, const std::optional<WallTime>& at);
  Entry& begin(const std::string& id, const std::string& name, std::optional<WallTime> started_at);
  void succeed(const std::string& id, Entry& before, std::optional<WallTime> started_at);
  void take_word(const Inspected& container, Entry& entry);
  void complete(const std::string& id, Entry& entry, EndedRun known);
  void complete_waiting(SteadyTime now);
  void forget(SteadyTime taken_before);

  std::unordered_map<std::string, Entries> runs_;  ///< by container id
  std::vector<EndedRun> ended_;
  std::uint64_t count_ = 0;
};

}  // namespace wemol
