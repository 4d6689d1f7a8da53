#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <wemol/host_facts.h>

#include "clock.h"
#include "cpu_files.h"
#include "interface_files.h"
#include "memory_files.h"
#include "slow_readings.h"

namespace wemol::host {

/// Reads what the kernel says of this host. Its files stay open; what is slow is read seldom, and
/// what may hang in a thread, so that a reading takes some 100 µs (the first one up to 200 ms).
///
/// Not for use by several threads at once.
class HostReader {
 public:
  /// Which disks and interfaces are hardware is looked up when a name is new, and this often.
  static constexpr std::chrono::minutes kDevicesEvery{1};
  static constexpr std::chrono::seconds kMemoryLimitEvery{60};

  /// `root` is "/", or a tree that stands for it, for the parts that are files.
  explicit HostReader(const std::filesystem::path& root = "/");
  HostReader(std::filesystem::path root, SpaceOf space_of);
  HostReader(const HostReader&) = delete;
  HostReader& operator=(const HostReader&) = delete;
  ~HostReader();

  [[nodiscard]] HostFacts read(const Clock& clock);
  /// The disks' size is that of the last reading.
  [[nodiscard]] SystemInfo system_info() const;

 private:
  class Files;

  void read_cpus(CpuFacts& cpu, SteadyTime now);
  void read_memory(MemoryFacts& memory, SteadyTime now);
  [[nodiscard]] std::optional<std::vector<DiskFacts>> read_disks();
  [[nodiscard]] std::optional<std::vector<InterfaceFacts>> read_interfaces();
  [[nodiscard]] bool is_disk(const std::string& name);

  std::filesystem::path root_;
  std::unique_ptr<Files> files_;
  CpuLines cpus_before_;
  FileSystemReader file_systems_;
  SensorReader sensors_;
  ProcessCount process_count_;
  InterfacePicker interfaces_;
  Schedule devices_schedule_{kDevicesEvery};
  std::map<std::string, bool> is_disk_;  ///< by the device's name
  Schedule memory_limit_schedule_{kMemoryLimitEvery};
  OwnMemoryLimit memory_limit_;
  std::optional<std::uint64_t> disk_total_bytes_;
};

}  // namespace wemol::host
