#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <wemol/facts.h>

#include "command_runner.h"
#include "docker_commands.h"
#include "files.h"

namespace wemol {

/// Finds out which GPU process runs in which container. The control group of the process tells,
/// at the price of one small file. Only for a process of which it does not tell (it is gone, or
/// its pid is not one of ours) `docker top` is asked for the task containers, a few at once.
class GpuProcessOwners {
 public:
  GpuProcessOwners(CommandRunner& runner, const FileReader& files);

  /// Sets `container_id` of the processes that run in one of `listed`. `tasks` are those of
  /// `listed` that docker top is worth asking for; it is waited for until `due` at most.
  void attribute(std::vector<GpuProcess>& processes,
                 const std::vector<docker::ListedContainer>& listed,
                 const std::vector<docker::ListedContainer>& tasks, SteadyTime due,
                 Conditions& conditions);

 private:
  using OwnerByPid = std::map<std::uint64_t, std::string>;
  using StartTicksByPid = std::map<std::uint64_t, std::optional<std::uint64_t>>;

  /// True when `docker top` answered for every container that still lives.
  bool ask_docker_top(const std::vector<docker::ListedContainer>& tasks, SteadyTime due,
                      OwnerByPid& owners, Conditions& conditions);
  void note_task_ids(const std::vector<docker::ListedContainer>& tasks);

  CommandRunner& runner_;
  const FileReader& files_;
  std::set<std::string> task_ids_;
  /// Processes that docker top named for no task. Asking again is in vain until there is another
  /// task.
  StartTicksByPid foreign_;
};

}  // namespace wemol
