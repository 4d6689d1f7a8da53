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

SamplerSettings settings_of_this_process() {
  SamplerSettings settings{.processes = ProcessScope::figures};
  // Not in a program that has more rights than its caller.
  const char* const named = secure_getenv("WEMOL_NVML_HELPER");
  settings.asks_drivers_without_gpu = named != nullptr;
  std::string helper = named != nullptr ? named : WEMOL_NVML_HELPER_PATH;
  // Without it GPUs are read by nvidia-smi, where there is one.
  if (!helper.empty() && access(helper.c_str(), X_OK) == 0) {
    settings.nvml_helper_command.push_back(std::move(helper));
  }
  return settings;
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
  return {.start_feed = [settings = settings_of_this_process()](
                            std::chrono::nanoseconds interval,
                            HostAccess::OnSample on_sample) -> std::unique_ptr<Feed> {
            SamplerSettings own = settings;
            own.interval = interval;
            return std::make_unique<SamplerFeed>(std::move(own), std::move(on_sample));
          },
          .read_system_info = [] { return host::read_system_info("/"); }};
}

}  // namespace wemol::sdk
