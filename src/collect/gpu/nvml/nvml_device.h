#pragma once

#include <optional>
#include <string>

#include "nvml_api.h"
#include "nvml_processes.h"

namespace wemol::nvml {

/// One GPU in one reading.
struct GpuReading {
  std::optional<GpuDevice> device;  ///< absent: Gpu::trouble() says why
  /// The error says why they could not be listed.
  tl::expected<std::vector<GpuProcess>, Status> processes;
};

/// One GPU while the driver is open.
class Gpu {
 public:
  explicit Gpu(unsigned index) : index_(index) {}

  /// A value that this GPU, in this mode, does not have is absent. A GPU that has once been in
  /// trouble is not touched again: each attempt can take seconds.
  [[nodiscard]] GpuReading read(const Functions& functions, WallTime wall_now);

  /// Why this GPU cannot be read; nothing when it can.
  [[nodiscard]] const std::optional<Status>& trouble() const { return trouble_; }
  [[nodiscard]] unsigned index() const { return index_; }
  /// Empty while it is unknown.
  [[nodiscard]] const std::string& uuid() const { return uuid_; }

 private:
  [[nodiscard]] bool identify(const Functions& functions);
  /// Passes on whether a call succeeded; keeps in mind what it says about the whole GPU.
  bool good(Status status);
  [[nodiscard]] std::optional<double> number(DeviceNumber get);
  [[nodiscard]] std::optional<double> temperature(const Functions& functions);
  void read_memory(const Functions& functions, GpuDevice& device);
  [[nodiscard]] GpuDevice read_values(const Functions& functions);

  unsigned index_;
  Device handle_ = nullptr;
  std::string uuid_;
  std::string name_;
  SmUtilization sm_utilization_;
  std::optional<Status> trouble_;
};

}  // namespace wemol::nvml
