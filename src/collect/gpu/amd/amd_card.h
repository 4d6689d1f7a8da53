#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <wemol/facts.h>

#include "sysfs.h"

namespace wemol::amd {

/// One AMD card: who it is, and where its readings lie.
struct AmdCard {
  PciAddress address;
  std::string uuid;  ///< "AMD-<unique id>", or the PCI address where the card has none
  std::string name;
  std::string folder;            ///< "sys/class/drm/card1/device"
  std::string hwmon_folder;      ///< empty: no sensors
  std::string temperature_file;  ///< empty: no such sensor
};

/// The cards in the order of the bus; an error when the kernel's list of them cannot be read. A
/// host without any graphics has an empty list. `known` are those of the last call: a card that
/// does not tell its unique id just now (it is being reset) keeps the uuid that it had.
[[nodiscard]] Result<std::vector<AmdCard>> find_cards(const Sysfs& sysfs,
                                                      const std::vector<AmdCard>& known);

/// What libdrm's list of names (amdgpu.ids) has for a card.
[[nodiscard]] std::optional<std::string> name_in_list(std::string_view list,
                                                      std::uint64_t device_id,
                                                      std::uint64_t revision);

/// Whether reading the card would wake it or keep it from going to sleep: it sleeps, or it may and
/// no compute process has it (`in_use`). The driver counts each reading as a use of the card.
[[nodiscard]] bool must_be_left_alone(const Sysfs& sysfs, const AmdCard& card, bool in_use);

/// The device with no readings but who it is.
[[nodiscard]] GpuDevice without_readings(const AmdCard& card, unsigned index);

/// The device with its readings. What cannot be read is absent; an error when nothing can.
[[nodiscard]] Result<GpuDevice> read_card(const Sysfs& sysfs, const AmdCard& card, unsigned index);

}  // namespace wemol::amd
