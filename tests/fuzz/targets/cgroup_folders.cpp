#include "cgroup_folders.h"

#include <algorithm>

#include "fuzz_target.h"

namespace wemol::fuzz {
namespace {

/// The text of /proc/self/mountinfo, then that of /proc/<pid>/cgroup.
void check_cgroup_folders(std::string_view input) {
  static const std::string id(64, 'a');
  const auto [mountinfo, cgroup_text] = split_parts(input);
  const auto mounts = cgroup::parse_mounts(mountinfo);
  for (const auto& mount : mounts) {
    require(mount.is_v2 == mount.controllers.empty(), "only v1 names its controllers");
  }
  const auto folders = cgroup::find_folders(mounts, cgroup_text, id);
  for (const auto& folder : {folders.cpu, folders.memory, folders.block_io, folders.pids}) {
    if (!folder) {
      continue;
    }
    const std::string path = folder->path.string();
    require(path.find(id) != std::string::npos, "a container's folder has its id in its path");
    require(path.find('/', path.rfind(id)) == std::string::npos,
            "a container's folder is none below its own");
    require(std::ranges::any_of(mounts,
                                [&](const cgroup::Mount& mount) {
                                  return mount.is_v2 == folder->is_v2 &&
                                         path.starts_with(mount.mount_point.string());
                                }),
            "a folder lies in a mount of its kind");
  }
}

const Target cgroup_folders_target("cgroup_folders", check_cgroup_folders);

}  // namespace
}  // namespace wemol::fuzz
