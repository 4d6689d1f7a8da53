#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wemol::cgroup {

/// One hierarchy of control groups, as it is mounted here.
struct Mount {
  bool is_v2 = false;
  std::vector<std::string> controllers;  ///< of a v1 hierarchy: "memory", "cpuacct"
  std::filesystem::path mount_point;
  /// The path, as /proc/<pid>/cgroup names it, of what is mounted: "/" unless a part of the
  /// hierarchy is all that can be seen here.
  std::string root;
};

/// A path of mountinfo, which writes blanks, tabs, line ends and backslashes as \040 and so on.
[[nodiscard]] std::string unescaped(std::string_view text);

/// The control group mounts in the text of /proc/self/mountinfo.
[[nodiscard]] std::vector<Mount> parse_mounts(std::string_view mountinfo);

/// Where the files of one controller lie for one container.
struct Folder {
  std::filesystem::path path;
  bool is_v2 = false;
};

/// Absent: the controller is not mounted here, or the group lies outside of what is.
struct Folders {
  std::optional<Folder> cpu;
  std::optional<Folder> memory;
  std::optional<Folder> block_io;
  std::optional<Folder> pids;
};

/// The folders of the container whose first process has `cgroup_text` as its /proc/<pid>/cgroup.
/// Each controller is looked for in v1 first, then in v2, so that mixed layouts are understood. The
/// container's own group is the deepest part of the path that has the container's id in its name:
/// the process may have made groups of its own below it. Where the path does not hold the id, the
/// process has been moved into somebody else's group, and the folder is absent.
[[nodiscard]] Folders find_folders(const std::vector<Mount>& mounts, std::string_view cgroup_text,
                                   std::string_view container_id);

/// The folder of the v2 group that a process with `cgroup_text` as its /proc/<pid>/cgroup is in;
/// nothing when it cannot be seen here.
[[nodiscard]] std::optional<std::filesystem::path> v2_folder(const std::vector<Mount>& mounts,
                                                             std::string_view cgroup_text);

}  // namespace wemol::cgroup
