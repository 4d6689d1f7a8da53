#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wemol::host {

/// Where a logical CPU lies. Numbers as the hardware has them, with gaps.
struct CorePlace {
  unsigned cpu = 0;
  int package = 0;
  int die = 0;
  int core = 0;          ///< within its package or die
  std::string siblings;  ///< the CPUs that share its core, as the kernel lists them
};

/// The places of all CPUs of which the kernel tells them, from /sys/devices/system/cpu.
[[nodiscard]] std::vector<CorePlace> read_core_places(const std::filesystem::path& root);

/// What one sensor of a hwmon device says, with its label.
struct TemperatureReading {
  std::string label;
  double celsius = 0;
};

/// One hwmon device that measures a processor.
struct ProcessorSensor {
  std::string driver;      ///< "coretemp", "k10temp", "zenpower"
  std::optional<int> die;  ///< of coretemp: which one, counted through all packages
  std::vector<TemperatureReading> readings;
};

/// A file of millidegrees.
[[nodiscard]] std::optional<double> parse_millidegrees(std::string_view text);

/// The number behind a word, such as 12 in "Core 12".
[[nodiscard]] std::optional<int> number_behind(std::string_view label, std::string_view word);

[[nodiscard]] std::vector<ProcessorSensor> read_processor_sensors(
    const std::filesystem::path& root);

struct CoreTemperature {
  unsigned cpu = 0;
  double celsius = 0;
};
struct CpuTemperatures {
  std::optional<double> package_celsius;  ///< the hottest one
  std::vector<CoreTemperature> cores;
};

/// Gives each temperature to the CPUs of the core that its label names. AMD's sensors are those of
/// packages and chiplets: which cores those are they do not say, so cores have none.
[[nodiscard]] CpuTemperatures temperatures_of(const std::vector<ProcessorSensor>& sensors,
                                              const std::vector<CorePlace>& places);

struct CoreFrequency {
  unsigned cpu = 0;
  double mhz = 0;
};
/// By cpufreq, of those CPUs that have it. Each takes an interrupt on that CPU, and on kernels
/// before 5.18 up to 10 ms.
[[nodiscard]] std::vector<CoreFrequency> read_frequencies(const std::filesystem::path& root,
                                                          const std::vector<unsigned>& cpus);

}  // namespace wemol::host
