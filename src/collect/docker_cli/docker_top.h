#pragma once

#include <cstdint>
#include <vector>

#include "command_runner.h"
#include "docker_commands.h"
#include "process_attributor.h"

namespace wemol {

/// Asks `docker top` for the processes of the task containers, a few at once: for those that are
/// gone, or whose pid is not one of ours.
class DockerTop : public OwnerFallback {
 public:
  explicit DockerTop(CommandRunner& runner) : runner_(runner) {}

  /// The containers that are worth asking for.
  void set_tasks(std::vector<docker::ListedContainer> tasks);

  /// Complete when `docker top` answered for every container that still lives.
  [[nodiscard]] bool ask(SteadyTime due, ContainerByPid& found, Conditions& conditions) override;
  /// How many tasks there have been.
  [[nodiscard]] std::uint64_t generation() const override { return generation_; }

 private:
  CommandRunner& runner_;
  std::vector<docker::ListedContainer> tasks_;
  std::uint64_t generation_ = 0;
};

}  // namespace wemol
