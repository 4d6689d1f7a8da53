#include "card_mask.h"

#include <algorithm>

#include <fmt/format.h>

#include "text.h"

namespace wemol::queue {
namespace {

/// A whole UUID, or a beginning that only one has. AMD's cards are "GPU-…" for their own runtime.
const GpuDevice* by_uuid(const std::vector<GpuDevice>& devices, std::string_view entry) {
  constexpr std::string_view kAny = "GPU-";
  constexpr std::string_view kOfAmd = "AMD-";
  const auto names = [&](const GpuDevice& device) {
    const std::string_view uuid = device.uuid;
    return uuid.starts_with(entry) ||
           (entry.starts_with(kAny) && uuid.starts_with(kOfAmd) &&
            uuid.substr(kOfAmd.size()).starts_with(entry.substr(kAny.size())));
  };
  const bool says_enough = entry.size() > kAny.size();
  const auto first = std::ranges::find_if(devices, names);
  if (!says_enough || first == devices.end() || std::any_of(first + 1, devices.end(), names)) {
    return nullptr;
  }
  return &*first;
}

const GpuDevice* named_by(const std::vector<GpuDevice>& devices, std::string_view entry) {
  if (const auto index = parse_number<unsigned>(entry)) {
    const auto found = std::ranges::find(devices, *index, &GpuDevice::index);
    return found == devices.end() ? nullptr : &*found;
  }
  return by_uuid(devices, entry);
}

void add_once(const GpuDevice& device, std::vector<GpuDevice>& chosen) {
  if (std::ranges::find(chosen, device.uuid, &GpuDevice::uuid) == chosen.end()) {
    chosen.push_back(device);
  }
}

std::string why_not(std::string_view entry) {
  return entry.starts_with("MIG-")
             ? "is a part of a card (MIG), whose free memory the drivers' readings do not tell"
             : "names no card of this host";
}

std::vector<GpuDevice> visible_of(const std::vector<GpuDevice>& devices, std::string_view mask,
                                  std::vector<std::string>& warnings) {
  std::vector<GpuDevice> visible;
  for (const std::string_view field : split_fields(mask, ',')) {
    const std::string_view entry = trimmed(field);
    const GpuDevice* const device = named_by(devices, entry);
    if (device == nullptr) {
      if (!entry.empty() && entry != "-1" && entry != "NoDevFiles") {
        warnings.push_back(
            fmt::format("CUDA_VISIBLE_DEVICES={}: \"{}\" {}; as in CUDA, it and what follows it do "
                        "not count",
                        printable(mask), printable(entry), why_not(entry)));
      }
      break;
    }
    add_once(*device, visible);
  }
  return visible;
}

std::vector<GpuDevice> listed_of(const std::vector<GpuDevice>& visible,
                                 const std::vector<std::string>& list,
                                 std::vector<std::string>& warnings) {
  std::vector<GpuDevice> listed;
  for (const std::string& entry : list) {
    if (const GpuDevice* const device = named_by(visible, trimmed(entry))) {
      add_once(*device, listed);
    } else {
      warnings.push_back(fmt::format("compete_gpus: \"{}\" {}", printable(entry), why_not(entry)));
    }
  }
  return listed;
}

}  // namespace

ChosenCards choose_cards(const std::vector<GpuDevice>& devices, const CardChoice& choice) {
  ChosenCards chosen{.devices = devices};
  if (choice.visible_devices) {
    chosen.devices = visible_of(devices, *choice.visible_devices, chosen.warnings);
  }
  if (!choice.use_all_gpus) {
    chosen.devices = listed_of(chosen.devices, choice.compete_gpus, chosen.warnings);
  }
  std::ranges::sort(chosen.devices, {}, &GpuDevice::index);
  return chosen;
}

}  // namespace wemol::queue
