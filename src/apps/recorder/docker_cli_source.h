#pragma once

#include <filesystem>
#include <memory>
#include <utility>

#include <wemol/collected_source.h>

#include "docker_cli_containers.h"
#include "gpu_collector.h"
#include "nvidia_smi_reader.h"

namespace wemol {

/// The collectors of `--source docker-cli`: docker ps, then docker stats beside nvidia-smi and what
/// else the GPU processes need, and last what tells of the ends.
class DockerCliSource : public CollectedSource {
 public:
  /// `root` is where GpuPresence looks.
  DockerCliSource(CommandRunner& runner, const FileReader& files, const Clock& clock,
                  const CollectorSettings& settings, std::filesystem::path root = "/")
      : CollectedSource({&containers_, &gpus_}, {&gpus_, &containers_}),
        containers_(runner, clock, settings.container_prefix),
        gpus_(nvidia_smi_only(runner),
              {.files = files,
               .clock = clock,
               .containers = containers_,
               .fallback = &containers_.owner_fallback(),
               .root = std::move(root)},
              settings) {}

  void set_subscribed(bool is_subscribed) { gpus_.set_subscribed(is_subscribed); }

 private:
  [[nodiscard]] static GpuCollector::Readers nvidia_smi_only(CommandRunner& runner) {
    GpuCollector::Readers readers;
    readers.push_back(std::make_unique<nvidia_smi::NvidiaSmiReader>(runner));
    return readers;
  }

  DockerCliContainers containers_;
  GpuCollector gpus_;
};

}  // namespace wemol
