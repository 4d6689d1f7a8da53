#include "card_readers.h"

#include <algorithm>
#include <utility>

#include "gpu_readers.h"
#include "nvidia_smi_reader.h"
#include "nvml_client.h"

namespace wemol::queue {

/// Through NVML, and with nvidia-smi where that is missing.
class CardReaders::Nvidia {
 public:
  Nvidia(EventLoop& loop, CommandRunner& runner, std::vector<std::string> helper_command,
         std::chrono::milliseconds answer_timeout)
      : nvidia_smi_(runner, nvidia_smi::memory_columns()) {
    if (!helper_command.empty()) {
      // A question is asked when the one before has been answered or given up, however old that is.
      nvml_ = std::make_unique<nvml::NvmlClient>(
          loop, std::move(helper_command),
          nvml::HelperTiming{.answer = answer_timeout, .fresh = answer_timeout},
          nvml::Detail::instances);
    }
  }

  void begin() {
    if (nvml_) {
      nvml_->begin();
    }
  }

  /// Nothing where there is neither NVML nor nvidia-smi.
  std::optional<GpuReadings> finish(SteadyTime due) {
    if (nvml_) {
      if (auto readings = nvml_->finish({.driver = due, .command = due})) {
        return readings;
      }
    }
    GpuReadings readings = nvidia_smi_.read(due);
    const bool is_missing = std::ranges::any_of(
        readings.conditions,
        [](const Condition& condition) { return condition.key == nvidia_smi::kMissing; });
    return is_missing ? std::nullopt : std::optional(std::move(readings));
  }

  void let_go() {
    if (nvml_) {
      nvml_->let_go();
    }
  }

 private:
  std::unique_ptr<nvml::NvmlClient> nvml_;
  nvidia_smi::NvidiaSmiReader nvidia_smi_;
};

CardReaders::CardReaders(EventLoop& loop, CommandRunner& runner,
                         std::vector<std::string> nvml_helper_command,
                         std::chrono::milliseconds answer_timeout,
                         const std::filesystem::path& root)
    : nvidia_(
          std::make_unique<Nvidia>(loop, runner, std::move(nvml_helper_command), answer_timeout)),
      amd_(make_amd_reader(root)) {}
CardReaders::~CardReaders() = default;

GpuReadings CardReaders::read(SteadyTime due) {
  nvidia_->begin();
  amd_->begin();
  auto nvidia = nvidia_->finish(due);
  auto amd = amd_->finish({.driver = due, .command = due});
  // A host with cards of the one maker need not have the other's tools.
  if (nvidia && amd && amd->devices && !amd->devices->empty() && nvidia->finds_none) {
    nvidia.reset();
  }
  GpuReadings all;
  all.devices.emplace();
  all.processes.emplace();
  unsigned first_index = 0;
  if (nvidia) {
    first_index = nvidia->devices ? number_from(0, *nvidia->devices) : 0;
    join(std::move(*nvidia), all);
  }
  if (amd) {
    if (amd->devices) {
      number_from(first_index, *amd->devices);
    }
    join(std::move(*amd), all);
  }
  return all;
}

void CardReaders::let_go() {
  nvidia_->let_go();
}

}  // namespace wemol::queue
