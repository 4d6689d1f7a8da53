#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <wemol/condition.h>
#include <wemol/result.h>

#include "files.h"
#include "time_points.h"

namespace wemol {

/// What a collector of containers tells the others in the round that goes on.
class TaskContainers {
 public:
  TaskContainers() = default;
  TaskContainers(const TaskContainers&) = delete;
  TaskContainers& operator=(const TaskContainers&) = delete;
  virtual ~TaskContainers() = default;

  [[nodiscard]] virtual bool is_known(std::string_view container_id) const = 0;
  [[nodiscard]] virtual bool is_task(std::string_view container_id) const = 0;
  /// How many tasks run that are worth a look at what they use.
  [[nodiscard]] virtual std::size_t tasks() const = 0;
  /// How many tasks have appeared so far.
  [[nodiscard]] virtual std::uint64_t tasks_seen() const = 0;
};

/// The text of /proc/<pid>/cgroup.
[[nodiscard]] Result<std::string> cgroup_text_of(const FileReader& files, std::uint64_t pid);

/// When the process started, in ticks since the boot. With its pid it names the process for good:
/// a pid alone is used again. Nothing when there is no such process.
[[nodiscard]] std::optional<std::uint64_t> start_ticks_of(const FileReader& files,
                                                          std::uint64_t pid);

/// The start time in the text of /proc/<pid>/stat; nothing when it has none.
[[nodiscard]] std::optional<std::uint64_t> start_ticks_in(std::string_view stat_text);

/// Tells whether an id (64 hexadecimal digits) is a container that the engine knows.
using IsKnownContainer = std::function<bool(std::string_view id)>;

/// The container in whose control group a process is, from the text of /proc/<pid>/cgroup. A path
/// may hold several ids (an engine inside a container, a monitor): the deepest known one counts.
/// Understands control groups v1, v2 and both mixed, and every naming of the paths in which the
/// id stands as a run of exactly 64 hexadecimal digits.
[[nodiscard]] std::optional<std::string> container_in_cgroup(std::string_view cgroup_text,
                                                             const IsKnownContainer& is_known);

/// Container ids by pid.
using ContainerByPid = std::unordered_map<std::uint64_t, std::string>;

/// Names the containers of processes whose control group does not tell.
class OwnerFallback {
 public:
  OwnerFallback() = default;
  OwnerFallback(const OwnerFallback&) = delete;
  OwnerFallback& operator=(const OwnerFallback&) = delete;
  virtual ~OwnerFallback() = default;

  /// Adds all processes of its containers to `found`; waits until `due` at most. True when the
  /// answer is complete: a process that is not in it runs in none of them.
  [[nodiscard]] virtual bool ask(SteadyTime due, ContainerByPid& found, Conditions& conditions) = 0;
  /// Rises with every new container. Until then there is no point in asking again for a process
  /// that a complete answer lacked.
  [[nodiscard]] virtual std::uint64_t generation() const = 0;
};

/// Finds the containers of processes, by their control groups first. That costs one small file for
/// a process whose container is known from the last call, and three for any other.
class ProcessAttributor {
 public:
  /// What one call goes by.
  struct Question {
    IsKnownContainer is_known;
    /// boot_ticks_now() when the list of the processes was asked for. A process that started later
    /// is not the listed one: its pid was used again, and its control group does not count.
    std::uint64_t listed_at_ticks = 0;
    SteadyTime due;  ///< for the fallback
  };
  struct Owner {
    std::optional<std::string> container_id;
    /// It may run in any container: the fallback has not answered.
    bool is_unknown = false;
  };

  /// Without a fallback, a process whose control group names no known container has none.
  explicit ProcessAttributor(const FileReader& files, OwnerFallback* fallback = nullptr);

  /// By pid. A pid may be listed more than once.
  [[nodiscard]] std::unordered_map<std::uint64_t, Owner> owners_of(
      const std::vector<std::uint64_t>& pids, const Question& question, Conditions& conditions);

 private:
  struct Known {
    std::uint64_t start_ticks = 0;
    std::string container_id;
  };
  using StartTicksByPid = std::map<std::uint64_t, std::optional<std::uint64_t>>;

  [[nodiscard]] std::optional<std::string> container_by_cgroup(
      std::uint64_t pid, std::optional<std::uint64_t> start_ticks, const Question& question) const;
  [[nodiscard]] ContainerByPid ask_fallback(StartTicksByPid unresolved, SteadyTime due,
                                            Conditions& conditions);

  const FileReader& files_;
  OwnerFallback* fallback_;
  /// By pid, of the last call, by their control groups. Processes without a container are left out
  /// and looked at again: their container may be known by then.
  std::unordered_map<std::uint64_t, Known> known_;
  /// Those that a complete answer of the fallback lacked, at `foreign_generation_`.
  StartTicksByPid foreign_;
  std::uint64_t foreign_generation_ = 0;
};

}  // namespace wemol
