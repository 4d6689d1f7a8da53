#include "cgroup_folders.h"

#include <algorithm>

#include "text.h"

namespace wemol::cgroup {

std::string unescaped(std::string_view text) {
  constexpr std::size_t kEscapeLength = 4;
  constexpr int kOctal = 8;
  std::string result;
  while (!text.empty()) {
    unsigned char code = 0;
    const bool is_escape =
        text.size() >= kEscapeLength && text.front() == '\\' &&
        std::from_chars(text.data() + 1, text.data() + kEscapeLength, code, kOctal).ptr ==
            text.data() + kEscapeLength;
    result += is_escape ? static_cast<char>(code) : text.front();
    text.remove_prefix(is_escape ? kEscapeLength : 1);
  }
  return result;
}

namespace {

/// 36 35 98:0 /root /mount/point rw,noatime shared:1 - cgroup cgroup rw,cpu,cpuacct
std::optional<Mount> parse_mount(std::string_view line) {
  constexpr std::size_t kRoot = 3;
  constexpr std::size_t kMountPoint = 4;
  constexpr std::size_t kTypeBehindSeparator = 1;
  constexpr std::size_t kOptionsBehindSeparator = 3;
  const auto fields = split_fields(line, ' ');
  const auto separator = std::ranges::find(fields, "-");
  const auto left = static_cast<std::size_t>(fields.end() - separator);
  if (fields.size() <= kMountPoint || left <= kOptionsBehindSeparator) {
    return std::nullopt;
  }
  const std::string_view type = *(separator + kTypeBehindSeparator);
  if (type != "cgroup" && type != "cgroup2") {
    return std::nullopt;
  }
  Mount mount{.is_v2 = type == "cgroup2",
              .controllers = {},
              .mount_point = unescaped(fields[kMountPoint]),
              .root = unescaped(fields[kRoot])};
  if (!mount.is_v2) {
    for (const std::string_view option :
         split_fields(*(separator + kOptionsBehindSeparator), ',')) {
      mount.controllers.emplace_back(option);
    }
  }
  return mount;
}

/// A process's path in one hierarchy.
struct GroupPath {
  bool is_v2 = false;
  std::vector<std::string_view> controllers;
  std::string_view path;
};

/// 4:memory:/docker/<id>, and 0::/docker/<id> for v2.
std::vector<GroupPath> parse_paths(std::string_view cgroup_text) {
  std::vector<GroupPath> paths;
  for (const std::string_view line : complete_lines(cgroup_text)) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string_view::npos || second == std::string_view::npos) {
      continue;
    }
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    paths.push_back({.is_v2 = controllers.empty(),
                     .controllers = split_fields(controllers, ','),
                     .path = line.substr(second + 1)});
  }
  return paths;
}

std::optional<std::string_view> own_group(std::string_view path, std::string_view container_id) {
  const std::size_t id = path.rfind(container_id);
  return id == std::string_view::npos ? std::nullopt
                                      : std::optional(path.substr(0, path.find('/', id)));
}

/// The path as it is seen below the mount point.
std::optional<std::string_view> below_root(std::string_view path, std::string_view root) {
  if (root != "/") {
    if (!path.starts_with(root) || (path.size() > root.size() && path[root.size()] != '/')) {
      return std::nullopt;
    }
    path.remove_prefix(root.size());
  }
  const bool leads_out = path.starts_with("/..") && (path.size() == 3 || path[3] == '/');
  return leads_out ? std::nullopt : std::optional(path);
}

std::optional<Folder> folder_in(const std::vector<Mount>& mounts, const GroupPath& group,
                                std::string_view controller, std::string_view container_id) {
  const auto own_path = own_group(group.path, container_id);
  if (!own_path) {
    return std::nullopt;
  }
  for (const Mount& mount : mounts) {
    const bool is_right = mount.is_v2 == group.is_v2 &&
                          (mount.is_v2 || std::ranges::count(mount.controllers, controller) > 0);
    const auto path = is_right ? below_root(*own_path, mount.root) : std::nullopt;
    if (path) {
      return Folder{.path = mount.mount_point.string() + std::string(*path), .is_v2 = mount.is_v2};
    }
  }
  return std::nullopt;
}

}  // namespace

std::vector<Mount> parse_mounts(std::string_view mountinfo) {
  std::vector<Mount> mounts;
  for (const std::string_view line : complete_lines(mountinfo)) {
    if (auto mount = parse_mount(line)) {
      mounts.push_back(std::move(*mount));
    }
  }
  return mounts;
}

Folders find_folders(const std::vector<Mount>& mounts, std::string_view cgroup_text,
                     std::string_view container_id) {
  const std::vector<GroupPath> paths = parse_paths(cgroup_text);
  const auto find = [&](std::string_view controller) -> std::optional<Folder> {
    const auto v1 = std::ranges::find_if(paths, [&](const GroupPath& path) {
      return !path.is_v2 && std::ranges::count(path.controllers, controller) > 0;
    });
    if (v1 != paths.end()) {
      return folder_in(mounts, *v1, controller, container_id);
    }
    const auto v2 = std::ranges::find_if(paths, &GroupPath::is_v2);
    return v2 != paths.end() ? folder_in(mounts, *v2, controller, container_id) : std::nullopt;
  };
  return {.cpu = find("cpuacct"),
          .memory = find("memory"),
          .block_io = find("blkio"),
          .pids = find("pids")};
}

std::optional<std::filesystem::path> v2_folder(const std::vector<Mount>& mounts,
                                               std::string_view cgroup_text) {
  for (const GroupPath& group : parse_paths(cgroup_text)) {
    for (const Mount& mount : mounts) {
      const bool is_right = group.is_v2 && mount.is_v2;
      if (const auto path = is_right ? below_root(group.path, mount.root) : std::nullopt) {
        // Without a slash at the end, so that it has a last part.
        return mount.mount_point.string() + std::string(*path == "/" ? "" : *path);
      }
    }
  }
  return std::nullopt;
}

}  // namespace wemol::cgroup
