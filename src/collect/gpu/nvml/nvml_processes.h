#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include <wemol/facts.h>

#include "clock.h"
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

}  // namespace wemol::nvml
