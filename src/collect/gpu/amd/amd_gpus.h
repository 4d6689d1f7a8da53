#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "amd_card.h"
#include "clock.h"
#include "files.h"
#include "gpu_reader.h"
#include "kfd.h"
#include "sysfs.h"

namespace wemol::amd {

/// Reads the AMD GPUs from the kernel's files; their processes are those of KFD, which ROCm uses.
/// Devices are numbered from 0 in the order of the bus. A card that sleeps, or that may fall asleep
/// and has no compute process, is listed without readings.
///
/// Everything is read in finish(), on the spot: a driver that does not answer holds the caller,
/// which is why BlockingGpus asks it.
class AmdGpus : public GpuReader {
 public:
  /// `root` is the folder in which /sys and /usr lie.
  AmdGpus(const FileReader& files, const Clock& clock, std::filesystem::path root = "/");

  [[nodiscard]] std::optional<GpuReadings> finish(const GpuReadingsDue& due) override;

 private:
  void look_for_cards();
  void read_processes(GpuReadings& readings) const;
  void read_devices(GpuReadings& readings) const;

  Sysfs sysfs_;
  const Clock& clock_;
  std::optional<SteadyTime> next_look_;
  std::vector<AmdCard> cards_;
  Result<UuidByGpuId> compute_gpus_;
  /// Why the kernel's list of cards could not be read.
  std::optional<Error> list_error_;
};

}  // namespace wemol::amd
