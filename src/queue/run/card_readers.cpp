#include "card_readers.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "amd_gpus.h"
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

namespace {

class PlainClock : public Clock {
 public:
  [[nodiscard]] SteadyTime now() const override { return std::chrono::steady_clock::now(); }
  [[nodiscard]] WallTime wall_now() const override { return std::chrono::system_clock::now(); }
  [[nodiscard]] bool wait_until(SteadyTime due) override { return now() >= due; }
};

/// With all that a read which hangs may outlive.
class OwnAmdGpus : public GpuReader {
 public:
  explicit OwnAmdGpus(std::filesystem::path root) : gpus_(files_, clock_, std::move(root)) {}

  [[nodiscard]] std::optional<GpuReadings> finish(const GpuReadingsDue& due) override {
    return gpus_.finish(due);
  }

 private:
  SystemFileReader files_;
  PlainClock clock_;
  amd::AmdGpus gpus_;
};

template <typename Item>
void append(std::optional<std::vector<Item>> more, std::optional<std::vector<Item>>& items) {
  if (more && items) {
    std::ranges::move(*more, std::back_inserter(*items));
  } else {
    items.reset();  // a part of them would look like the whole
  }
}

void append(GpuReadings more, GpuReadings& all) {
  append(std::move(more.devices), all.devices);
  append(std::move(more.processes), all.processes);
  std::ranges::move(more.divided, std::back_inserter(all.divided));
  std::ranges::move(more.conditions, std::back_inserter(all.conditions));
}

void number_from(unsigned first_index, std::vector<GpuDevice>& devices) {
  for (GpuDevice& device : devices) {
    device.index += first_index;
  }
}

}  // namespace

CardReaders::CardReaders(EventLoop& loop, CommandRunner& runner,
                         std::vector<std::string> nvml_helper_command,
                         std::chrono::milliseconds answer_timeout,
                         const std::filesystem::path& root)
    : nvidia_(
          std::make_unique<Nvidia>(loop, runner, std::move(nvml_helper_command), answer_timeout)),
      amd_(std::make_unique<BlockingGpus>(std::make_shared<OwnAmdGpus>(root),
                                          "the driver of the AMD GPUs")) {}
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
  if (nvidia) {
    append(std::move(*nvidia), all);
  }
  if (amd && amd->devices && all.devices) {
    unsigned first_index = 0;
    for (const GpuDevice& device : *all.devices) {
      first_index = std::max(first_index, device.index + 1);
    }
    number_from(first_index, *amd->devices);
  }
  if (amd) {
    append(std::move(*amd), all);
  }
  return all;
}

void CardReaders::let_go() {
  nvidia_->let_go();
}

}  // namespace wemol::queue
