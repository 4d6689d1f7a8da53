#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "temp_dir.h"
#include "text_file.h"

namespace wemol::test {

/// The kernel's files of a host with AMD cards, as a tree in a temporary folder.
class AmdHost {
 public:
  [[nodiscard]] const std::filesystem::path& root() const { return folder_.path(); }

  void write(const std::string& path, std::string_view text) const {
    write_text(root() / path, std::string(text) + "\n");
  }
  void remove(const std::string& path) const { std::filesystem::remove_all(root() / path); }

  /// An accelerator that is awake, with all of its readings.
  void add_card(unsigned number, const std::string& pci_address) const {
    const std::string device = card(number);
    write(device + "vendor", "0x1002");
    write(device + "device", "0x740f");
    write(device + "revision", "0x02");
    write(device + "uevent", "DRIVER=amdgpu\nPCI_ID=1002:740F\nPCI_SLOT_NAME=" + pci_address);
    write(device + "unique_id", "8f1c3a5b7d9e0f1" + std::to_string(number));
    write(device + "product_name", "");
    write(device + "power/runtime_status", "active");
    write(device + "power/control", "on");
    write(device + "gpu_busy_percent", "37");
    write(device + "mem_busy_percent", "12");
    write(device + "mem_info_vram_used", "11534336");
    write(device + "mem_info_vram_total", "68702699520");
    write(hwmon(number) + "temp1_input", "41000");
    write(hwmon(number) + "temp1_label", "edge");
    write(hwmon(number) + "temp2_input", "47000");
    write(hwmon(number) + "temp2_label", "junction");
    write(hwmon(number) + "pwm1", "51");
    write(hwmon(number) + "pwm1_max", "255");
    write(hwmon(number) + "power1_average", "42500000");
    write(hwmon(number) + "power1_cap", "300000000");
  }

  /// A connector of the card and its render node lie beside it.
  void add_connector(unsigned number) const {
    write("sys/class/drm/card" + std::to_string(number) + "-HDMI-A-1/status", "disconnected");
    write("sys/class/drm/renderD" + std::to_string(128 + number) + "/device/vendor", "0x1002");
  }

  /// A node of KFD: 0 as gpu_id is a CPU.
  void add_node(unsigned node, std::uint32_t gpu_id, std::uint32_t domain,
                std::uint32_t location_id) const {
    const std::string folder = "sys/class/kfd/kfd/topology/nodes/" + std::to_string(node) + "/";
    write(folder + "gpu_id", std::to_string(gpu_id));
    write(folder + "properties", "cpu_cores_count 0\nsimd_count 416\nvendor_id 4098\nlocation_id " +
                                     std::to_string(location_id) + "\ndomain " +
                                     std::to_string(domain) + "\ndrm_render_minor 128");
    std::filesystem::create_directories(root() / "sys/class/kfd/kfd/proc");
  }

  void set_memory(unsigned pid, std::uint32_t gpu_id, std::uint64_t bytes) const {
    write(process(pid) + "vram_" + std::to_string(gpu_id), std::to_string(bytes));
  }
  void add_queue(unsigned pid, unsigned queue, std::uint32_t gpu_id) const {
    write(process(pid) + "queues/" + std::to_string(queue) + "/gpuid", std::to_string(gpu_id));
  }

  [[nodiscard]] static std::string card(unsigned number) {
    return "sys/class/drm/card" + std::to_string(number) + "/device/";
  }
  [[nodiscard]] static std::string hwmon(unsigned number) {
    return card(number) + "hwmon/hwmon" + std::to_string(3 + number) + "/";
  }
  [[nodiscard]] static std::string process(unsigned pid) {
    return "sys/class/kfd/kfd/proc/" + std::to_string(pid) + "/";
  }

 private:
  TempDir folder_;
};

}  // namespace wemol::test
