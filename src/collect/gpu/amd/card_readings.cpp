#include "card_readings.h"

#include <cerrno>
#include <optional>
#include <string>

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

}  // namespace wemol::amd
