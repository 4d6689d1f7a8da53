#include "amd_gpus.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "amd_card.h"

namespace wemol::amd {
namespace {

// Cards come and go with their driver, which is rare; a host without any pays for the look only.
constexpr std::chrono::minutes kLookEvery{1};

}  // namespace

AmdGpus::AmdGpus(const FileReader& files, const Clock& clock, std::filesystem::path root)
    : sysfs_(files, std::move(root)), clock_(clock) {}

std::optional<GpuReadings> AmdGpus::finish(const GpuReadingsDue& /*due*/) {
  if (const SteadyTime now = clock_.now(); !next_look_ || now >= *next_look_) {
    look_for_cards();
    next_look_ = now + kLookEvery;
  }
  GpuReadings readings;
  if (list_error_) {
    readings.conditions.push_back(
        {.key = "amd cards",
         .severity = Severity::warning,
         .message = fmt::format("cannot look for AMD GPUs: {}", list_error_->message)});
    return readings;
  }
  if (cards_.empty()) {
    return std::nullopt;
  }
  read_processes(readings);
  read_devices(readings);
  return readings;
}

void AmdGpus::look_for_cards() {
  auto cards = find_cards(sysfs_, cards_);
  list_error_ = cards ? std::nullopt : std::optional(cards.error());
  if (cards) {
    cards_ = std::move(*cards);
    compute_gpus_ = cards_.empty() ? UuidByGpuId() : find_compute_gpus(sysfs_, cards_);
  }
}

void AmdGpus::read_processes(GpuReadings& readings) const {
  auto processes = compute_gpus_.and_then(
      [&](const UuidByGpuId& gpus) { return read_compute_processes(sysfs_, gpus); });
  if (processes) {
    readings.processes = std::move(*processes);
    return;
  }
  readings.conditions.push_back(
      {.key = "amd processes",
       .severity = Severity::warning,
       .message = fmt::format("the processes on the AMD GPUs cannot be read: {}; it is unknown "
                              "which task uses them",
                              processes.error().message)});
}

void AmdGpus::read_devices(GpuReadings& readings) const {
  std::vector<GpuDevice> devices;
  for (const AmdCard& card : cards_) {
    const auto index = static_cast<unsigned>(devices.size());
    // While the processes are unknown, any card may be in use.
    const bool in_use = !readings.processes ||
                        std::ranges::find(*readings.processes, card.uuid, &GpuProcess::gpu_uuid) !=
                            readings.processes->end();
    if (must_be_left_alone(sysfs_, card, in_use)) {
      devices.push_back(without_readings(card, index));
      continue;
    }
    auto device = read_card(sysfs_, card, index);
    if (!device) {
      readings.conditions.push_back(
          {.key = "amd card/" + card.uuid,
           .severity = Severity::warning,
           .message = fmt::format("AMD GPU {} ({}) has no readings: {}", index, card.uuid,
                                  device.error().message)});
    }
    devices.push_back(device ? std::move(*device) : without_readings(card, index));
  }
  readings.devices = std::move(devices);
}

}  // namespace wemol::amd
