#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "temp_dir.h"
#include "text_file.h"

namespace wemol::test {

/// A tree that stands for "/": the kernel's files of a host, as a test declares them.
class HostTree {
 public:
  [[nodiscard]] const std::filesystem::path& root() const { return folder_.path(); }

  void write(const std::string& path, std::string_view text) const {
    write_text(root() / path, text);
  }
  /// For one value in a file.
  void write_line(const std::string& path, std::string_view line) const {
    write(path, std::string(line) + "\n");
  }
  void make_folder(const std::string& path) const {
    std::filesystem::create_directories(root() / path);
  }
  void link(const std::string& path, const std::string& target) const {
    std::filesystem::create_directories((root() / path).parent_path());
    std::filesystem::create_symlink(target, root() / path);
  }
  void remove(const std::string& path) const { std::filesystem::remove_all(root() / path); }

  /// A disk behind which there is hardware.
  void add_disk(const std::string& name) const { make_folder("sys/block/" + name + "/device"); }
  void add_virtual_block_device(const std::string& name) const { make_folder("sys/block/" + name); }

  /// Flags as the kernel has them: up, broadcast, running, multicast.
  void add_interface(const std::string& name, std::string_view flags = "0x1003") const {
    write_line(interface(name) + "flags", flags);
    write(interface(name) + "uevent", "INTERFACE=" + name + "\nIFINDEX=2\n");
  }
  void add_physical_interface(const std::string& name) const {
    add_interface(name);
    make_folder(interface(name) + "device");
  }
  [[nodiscard]] static std::string interface(const std::string& name) {
    return "sys/class/net/" + name + "/";
  }

  void add_cpu(unsigned cpu, int package, int core, std::string_view siblings) const {
    const std::string folder = "sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/";
    write_line(folder + "topology/physical_package_id", std::to_string(package));
    write_line(folder + "topology/die_id", "0");
    write_line(folder + "topology/core_id", std::to_string(core));
    write_line(folder + "topology/thread_siblings_list", siblings);
  }
  void set_frequency(unsigned cpu, std::uint64_t kilohertz) const {
    write_line("sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/cpufreq/scaling_cur_freq",
               std::to_string(kilohertz));
  }
  void add_hwmon(unsigned number, std::string_view driver, const std::string& device) const {
    write_line(hwmon(number) + "name", driver);
    make_folder("sys/devices/" + device);
    link(hwmon(number) + "device", "../../../devices/" + device);
  }
  void add_temperature(unsigned number, unsigned sensor, std::string_view label,
                       int millidegrees) const {
    const std::string name = hwmon(number) + "temp" + std::to_string(sensor);
    write_line(name + "_label", label);
    write_line(name + "_input", std::to_string(millidegrees));
  }
  [[nodiscard]] static std::string hwmon(unsigned number) {
    return "sys/class/hwmon/hwmon" + std::to_string(number) + "/";
  }

 private:
  TempDir folder_;
};

}  // namespace wemol::test
