#include "card_mask.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "text.h"

namespace wemol::queue {
namespace {

constexpr std::string_view kOfInstances = "MIG-";

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
  if (const auto whole = std::ranges::find(devices, entry, &GpuDevice::uuid);
      whole != devices.end()) {
    return &*whole;
  }
  const bool says_enough = entry.size() > kAny.size();
  const auto first = std::ranges::find_if(devices, names);
  if (!says_enough || first == devices.end() || std::any_of(first + 1, devices.end(), names)) {
    return nullptr;
  }
  return &*first;
}

/// The devices of a host, and what can be said of them.
class HostCards {
 public:
  HostCards(const std::vector<GpuDevice>& devices, const std::vector<std::string>& divided)
      : devices_(devices), divided_(divided) {}

  [[nodiscard]] std::vector<GpuDevice> usable() const {
    std::vector<GpuDevice> cards;
    std::ranges::copy_if(devices_, std::back_inserter(cards), [this](const GpuDevice& device) {
      return std::ranges::find(divided_, device.uuid) == divided_.end();
    });
    return cards;
  }

  /// The card or the instance, or the instances of a divided card; empty when there is none.
  [[nodiscard]] std::vector<GpuDevice> named_by(std::string_view entry) const {
    auto index = parse_number<unsigned>(entry);
    if (!index) {
      const GpuDevice* const device = by_uuid(devices_, entry);
      if (device == nullptr) {
        return {};
      }
      if (std::ranges::find(divided_, device->uuid) == divided_.end()) {
        return {*device};
      }
      index = device->index;
    }
    auto cards = usable();
    std::erase_if(cards, [&](const GpuDevice& card) { return card.index != *index; });
    return cards;
  }

  [[nodiscard]] std::string why_not(std::string_view entry) const {
    const auto index = parse_number<unsigned>(entry);
    const GpuDevice* const device = by_uuid(devices_, entry);
    const bool is_divided = std::ranges::any_of(divided_, [&](const std::string& uuid) {
      const GpuDevice* const whole = by_uuid(devices_, uuid);
      return whole != nullptr && (whole == device || whole->index == index);
    });
    if (is_divided) {
      return "is a divided card (MIG) without instances";
    }
    if (is_instance(entry) && divided_.empty()) {
      return "is an instance of a divided card (MIG), and no such card is told of here: nvidia-smi "
             "alone does not tell what memory instances have, NVML does";
    }
    return "names no card of this host";
  }

 private:
  const std::vector<GpuDevice>& devices_;
  const std::vector<std::string>& divided_;
};

void add_once(const GpuDevice& device, std::vector<GpuDevice>& chosen) {
  if (std::ranges::find(chosen, device.uuid, &GpuDevice::uuid) == chosen.end()) {
    chosen.push_back(device);
  }
}

std::vector<GpuDevice> visible_of(const HostCards& host, std::string_view mask,
                                  std::vector<std::string>& warnings) {
  std::vector<GpuDevice> visible;
  for (const std::string_view field : split_fields(mask, ',')) {
    const std::string_view entry = trimmed(field);
    const auto cards = host.named_by(entry);
    if (cards.empty()) {
      if (!entry.empty() && entry != "-1" && entry != "NoDevFiles") {
        warnings.push_back(
            fmt::format("CUDA_VISIBLE_DEVICES={}: \"{}\" {}; as in CUDA, it and what follows it do "
                        "not count",
                        printable(mask), printable(entry), host.why_not(entry)));
      }
      break;
    }
    if (cards.size() > 1) {
      warnings.push_back(fmt::format(
          "CUDA_VISIBLE_DEVICES={}: \"{}\" is a divided card (MIG); as in CUDA, that is "
          "its first instance, {}; name the others by their UUIDs (nvidia-smi -L)",
          printable(mask), printable(entry), cards.front().uuid));
    }
    add_once(cards.front(), visible);
  }
  return visible;
}

std::vector<GpuDevice> listed_of(const HostCards& host, const std::vector<GpuDevice>& visible,
                                 const std::vector<std::string>& list,
                                 std::vector<std::string>& warnings) {
  std::vector<GpuDevice> listed;
  for (const std::string& entry : list) {
    auto cards = host.named_by(trimmed(entry));
    std::erase_if(cards, [&](const GpuDevice& card) {
      return std::ranges::find(visible, card.uuid, &GpuDevice::uuid) == visible.end();
    });
    if (cards.empty()) {
      warnings.push_back(
          fmt::format("compete_gpus: \"{}\" {}", printable(entry), host.why_not(trimmed(entry))));
    }
    for (const GpuDevice& card : cards) {
      add_once(card, listed);
    }
  }
  return listed;
}

}  // namespace

bool is_instance(std::string_view uuid) {
  return uuid.starts_with(kOfInstances);
}

ChosenCards choose_cards(const std::vector<GpuDevice>& devices,
                         const std::vector<std::string>& divided, const CardChoice& choice) {
  const HostCards host(devices, divided);
  ChosenCards chosen{.devices = host.usable()};
  if (choice.visible_devices) {
    chosen.devices = visible_of(host, *choice.visible_devices, chosen.warnings);
  }
  if (!choice.use_all_gpus) {
    chosen.devices = listed_of(host, chosen.devices, choice.compete_gpus, chosen.warnings);
  }
  std::ranges::stable_sort(chosen.devices, {}, &GpuDevice::index);
  return chosen;
}

}  // namespace wemol::queue
