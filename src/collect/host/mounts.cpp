#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include "cgroup_folders.h"
#include "disk_files.h"
#include "text.h"
#include "words.h"

namespace wemol::host {
namespace {

using namespace std::string_view_literals;

/// A mount is known by its number; the one on which it lies is its parent.
struct MountLine {
  std::uint64_t id = 0;
  std::uint64_t parent = 0;
  std::string_view device;  ///< "259:1"; "0:…" for what is on no block device
  std::string mount_point;
  std::string_view type;
  std::string_view source;
};

/// 36 35 98:0 /root /mount/point rw,noatime shared:1 - ext4 /dev/sda1 rw
std::optional<MountLine> parse_mount_line(std::string_view line) {
  MountLine mount;
  const auto id = parse_number<std::uint64_t>(take_word(line));
  const auto parent = parse_number<std::uint64_t>(take_word(line));
  mount.device = take_word(line);
  (void)take_word(line);  // which part of the file system it shows
  mount.mount_point = cgroup::unescaped(take_word(line));
  constexpr std::string_view kSeparator = " - ";
  const std::size_t separator = line.find(kSeparator);
  if (!id || !parent || !mount.mount_point.starts_with('/') ||
      separator == std::string_view::npos) {
    return std::nullopt;
  }
  line.remove_prefix(separator + kSeparator.size());
  mount.id = *id;
  mount.parent = *parent;
  mount.type = take_word(line);
  mount.source = take_word(line);
  if (mount.type.empty()) {
    return std::nullopt;
  }
  return mount;
}

bool is_among(std::string_view type, std::span<const std::string_view> types) {
  return std::ranges::find(types, type) != types.end();
}

bool is_network_type(std::string_view type) {
  static constexpr std::array kTypes{
      "nfs"sv, "nfs4"sv, "cifs"sv, "smb3"sv, "smbfs"sv, "ceph"sv, "lustre"sv, "gpfs"sv, "beegfs"sv,
      "afs"sv, "9p"sv, "virtiofs"sv, "pvfs2"sv, "wekafs"sv, "glusterfs"sv, "vboxsf"sv, "panfs"sv,
      "prl_fs"sv, "fuse.vmhgfs-fuse"sv,
      // Of the many that FUSE knows those that bring space from elsewhere.
      "fuse.sshfs"sv, "fuse.glusterfs"sv, "fuse.ceph"sv, "fuse.ceph-fuse"sv, "fuse.juicefs"sv,
      "fuse.s3fs"sv, "fuse.rclone"sv, "fuse.gcsfuse"sv, "fuse.goofys"sv, "fuse.ossfs"sv,
      "fuse.cosfs"sv, "fuse.mfs"sv, "fuse.lizardfs"sv, "fuse.dfuse"sv, "fuse.alluxio-fuse"sv,
      "fuse.seaweedfs"sv, "fuse.curvefs"sv, "fuse.blobfuse"sv, "fuse.blobfuse2"sv};
  return is_among(type, kTypes);
}

/// They make up a device's number for each mounted one, for they lie on several disks.
bool is_pooling_type(std::string_view type) {
  static constexpr std::array kTypes{"btrfs"sv, "zfs"sv, "bcachefs"sv};
  return is_among(type, kTypes);
}

/// Full by nature: nothing can be written to them.
bool is_image_type(std::string_view type) {
  static constexpr std::array kTypes{"squashfs"sv, "iso9660"sv, "udf"sv,
                                     "erofs"sv,    "cramfs"sv,  "romfs"sv};
  return is_among(type, kTypes);
}

bool has_space_of_its_own(const MountLine& mount, const IsBorrowedSpace& is_borrowed) {
  if (is_network_type(mount.type) || is_pooling_type(mount.type)) {
    return true;
  }
  const bool is_on_block_device = !mount.device.starts_with("0:");
  // What a host stands on counts, whatever it is.
  return is_on_block_device && !is_image_type(mount.type) &&
         (mount.mount_point == "/" || !is_borrowed(mount.device));
}

bool is_below(std::string_view path, std::string_view folder) {
  return folder == "/" || path == folder ||
         (path.starts_with(folder) && path[folder.size()] == '/');
}

bool lies_on(const MountLine& mount, std::uint64_t other, std::span<const MountLine> all) {
  std::uint64_t id = mount.id;
  for (std::size_t steps = 0; steps < all.size() && id != other; ++steps) {
    const auto own = std::ranges::find(all, id, &MountLine::id);
    if (own == all.end() || own->parent == id) {
      return false;
    }
    id = own->parent;
  }
  return id == other;
}

/// Whoever looks for its mount point finds a mount that was made over it, or over a folder above.
bool is_hidden(std::size_t at, std::span<const MountLine> all) {
  const MountLine& mount = all[at];
  const auto is_over = [&](const MountLine& other) {
    return other.parent == mount.id && other.mount_point == mount.mount_point;
  };
  const auto is_above = [&](const MountLine& later) {
    return is_below(mount.mount_point, later.mount_point) && !lies_on(mount, later.id, all);
  };
  return std::ranges::any_of(all, is_over) || std::ranges::any_of(all.subspan(at + 1), is_above);
}

}  // namespace

std::vector<MountedFileSystem> distinct_file_systems(std::string_view mountinfo,
                                                     const IsBorrowedSpace& is_borrowed) {
  std::vector<MountLine> mounts;
  while (!mountinfo.empty()) {
    if (auto mount = parse_mount_line(take_line(mountinfo))) {
      mounts.push_back(std::move(*mount));
    }
  }
  std::vector<const MountLine*> distinct;
  for (std::size_t at = 0; at < mounts.size(); ++at) {
    const MountLine& mount = mounts[at];
    if (!has_space_of_its_own(mount, is_borrowed) || is_hidden(at, mounts)) {
      continue;
    }
    std::erase_if(distinct, [&](const MountLine* other) {
      return other->mount_point == mount.mount_point;  // a list that contradicts itself
    });
    const auto same = std::ranges::find_if(
        distinct, [&](const MountLine* other) { return other->device == mount.device; });
    if (same == distinct.end()) {
      distinct.push_back(&mount);
    } else if (mount.mount_point.size() < (*same)->mount_point.size()) {
      *same = &mount;
    }
  }
  std::vector<MountedFileSystem> file_systems;
  for (const MountLine* mount : distinct) {
    const bool is_of_pool = mount->type == "zfs";
    file_systems.push_back(
        {.mount_point = mount->mount_point,
         .type = std::string(mount->type),
         .is_network = is_network_type(mount->type),
         .pool = std::string(is_of_pool ? mount->source.substr(0, mount->source.find('/')) : "")});
  }
  return file_systems;
}

}  // namespace wemol::host
