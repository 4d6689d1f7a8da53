#include "host_access.h"

#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sampler_thread.h"
#include "system_info.h"

namespace wemol::sdk {
namespace {

std::vector<std::string> helper_command() {
  const char* const named = std::getenv("WEMOL_NVML_HELPER");
  std::string helper = named != nullptr ? named : WEMOL_NVML_HELPER_PATH;
  // Without it GPUs are read by nvidia-smi, where there is one.
  if (helper.empty() || access(helper.c_str(), X_OK) != 0) {
    return {};
  }
  return {std::move(helper)};
}

class SamplerFeed : public Feed {
 public:
  SamplerFeed(SamplerSettings settings, SamplerThread::Listener listener)
      : sampler_(std::move(settings), std::move(listener)) {}
  void set_interval(std::chrono::nanoseconds interval) override { sampler_.set_interval(interval); }

 private:
  SamplerThread sampler_;
};

}  // namespace

HostAccess real_host_access() {
  return {.start_feed = [helper = helper_command()](
                            std::chrono::nanoseconds interval,
                            HostAccess::OnSample on_sample) -> std::unique_ptr<Feed> {
            return std::make_unique<SamplerFeed>(SamplerSettings{.interval = interval,
                                                                 .processes = ProcessScope::all,
                                                                 .nvml_helper_command = helper},
                                                 std::move(on_sample));
          },
          .read_system_info = [] { return host::read_system_info("/"); }};
}

}  // namespace wemol::sdk
