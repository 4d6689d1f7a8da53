#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include <wemol/facts.h>

#include "clock.h"
#include "gpu_message.h"
#include "nvml_api.h"

namespace wemol::nvml {

/// The processes with a compute context on the device (also when they draw as well; processes that
/// only draw are left out, as `nvidia-smi --query-compute-apps` does), MPS clients included. One
/// entry per process; what it holds in several MIG instances is added up. All are stated under
/// `uuid`, the whole device's, also those in MIG instances.
[[nodiscard]] tl::expected<std::vector<GpuProcess>, Status> read_compute_processes(
    const Functions& functions, Device device, const std::string& uuid);

/// Which share of one device's SM time each process had.
class SmUtilization {
 public:
  using PercentByPid = std::map<std::uint64_t, double>;

  /// The mean of the driver's samples since the last reading, two seconds back at least: the driver
  /// takes one every second or more often, and none of a process that was idle meanwhile. A process
  /// that is not named was idle. Nothing when the driver does not tell (MIG, old cards).
  [[nodiscard]] std::optional<PercentByPid> read(const Functions& functions, Device device,
                                                 WallTime now);

 private:
  unsigned long long newest_sample_usec_ = 0;
};

/// One GPU in one reading.
struct GpuReading {
  std::optional<GpuDevice> device;  ///< absent: Gpu::trouble() says why
  /// The error says why they could not be listed.
  tl::expected<std::vector<GpuProcess>, Status> processes;
  bool is_divided = false;           ///< told only when its instances are asked for
  std::vector<GpuDevice> instances;  ///< and then `processes` are theirs
};

/// One GPU while the driver is open.
class Gpu {
 public:
  explicit Gpu(unsigned index) : index_(index) {}

  /// A value that this GPU, in this mode, does not have is absent. A GPU that has once been in
  /// trouble is not touched again: each attempt can take seconds.
  [[nodiscard]] GpuReading read(const Functions& functions, WallTime wall_now, Detail detail);

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
  void read_memory(const Functions& functions, Device handle, GpuDevice& device);
  void read_instances(const Functions& functions, GpuReading& reading);
  [[nodiscard]] GpuDevice read_values(const Functions& functions);
  void read_details(const Functions& functions, GpuDevice& device);

  unsigned index_;
  Device handle_ = nullptr;
  std::string uuid_;
  std::string name_;
  SmUtilization sm_utilization_;
  std::optional<Status> trouble_;
};

}  // namespace wemol::nvml
