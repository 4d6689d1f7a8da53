#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include <wemol/source.h>

#include "clock.h"
#include "command_runner.h"
#include "docker_ps.h"
#include "files.h"
#include "gpu_process_owners.h"
#include "nvidia_smi_reader.h"

namespace wemol {

/// Reads the host with the docker and nvidia-smi commands. A round asks `docker ps` first; only
/// when there is a task, one `docker stats` for all containers and, while that runs, nvidia-smi and
/// what else the GPU processes need.
class DockerCliSource : public Source {
 public:
  using IsTask = std::function<bool(std::string_view container_name)>;

  DockerCliSource(CommandRunner& runner, const FileReader& files, const Clock& clock,
                  IsTask is_task);

  [[nodiscard]] std::optional<Facts> collect() override;

 private:
  void read_gpus(const std::vector<docker::ListedContainer>& listed,
                 const std::vector<docker::ListedContainer>& tasks, Facts& facts);

  CommandRunner& runner_;
  const Clock& clock_;
  IsTask is_task_;
  nvidia_smi::NvidiaSmiReader gpu_reader_;
  GpuProcessOwners gpu_process_owners_;
};

}  // namespace wemol
