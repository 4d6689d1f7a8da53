#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <wemol/host_facts.h>

namespace wemol::host {

/// All block devices in the text of /proc/diskstats, also partitions.
[[nodiscard]] std::vector<DiskFacts> parse_diskstats(std::string_view text);

/// Those of them that are disks, each once. `is_device` tells whether hardware (or a hypervisor)
/// stands behind a name.
///
/// A disk of NVMe that may be reached by several ways has a device for each of them, nvme0c0n1,
/// below the one that is used, nvme0n1. Kernels before 6.4 count at those below only.
[[nodiscard]] std::vector<DiskFacts> whole_disks(
    const std::vector<DiskFacts>& devices,
    const std::function<bool(const std::string& name)>& is_device);

/// "nvme0n1" for "nvme0c1n1", one of the ways to it; empty for any other name.
[[nodiscard]] std::string disk_of_nvme_path(std::string_view name);

/// One mounted file system that has space of its own.
struct MountedFileSystem {
  std::string mount_point;
  std::string type;
  bool is_network = false;
  std::string pool;
};

/// Whether a block device ("259:1") keeps its data in memory or in a file of another file system.
using IsBorrowedSpace = std::function<bool(std::string_view device)>;

/// The file systems of disks and networks in the text of /proc/self/mountinfo, each once, at its
/// shortest mount point: a bind mount or another subvolume is the same one. What is hidden below a
/// later mount is left out. Not: tmpfs, overlay, images that cannot be written to (squashfs), and
/// what FUSE makes of other folders.
[[nodiscard]] std::vector<MountedFileSystem> distinct_file_systems(
    std::string_view mountinfo, const IsBorrowedSpace& is_borrowed);

}  // namespace wemol::host
