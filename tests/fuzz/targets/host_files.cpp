#include <algorithm>
#include <set>
#include <string>

#include "core_sensors.h"
#include "cpu_files.h"
#include "disk_files.h"
#include "fuzz_target.h"
#include "interface_files.h"
#include "memory_files.h"
#include "properties.h"

namespace wemol::fuzz {
namespace {

std::size_t lines_in(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count(text, '\n')) + 1;
}

void check_cpus(std::string_view input) {
  const auto lines = host::parse_cpu_lines(input);
  const auto is_possible = [](const CpuTimes& times) {
    return times.busy_ticks <= times.total_ticks;
  };
  require(!lines.all || is_possible(*lines.all), "no more is busy than there is");
  require(std::ranges::all_of(lines.cores, is_possible, &CoreFacts::times),
          "no CPU is busier than time");
  const auto load = host::parse_load(input);
  require(!load || std::ranges::all_of(load->averages, [](double load_) { return load_ >= 0; }),
          "no load is negative");
  for (const auto& percent :
       {host::parse_pressure(input).some_percent, host::parse_pressure(input).full_percent}) {
    require(!percent || (*percent >= 0 && *percent <= 100), "a share is one");
  }
  require(is_clean_line(host::parse_cpu_model(input)), "a model is one line");
  (void)host::count_in_cpu_list(input);
  (void)host::parse_millidegrees(input);
  (void)host::number_behind(input, "Core");
}

void check_disks(std::string_view input) {
  const auto devices = host::parse_diskstats(input);
  require(devices.size() <= lines_in(input), "a device is a line");
  const auto disks = host::whole_disks(devices, [](const std::string&) { return true; });
  require(disks.size() <= devices.size(), "a disk is a device");
  require(std::ranges::all_of(
              disks, [](const auto& disk) { return host::disk_of_nvme_path(disk.name).empty(); }),
          "a way to a disk is none");
}

void check_mounts(std::string_view input) {
  const auto systems = host::distinct_file_systems(
      input, [](std::string_view device) { return device.starts_with("7:"); });
  require(systems.size() <= lines_in(input), "a file system is a line");
  std::set<std::string> seen;
  for (const auto& system : systems) {
    require(system.mount_point.starts_with('/'), "a mount point is a path");
    require(!system.type.empty(), "a file system has a type");
    require(seen.insert(system.mount_point).second, "at one place is one");
  }
}

const Target host_files_target("host_files", [](std::string_view input) {
  check_cpus(input);
  check_disks(input);
  check_mounts(input);
  (void)host::parse_meminfo(input);
  (void)host::parse_current_established(input);
  require(host::parse_interfaces(input).size() <= lines_in(input), "an interface is a line");
});

}  // namespace
}  // namespace wemol::fuzz
