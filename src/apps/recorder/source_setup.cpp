#include "source_setup.h"

#include <malloc.h>
#include <sys/resource.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "amd_gpus.h"
#include "blocking_gpus.h"
#include "curl_http_client.h"
#include "docker_cli_source.h"
#include "host_gpus.h"
#include "native_source.h"
#include "nvidia_gpus.h"
#include "nvml_client.h"
#include "ticker.h"

namespace wemol {
namespace {

class DockerCliSetup : public SourceSetup {
 public:
  DockerCliSetup(const Options& options, EventLoop& loop, const FileReader& files,
                 CommandRunner& runner)
      : prefix_(options.container_prefix),
        waits_for_all_(is_too_short(options.interval)),
        source_(runner, files, loop,
                [this](std::string_view name) { return name.starts_with(prefix_); }) {}

  void change(const Options& options) override {
    prefix_ = options.container_prefix;
    waits_for_all_ = is_too_short(options.interval);
  }
  void resume(const std::vector<OpenRun>& open_runs, WallTime ends_stated_until) override {
    source_.resume(open_runs, ends_stated_until);
  }
  [[nodiscard]] std::optional<Facts> collect(SteadyTime due) override {
    return source_.collect(waits_for_all_ ? SteadyTime::max() : due);
  }
  [[nodiscard]] Facts remaining() override { return source_.remaining(); }

 private:
  /// docker stats takes two seconds and more: with shorter intervals no round can be in time.
  static bool is_too_short(std::chrono::nanoseconds interval) {
    return interval < std::chrono::seconds(3);
  }

  std::string prefix_;
  bool waits_for_all_;
  DockerCliSource source_;
};

}  // namespace

std::unique_ptr<SourceSetup> make_source(const Options& options, EventLoop& loop,
                                         const FileReader& files, CommandRunner& runner) {
  if (options.source == SourceKind::native) {
    return make_native_source(options, loop, files, runner);
  }
  return std::make_unique<DockerCliSetup>(options, loop, files, runner);
}

namespace {

using namespace std::chrono_literals;

/// A round waits for the GPUs this long at most, and never for more than a part of its interval.
constexpr std::chrono::nanoseconds kGpuTimeout = 1s;
constexpr int kPartsOfInterval = 4;

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

std::chrono::nanoseconds gpu_timeout(const Options& options) {
  return std::min(kGpuTimeout, options.interval / kPartsOfInterval);
}

/// Time for a thread that does not wait for it.
class PlainClock : public Clock {
 public:
  [[nodiscard]] SteadyTime now() const override { return std::chrono::steady_clock::now(); }
  [[nodiscard]] WallTime wall_now() const override { return std::chrono::system_clock::now(); }
  [[nodiscard]] bool wait_until(SteadyTime due) override { return now() >= due; }
};

/// AMD's GPUs with all that is needed to read them: a read that hangs may outlive everything else.
class OwnAmdGpus : public GpuReader {
 public:
  [[nodiscard]] std::optional<GpuReadings> finish(const GpuReadingsDue& due) override {
    return gpus_.finish(due);
  }

 private:
  SystemFileReader files_;
  PlainClock clock_;
  amd::AmdGpus gpus_{files_, clock_};
};

/// Owns what the source refers to, in the order in which it has to go.
class NativeSetup : public SourceSetup {
 public:
  NativeSetup(const Options& options, EventLoop& loop, const FileReader& files,
              CommandRunner& runner)
      : prefix_(options.container_prefix),
        command_timeout_(options.command_timeout),
        engine_(loop, options.engine_socket, answer_timeout(options)),
        gpus_(make_gpu_readers(options, loop, files, runner), files, loop),
        source_(engine_, loop, files, gpus_,
                {.is_task = [this](std::string_view name) { return name.starts_with(prefix_); },
                 .gpu_timeout = gpu_timeout(options)}) {}

  void resume(const std::vector<OpenRun>& open_runs, WallTime ends_stated_until) override {
    source_.resume(open_runs, ends_stated_until);
  }

  void prepare() override {
    source_.wait_for_list(command_timeout_);
    malloc_trim(0);  // the list's text is large, and there is no second one soon
  }

  void change(const Options& options) override {
    engine_.set_timeout(answer_timeout(options));
    gpus_.set_answer_timeout(answer_timeout(options));
    source_.set_gpu_timeout(gpu_timeout(options));
    if (options.container_prefix != prefix_) {
      prefix_ = options.container_prefix;
      source_.look_for_tasks();
    }
  }

  [[nodiscard]] std::optional<Facts> collect(SteadyTime due) override {
    return source_.collect(due);
  }
  [[nodiscard]] Facts remaining() override { return source_.remaining(); }

 private:
  std::string prefix_;
  std::chrono::nanoseconds command_timeout_;
  CurlHttpClient engine_;
  native::HostGpus gpus_;
  native::NativeSource source_;
};

}  // namespace

std::vector<std::unique_ptr<GpuReader>> make_gpu_readers(const Options& options, EventLoop& loop,
                                                         const FileReader& files,
                                                         CommandRunner& runner) {
  nvml::HelperTiming timing;
  timing.answer = answer_timeout(options);
  auto nvml = std::make_unique<nvml::NvmlClient>(loop, nvml::own_helper_command(), timing);
  std::vector<std::unique_ptr<GpuReader>> readers;
  readers.push_back(std::make_unique<NvidiaGpus>(std::move(nvml), runner, files, loop));
  readers.push_back(
      std::make_unique<BlockingGpus>(std::make_shared<OwnAmdGpus>(), "the driver of the AMD GPUs"));
  return readers;
}

std::uint64_t open_files_at_most() {
  rlimit limit{};
  return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_max : 0;
}

std::unique_ptr<SourceSetup> make_native_source(const Options& options, EventLoop& loop,
                                                const FileReader& files, CommandRunner& runner) {
  raise_open_files_limit();
  return std::make_unique<NativeSetup>(options, loop, files, runner);
}

}  // namespace wemol
