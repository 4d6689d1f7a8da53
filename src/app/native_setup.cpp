#include "native_setup.h"

#include <malloc.h>
#include <sys/resource.h>

#include <algorithm>
#include <vector>

#include "amd_gpus.h"
#include "curl_http_client.h"
#include "host_gpus.h"
#include "native_source.h"
#include "nvidia_gpus.h"
#include "nvml_client.h"
#include "ticker.h"

namespace wemol {
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

/// Owns what the source refers to, in the order in which it has to go.
class NativeSetup : public Source {
 public:
  NativeSetup(const Options& options, EventLoop& loop, const FileReader& files,
              CommandRunner& runner)
      : engine_(loop, options.engine_socket,
                std::chrono::ceil<std::chrono::milliseconds>(options.command_timeout)),
        gpus_(make_gpu_readers(options, loop, files, runner), files),
        source_(engine_, loop, files, gpus_,
                {.is_task = [prefix = options.container_prefix](
                                std::string_view name) { return name.starts_with(prefix); },
                 .gpu_timeout = std::min(kGpuTimeout, options.interval / kPartsOfInterval)}) {
    source_.wait_for_list(options.command_timeout);
    malloc_trim(0);  // the list's text is large, and there is no second one soon
  }

  [[nodiscard]] std::optional<Facts> collect() override { return source_.collect(); }
  [[nodiscard]] Facts remaining() override { return source_.remaining(); }

 private:
  CurlHttpClient engine_;
  native::HostGpus gpus_;
  native::NativeSource source_;
};

}  // namespace

std::vector<std::unique_ptr<GpuReader>> make_gpu_readers(const Options& options, EventLoop& loop,
                                                         const FileReader& files,
                                                         CommandRunner& runner) {
  nvml::HelperTiming timing;
  timing.answer = std::chrono::ceil<std::chrono::milliseconds>(options.command_timeout);
  auto nvml = std::make_unique<nvml::NvmlClient>(loop, nvml::own_helper_command(), timing);
  std::vector<std::unique_ptr<GpuReader>> readers;
  readers.push_back(std::make_unique<NvidiaGpus>(std::move(nvml), runner, files, loop,
                                                 time_to_read(options.interval)));
  readers.push_back(std::make_unique<amd::AmdGpus>(files, loop));
  return readers;
}

std::uint64_t open_files_at_most() {
  rlimit limit{};
  return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_max : 0;
}

std::unique_ptr<Source> make_native_source(const Options& options, EventLoop& loop,
                                           const FileReader& files, CommandRunner& runner) {
  raise_open_files_limit();
  return std::make_unique<NativeSetup>(options, loop, files, runner);
}

}  // namespace wemol
