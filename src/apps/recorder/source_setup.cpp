#include "source_setup.h"

#include <malloc.h>
#include <sys/resource.h>

#include <optional>
#include <vector>

#include "engine_client.h"
#include "gpu_collector.h"
#include "native_containers.h"
#include "nvml_client.h"
#include "unix_http_client.h"

namespace wemol {
namespace {

using namespace std::chrono_literals;

CollectorSettings settings_of(const Options& options) {
  return {.container_prefix = options.container_prefix,
          .interval = options.interval,
          .command_timeout = options.command_timeout};
}

class DockerCliSetup : public SourceSetup {
 public:
  DockerCliSetup(const Options& options, EventLoop& loop, const FileReader& files,
                 CommandRunner& runner)
      : waits_for_all_(is_too_short(options.interval)),
        source_(runner, files, loop, settings_of(options)) {}

  void change(const Options& options) override {
    waits_for_all_ = is_too_short(options.interval);
    source_.reconfigure(settings_of(options));
  }
  void set_subscribed(bool is_subscribed) override { source_.set_subscribed(is_subscribed); }
  [[nodiscard]] std::optional<Facts> collect(SteadyTime due) override {
    return source_.collect(waits_for_all_ ? SteadyTime::max() : due);
  }

 private:
  /// docker stats takes two seconds and more: with shorter intervals no round can be in time.
  static bool is_too_short(std::chrono::nanoseconds interval) { return interval < 3s; }

  [[nodiscard]] CollectedSource& source() override { return source_; }

  bool waits_for_all_;
  DockerCliSource source_;
};

/// Each container takes eight descriptors, and the usual soft limit is 1024.
void raise_open_files_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
}

std::chrono::milliseconds answer_timeout(const Options& options) {
  return std::chrono::ceil<std::chrono::milliseconds>(options.command_timeout);
}

/// The kernel's counters, read while the GPUs' drivers answer.
class NativeSetup : public SourceSetup {
 public:
  NativeSetup(const Options& options, EventLoop& loop, const FileReader& files,
              CommandRunner& runner)
      : command_timeout_(options.command_timeout),
        socket_(loop, options.engine_socket, answer_timeout(options)),
        containers_(engine_, loop, files, options.container_prefix),
        gpus_(make_gpu_readers(options, loop, files, runner),
              {.files = files, .clock = loop, .containers = containers_}, settings_of(options)) {}

  void prepare() override {
    containers_.wait_for_list(command_timeout_);
    malloc_trim(0);  // the list's text is large, and there is no second one soon
  }

  void change(const Options& options) override {
    socket_.set_timeout(answer_timeout(options));
    source_.reconfigure(settings_of(options));
  }
  void set_subscribed(bool is_subscribed) override { gpus_.set_subscribed(is_subscribed); }

 private:
  [[nodiscard]] CollectedSource& source() override { return source_; }

  std::chrono::nanoseconds command_timeout_;
  UnixHttpClient socket_;
  engine::EngineClient engine_{socket_};
  native::NativeContainers containers_;
  GpuCollector gpus_;
  CollectedSource source_{{&containers_, &gpus_}, {&containers_, &gpus_}};
};

}  // namespace

GpuReaders::Readers make_gpu_readers(const Options& options, EventLoop& loop,
                                     const FileReader& files, CommandRunner& runner) {
  return make_gpu_readers(
      loop, files, runner,
      {.helper_command = nvml::own_helper_command(), .answer_timeout = answer_timeout(options)});
}

std::uint64_t open_files_at_most() {
  rlimit limit{};
  return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_max : 0;
}

std::unique_ptr<SourceSetup> make_source(const Options& options, EventLoop& loop,
                                         const FileReader& files, CommandRunner& runner) {
  if (options.source == SourceKind::docker_cli) {
    return std::make_unique<DockerCliSetup>(options, loop, files, runner);
  }
  raise_open_files_limit();
  return std::make_unique<NativeSetup>(options, loop, files, runner);
}

}  // namespace wemol
