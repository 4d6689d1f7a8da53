#include "amd_card.h"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "text.h"

namespace wemol::amd {
namespace {

/// Reads numbers that may be missing, and remembers whether any was there, and else why not.
class CardFiles {
 public:
  explicit CardFiles(const Sysfs& sysfs) : sysfs_(sysfs) {}

  std::optional<std::uint64_t> number(const std::string& path) {
    const auto number = sysfs_.number(path);
    if (number) {
      any_read_ = true;
      return *number;
    }
    if (!error_ || error_->code == ENOENT) {
      error_ = number.error();  // that a card lacks one of the files says less than other errors
    }
    return std::nullopt;
  }

  std::optional<double> scaled(const std::string& path, double units) {
    const auto count = number(path);
    return count ? std::optional(static_cast<double>(*count) / units) : std::nullopt;
  }

  /// Some drivers say 65535 when their firmware did not answer.
  std::optional<double> percent(const std::string& path) {
    const auto percent = scaled(path, 1);
    return percent && *percent <= 100 ? percent : std::nullopt;
  }

  std::optional<double> percent_of_maximum(const std::string& path, const std::string& maximum) {
    const auto value = scaled(path, 1);
    const auto highest = value ? scaled(maximum, 1) : std::nullopt;
    return highest && *highest > 0 ? std::optional(*value / *highest * 100) : std::nullopt;
  }

  [[nodiscard]] bool any_read() const { return any_read_; }
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

 private:
  const Sysfs& sysfs_;
  bool any_read_ = false;
  std::optional<Error> error_;
};

}  // namespace

bool must_be_left_alone(const Sysfs& sysfs, const AmdCard& card, bool in_use) {
  const auto status = sysfs.text(card.folder + "/power/runtime_status");
  // A kernel without power management has no such file; "unsupported" is a card that never sleeps.
  const bool awake = !status || *status == "active" || *status == "unsupported";
  return !awake || (!in_use && sysfs.text(card.folder + "/power/control") == "auto");
}

GpuDevice without_readings(const AmdCard& card, unsigned index) {
  return {.index = index, .uuid = card.uuid, .name = card.name};
}

Result<GpuDevice> read_card(const Sysfs& sysfs, const AmdCard& card, unsigned index) {
  constexpr double kMicrowattsPerWatt = 1e6;
  constexpr double kMillidegreesPerDegree = 1e3;
  CardFiles files(sysfs);
  GpuDevice device = without_readings(card, index);
  device.utilization_percent = files.percent(card.folder + "/gpu_busy_percent");
  device.memory_utilization_percent = files.percent(card.folder + "/mem_busy_percent");
  device.memory_used_bytes = files.number(card.folder + "/mem_info_vram_used");
  device.memory_total_bytes = files.number(card.folder + "/mem_info_vram_total");
  if (device.memory_total_bytes && device.memory_used_bytes) {
    device.memory_free_bytes = *device.memory_total_bytes -
                               std::min(*device.memory_total_bytes, *device.memory_used_bytes);
  }
  if (!card.temperature_file.empty()) {
    device.temperature_celsius = files.scaled(card.temperature_file, kMillidegreesPerDegree);
  }
  if (!card.hwmon_folder.empty()) {
    const std::string sensor = card.hwmon_folder + "/";
    device.fan_speed_percent = files.percent_of_maximum(sensor + "pwm1", sensor + "pwm1_max");
    if (!device.fan_speed_percent) {
      device.fan_speed_percent =
          files.percent_of_maximum(sensor + "fan1_input", sensor + "fan1_max");
    }
    device.power_draw_watts = files.scaled(sensor + "power1_average", kMicrowattsPerWatt);
    if (!device.power_draw_watts) {
      device.power_draw_watts = files.scaled(sensor + "power1_input", kMicrowattsPerWatt);
    }
    device.power_limit_watts = files.scaled(sensor + "power1_cap", kMicrowattsPerWatt);
  }
  if (!files.any_read() && files.error()) {
    return tl::make_unexpected(*files.error());
  }
  return device;
}

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
