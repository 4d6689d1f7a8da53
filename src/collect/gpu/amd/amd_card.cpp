#include "amd_card.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fmt/format.h>

#include "text.h"

namespace wemol::amd {
namespace {

constexpr const char* kCardsFolder = "sys/class/drm";
constexpr const char* kNameList = "usr/share/libdrm/amdgpu.ids";
constexpr std::uint64_t kAmdVendor = 0x1002;

/// "card1", but not "card1-HDMI-A-1" and not "renderD128".
bool is_card(std::string_view name) {
  constexpr std::string_view kPrefix = "card";
  return name.starts_with(kPrefix) &&
         parse_number<unsigned>(name.substr(kPrefix.size())).has_value();
}

std::string value_in_uevent(const Sysfs& sysfs, const std::string& folder, std::string_view key) {
  const std::string text = sysfs.text(folder + "/uevent").value_or("") + "\n";
  for (const std::string_view line : complete_lines(text)) {
    if (line.starts_with(key) && line.substr(key.size()).starts_with('=')) {
      return std::string(line.substr(key.size() + 1));
    }
  }
  return {};
}

std::string find_name(const Sysfs& sysfs, const std::string& folder) {
  std::string product_name = sysfs.text(folder + "/product_name").value_or("");
  if (!product_name.empty()) {
    return product_name;
  }
  const auto device_id = sysfs.hex_number(folder + "/device");
  if (!device_id) {
    return "AMD GPU";
  }
  const auto revision = sysfs.hex_number(folder + "/revision");
  const std::string list = sysfs.text(kNameList).value_or("") + "\n";
  const auto name = revision ? name_in_list(list, *device_id, *revision) : std::nullopt;
  return name.value_or(fmt::format("AMD GPU 0x{:04x}", *device_id));
}

std::string find_uuid(const Sysfs& sysfs, const AmdCard& card, const std::string& address_text,
                      const std::vector<AmdCard>& known) {
  constexpr int kHexadecimal = 16;
  const auto id = sysfs.text(card.folder + "/unique_id");
  if (id && parse_number<std::uint64_t>(*id, kHexadecimal).value_or(0) != 0) {
    return "AMD-" + *id;
  }
  const auto before = std::ranges::find(known, card.address, &AmdCard::address);
  const bool refused = !id && id.error().code != ENOENT;
  return refused && before != known.end() ? before->uuid : address_text;
}

/// The sensor labelled "edge", else the one with the lowest number: some accelerators have no
/// "edge" and begin with "junction".
std::string find_temperature_file(const Sysfs& sysfs, const std::string& hwmon_folder,
                                  const std::vector<std::string>& names) {
  constexpr std::string_view kInput = "_input";
  std::string first;
  for (const std::string& name : names) {
    if (!name.starts_with("temp") || !name.ends_with(kInput)) {
      continue;
    }
    const std::string sensor =
        fmt::format("{}/{}", hwmon_folder, name.substr(0, name.size() - kInput.size()));
    std::string input = fmt::format("{}/{}", hwmon_folder, name);
    if (sysfs.text(sensor + "_label").value_or("") == "edge") {
      return input;
    }
    if (first.empty()) {
      first = std::move(input);
    }
  }
  return first;
}

void find_sensors(const Sysfs& sysfs, AmdCard& card) {
  const auto folders = sysfs.names_in(card.folder + "/hwmon");
  if (!folders || folders->empty()) {
    return;
  }
  card.hwmon_folder = fmt::format("{}/hwmon/{}", card.folder, folders->front());
  if (const auto names = sysfs.names_in(card.hwmon_folder)) {
    card.temperature_file = find_temperature_file(sysfs, card.hwmon_folder, *names);
  }
}

std::optional<AmdCard> look_at_card(const Sysfs& sysfs, const std::string& name,
                                    const std::vector<AmdCard>& known) {
  AmdCard card;
  card.folder = fmt::format("{}/{}/device", kCardsFolder, name);
  if (sysfs.hex_number(card.folder + "/vendor") != kAmdVendor) {
    return std::nullopt;
  }
  const std::string address_text = value_in_uevent(sysfs, card.folder, "PCI_SLOT_NAME");
  const auto address = parse_pci_address(address_text);
  if (!address) {
    return std::nullopt;
  }
  card.address = *address;
  card.uuid = find_uuid(sysfs, card, address_text, known);
  card.name = find_name(sysfs, card.folder);
  find_sensors(sysfs, card);
  return card;
}

}  // namespace

Result<std::vector<AmdCard>> find_cards(const Sysfs& sysfs, const std::vector<AmdCard>& known) {
  const auto names = sysfs.names_in(kCardsFolder);
  if (!names && names.error().code != ENOENT) {
    return tl::make_unexpected(names.error());
  }
  std::vector<AmdCard> cards;
  for (const std::string& name : names.value_or(std::vector<std::string>())) {
    if (auto card = is_card(name) ? look_at_card(sysfs, name, known) : std::nullopt) {
      cards.push_back(std::move(*card));
    }
  }
  std::ranges::sort(cards, {}, &AmdCard::address);
  return cards;
}

std::optional<std::string> name_in_list(std::string_view list, std::uint64_t device_id,
                                        std::uint64_t revision) {
  constexpr int kHexadecimal = 16;
  for (const std::string_view line : complete_lines(list)) {
    const auto fields = split_fields(line, ',');
    if (fields.size() < 3 ||
        parse_number<std::uint64_t>(trimmed(fields[0]), kHexadecimal) != device_id ||
        parse_number<std::uint64_t>(trimmed(fields[1]), kHexadecimal) != revision) {
      continue;
    }
    const std::string_view name = trimmed(line.substr(fields[0].size() + fields[1].size() + 2));
    return name.empty() ? std::nullopt : std::optional(std::string(name));
  }
  return std::nullopt;
}

}  // namespace wemol::amd
