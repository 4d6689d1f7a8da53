#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <wemol/collector.h>

#include "command_runner.h"
#include "docker_cli_containers.h"
#include "event_loop.h"
#include "files.h"
#include "gpu_collector.h"
#include "gpu_reader.h"
#include "nvidia_smi_reader.h"
#include "options.h"

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
  [[nodiscard]] static GpuReaders::Readers nvidia_smi_only(CommandRunner& runner) {
    GpuReaders::Readers readers;
    readers.push_back(std::make_unique<nvidia_smi::NvidiaSmiReader>(runner));
    return readers;
  }

  DockerCliContainers containers_;
  GpuCollector gpus_;
};

/// The collectors that this program wants, with all that they need.
class SourceSetup : public Source {
 public:
  void resume(const std::vector<OpenRun>& open_runs, WallTime ends_stated_until) override {
    source().resume(open_runs, ends_stated_until);
  }
  [[nodiscard]] std::optional<Facts> collect(SteadyTime due) override {
    return source().collect(due);
  }
  [[nodiscard]] Facts remaining() override { return source().remaining(); }

  /// Waits for what the first round needs, --command-timeout at most.
  virtual void prepare() {}
  /// Between two rounds: takes over those settings that count while it runs.
  virtual void change(const Options& options) = 0;
  /// Whether somebody wants the GPUs' readings also while no task runs.
  virtual void set_subscribed(bool is_subscribed) = 0;

 private:
  [[nodiscard]] virtual CollectedSource& source() = 0;
};

/// The source that the options name.
[[nodiscard]] std::unique_ptr<SourceSetup> make_source(const Options& options, EventLoop& loop,
                                                       const FileReader& files,
                                                       CommandRunner& runner);

/// How the source native reads the GPUs of every maker.
[[nodiscard]] GpuReaders::Readers make_gpu_readers(const Options& options, EventLoop& loop,
                                                   const FileReader& files, CommandRunner& runner);

/// How many files that source may have open: the hard limit, to which it raises the soft one.
[[nodiscard]] std::uint64_t open_files_at_most();

}  // namespace wemol
