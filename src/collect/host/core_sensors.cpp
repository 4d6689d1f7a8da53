#include "core_sensors.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "files.h"
#include "text.h"
#include "words.h"

namespace wemol::host {
namespace {

constexpr std::size_t kSensorFileCapBytes = 4096;
constexpr const char* kCpuFolder = "sys/devices/system/cpu";

std::optional<std::string> line_of(const std::filesystem::path& path) {
  const auto text = SystemFileReader().read(path, kSensorFileCapBytes);
  if (!text) {
    return std::nullopt;
  }
  std::string_view rest = *text;
  return std::string(trimmed(take_line(rest)));
}

std::optional<int> integer_of(const std::filesystem::path& path) {
  const auto line = line_of(path);
  return line ? parse_number<int>(*line) : std::nullopt;
}

std::vector<std::string> names_in(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  std::error_code failed;
  for (std::filesystem::directory_iterator entry(folder, failed), end; !failed && entry != end;
       entry.increment(failed)) {
    names.push_back(entry->path().filename());
  }
  std::ranges::sort(names);
  return names;
}

}  // namespace

std::vector<CorePlace> read_core_places(const std::filesystem::path& root) {
  constexpr std::string_view kCpu = "cpu";
  std::vector<CorePlace> places;
  for (const std::string& name : names_in(root / kCpuFolder)) {
    const auto cpu = name.starts_with(kCpu)
                         ? parse_number<unsigned>(std::string_view(name).substr(kCpu.size()))
                         : std::nullopt;
    const std::filesystem::path folder = root / kCpuFolder / name / "topology";
    const auto core = cpu ? integer_of(folder / "core_id") : std::nullopt;
    if (core) {
      places.push_back({.cpu = *cpu,
                        .package = integer_of(folder / "physical_package_id").value_or(0),
                        .die = integer_of(folder / "die_id").value_or(0),
                        .core = *core,
                        .siblings = line_of(folder / "thread_siblings_list").value_or("")});
    }
  }
  std::ranges::sort(places, {}, &CorePlace::cpu);
  return places;
}

std::optional<double> parse_millidegrees(std::string_view text) {
  constexpr double kPerDegree = 1000;
  const auto number = parse_number<std::int32_t>(trimmed(take_line(text)));
  return number ? std::optional(*number / kPerDegree) : std::nullopt;
}

std::optional<int> number_behind(std::string_view label, std::string_view word) {
  if (!label.starts_with(word)) {
    return std::nullopt;
  }
  label.remove_prefix(word.size());
  return label.starts_with(' ') ? parse_number<int>(trimmed(label)) : std::nullopt;
}

namespace {

std::vector<TemperatureReading> read_temperatures(const std::filesystem::path& hwmon) {
  constexpr std::string_view kLabel = "_label";
  std::vector<TemperatureReading> readings;
  for (const std::string& name : names_in(hwmon)) {
    if (!name.starts_with("temp") || !name.ends_with(kLabel)) {
      continue;
    }
    const std::string input = name.substr(0, name.size() - kLabel.size()) + "_input";
    const auto text = SystemFileReader().read(hwmon / input, kSensorFileCapBytes);
    const auto celsius = text ? parse_millidegrees(*text) : std::nullopt;
    if (celsius) {
      readings.push_back({line_of(hwmon / name).value_or(""), *celsius});
    }
  }
  return readings;
}

/// 1 for a hwmon device of the platform device "coretemp.1".
std::optional<int> die_of_coretemp(const std::filesystem::path& hwmon) {
  constexpr std::string_view kName = "coretemp.";
  std::error_code failed;
  const std::string device = std::filesystem::read_symlink(hwmon / "device", failed).filename();
  return device.starts_with(kName)
             ? parse_number<int>(std::string_view(device).substr(kName.size()))
             : std::nullopt;
}

}  // namespace

std::vector<ProcessorSensor> read_processor_sensors(const std::filesystem::path& root) {
  const std::filesystem::path hwmons = root / "sys/class/hwmon";
  std::vector<ProcessorSensor> sensors;
  for (const std::string& name : names_in(hwmons)) {
    const std::filesystem::path hwmon = hwmons / name;
    std::string driver = line_of(hwmon / "name").value_or("");
    if (driver == "coretemp" || driver == "k10temp" || driver == "zenpower") {
      auto readings = read_temperatures(hwmon);
      sensors.push_back({std::move(driver), die_of_coretemp(hwmon), std::move(readings)});
    }
  }
  return sensors;
}

namespace {

/// Package and die of what coretemp numbers: it counts the dies of all packages through.
std::optional<std::pair<int, int>> die_at(std::size_t number,
                                          const std::vector<CorePlace>& places) {
  std::vector<std::pair<int, int>> dies;
  dies.reserve(places.size());
  for (const CorePlace& place : places) {
    dies.emplace_back(place.package, place.die);
  }
  std::ranges::sort(dies);
  dies.erase(std::unique(dies.begin(), dies.end()), dies.end());
  if (number < dies.size()) {
    return dies[number];
  }
  // Kernels before 5.3 number packages as the hardware does, with gaps.
  const auto package =
      std::ranges::find(dies, static_cast<int>(number), &std::pair<int, int>::first);
  return package != dies.end() ? std::optional(*package) : std::nullopt;
}

void raise_to(double celsius, std::optional<double>& highest) {
  highest = std::max(highest.value_or(celsius), celsius);
}

void add_coretemp(const ProcessorSensor& sensor, const std::vector<CorePlace>& places,
                  CpuTemperatures& temperatures) {
  std::optional<double> package;
  std::optional<double> hottest_core;
  std::optional<int> number = sensor.die;
  for (const TemperatureReading& reading : sensor.readings) {
    if (const auto labelled = number_behind(reading.label, "Package id")) {
      package = reading.celsius;
      number = number ? number : labelled;
    }
  }
  const auto die =
      number && *number >= 0 ? die_at(static_cast<std::size_t>(*number), places) : std::nullopt;
  for (const TemperatureReading& reading : sensor.readings) {
    const auto core = number_behind(reading.label, "Core");
    if (!core) {
      continue;
    }
    raise_to(reading.celsius, hottest_core);
    for (const CorePlace& place : places) {
      if (die == std::pair(place.package, place.die) && place.core == *core) {
        temperatures.cores.push_back({place.cpu, reading.celsius});
      }
    }
  }
  if (const auto hottest = package ? package : hottest_core) {
    raise_to(*hottest, temperatures.package_celsius);
  }
}

/// Tctl is what the fans go by, on some processors 10 or 20 degrees above the truth; these have
/// Tdie too, which is the truth.
void add_amd(const ProcessorSensor& sensor, CpuTemperatures& temperatures) {
  for (const char* label : {"Tdie", "Tctl"}) {
    const auto reading = std::ranges::find(sensor.readings, label, &TemperatureReading::label);
    if (reading != sensor.readings.end()) {
      raise_to(reading->celsius, temperatures.package_celsius);
      return;
    }
  }
}

}  // namespace

CpuTemperatures temperatures_of(const std::vector<ProcessorSensor>& sensors,
                                const std::vector<CorePlace>& places) {
  CpuTemperatures temperatures;
  for (const ProcessorSensor& sensor : sensors) {
    if (sensor.driver == "coretemp") {
      add_coretemp(sensor, places, temperatures);
    } else {
      add_amd(sensor, temperatures);
    }
  }
  return temperatures;
}

std::vector<CoreFrequency> read_frequencies(const std::filesystem::path& root,
                                            const std::vector<unsigned>& cpus) {
  constexpr double kKilohertzPerMegahertz = 1000;
  std::vector<CoreFrequency> frequencies;
  for (const unsigned cpu : cpus) {
    const auto line =
        line_of(root / kCpuFolder / fmt::format("cpu{}/cpufreq/scaling_cur_freq", cpu));
    const auto kilohertz = line ? parse_number<std::uint64_t>(*line) : std::nullopt;
    if (kilohertz) {
      frequencies.push_back({cpu, static_cast<double>(*kilohertz) / kKilohertzPerMegahertz});
    }
  }
  return frequencies;
}

}  // namespace wemol::host
