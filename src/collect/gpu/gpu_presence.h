#pragma once

#include <filesystem>
#include <optional>

#include "clock.h"
#include "files.h"
#include "gpu_reader.h"

namespace wemol {

/// Whether this host may have a GPU that can be recorded, by what the kernel shows without any
/// driver: the PCI bus, and the device files of GPUs that are on none (WSL, Tegra).
///
/// A card of NVIDIA or AMD is one, and so is an accelerator of anybody. The display adapters of
/// servers and virtual machines (ASPEED, Matrox, QEMU) and those of other makers' processors are
/// none.
class GpuPresence {
 public:
  /// `root` is the folder in which /sys, /dev and /proc lie.
  GpuPresence(const FileReader& files, const Clock& clock, std::filesystem::path root = "/");

  /// There is certainly no GPU. False also when that cannot be told. Looks once a minute.
  [[nodiscard]] bool is_certainly_none();

  /// Where nobody has found a GPU and there is none, no task uses one, which is then known and said
  /// once. Leaves readings alone that are anything else than `finds_none`.
  void settle(GpuReadings& readings);

 private:
  [[nodiscard]] bool look() const;
  [[nodiscard]] bool has_device_file() const;
  /// Also false when the bus cannot be read.
  [[nodiscard]] bool is_bus_without_gpu() const;

  const FileReader& files_;
  const Clock& clock_;
  std::filesystem::path root_;
  std::optional<SteadyTime> next_look_;
  bool is_none_ = false;
};

}  // namespace wemol
