#include "try_cgroup.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "cgroup_folders.h"
#include "text.h"

namespace wemol::queue {
namespace {

constexpr std::string_view kNameBegin = "wemol-queue-";
constexpr std::size_t kGroupTextCapBytes = std::size_t{4} << 20;

std::filesystem::path folder_for(const std::filesystem::path& parent, const std::string& uni_id) {
  return parent / (std::string(kNameBegin) + uni_id);
}

std::optional<std::filesystem::path> cgroup_of(std::string_view process) {
  const SystemFileReader files;
  const auto mounts = files.read("/proc/self/mountinfo", kGroupTextCapBytes);
  const auto group = files.read(fmt::format("/proc/{}/cgroup", process), kGroupTextCapBytes);
  return mounts && group ? cgroup::v2_folder(cgroup::parse_mounts(*mounts), *group) : std::nullopt;
}

bool is_delegated(const std::filesystem::path& parent) {
  // The root of all groups has no cgroup.events.
  return access(parent.c_str(), W_OK) == 0 &&
         access((parent / "cgroup.procs").c_str(), W_OK) == 0 &&
         access((parent / "cgroup.events").c_str(), R_OK) == 0;
}

bool write_to(const std::filesystem::path& file, std::string_view text) {
  const UniqueFd fd(open(file.c_str(), O_WRONLY | O_CLOEXEC));
  return fd && write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

/// Each before those that are in it.
std::vector<std::filesystem::path> with_groups_below(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> folders{folder};
  std::error_code error;
  std::filesystem::recursive_directory_iterator entry(folder, error);
  for (; !error && entry != std::filesystem::recursive_directory_iterator();
       entry.increment(error)) {
    std::error_code gone;
    if (entry->is_directory(gone)) {
      folders.push_back(entry->path());
    }
  }
  return folders;
}

std::set<std::int32_t> pids_in(const std::filesystem::path& folder) {
  std::set<std::int32_t> pids;
  for (const std::filesystem::path& group : with_groups_below(folder)) {
    const auto text = SystemFileReader().read(group / "cgroup.procs", kGroupTextCapBytes);
    for (const std::string_view line :
         text ? complete_lines(*text) : std::vector<std::string_view>()) {
      const auto pid = parse_number<std::int32_t>(line);
      if (pid && *pid > 0) {  // 0: of another namespace
        pids.insert(*pid);
      }
    }
  }
  return pids;
}

}  // namespace

std::optional<std::filesystem::path> own_cgroup() {
  return cgroup_of("self");
}

std::optional<TryCgroup> TryCgroup::at(const std::filesystem::path& folder) {
  UniqueFd events(open((folder / "cgroup.events").c_str(), O_RDONLY | O_CLOEXEC));
  return events ? std::optional(TryCgroup(folder, std::move(events))) : std::nullopt;
}

std::optional<TryCgroup> TryCgroup::make(const std::filesystem::path& parent,
                                         const std::string& uni_id) {
  const std::filesystem::path folder = folder_for(parent, uni_id);
  if (!is_delegated(parent) || (mkdir(folder.c_str(), 0755) != 0 && errno != EEXIST)) {
    return std::nullopt;
  }
  auto group = at(folder);
  return group && !group->is_populated() ? std::move(group) : std::nullopt;
}

std::optional<TryCgroup> TryCgroup::find(const std::filesystem::path& parent,
                                         const std::string& uni_id) {
  return at(folder_for(parent, uni_id));
}

std::optional<TryCgroup> TryCgroup::find_of_process(std::int32_t pid, const std::string& uni_id) {
  const auto folder = cgroup_of(std::to_string(pid));
  for (auto group = folder.value_or(""); group.has_relative_path(); group = group.parent_path()) {
    if (group == folder_for(group.parent_path(), uni_id)) {
      return at(group);
    }
  }
  return std::nullopt;
}

std::vector<std::string> TryCgroup::tries_in(const std::filesystem::path& parent) {
  std::vector<std::string> uni_ids;
  std::error_code error;
  std::filesystem::directory_iterator entry(parent, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    const std::string name = entry->path().filename();
    if (name.starts_with(kNameBegin)) {
      uni_ids.push_back(name.substr(kNameBegin.size()));
    }
  }
  return uni_ids;
}

bool TryCgroup::enter() const {
  return write_to(folder_ / "cgroup.procs", "0");
}

bool TryCgroup::is_populated() const {
  std::array<char, 256> buffer{};
  const ssize_t count = pread(events_.get(), buffer.data(), buffer.size(), 0);
  const std::string_view text(buffer.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
  return std::ranges::any_of(complete_lines(text),
                             [](std::string_view line) { return line == "populated 1"; });
}

std::vector<ProcessEntry> TryCgroup::processes() const {
  std::vector<ProcessEntry> found;
  for (const std::int32_t pid : pids_in(folder_)) {
    if (auto process = process_at(pid)) {
      found.push_back(std::move(*process));
    }
  }
  // A pid may have become somebody else's before it was looked at: then it is no longer in here.
  const auto still_in = pids_in(folder_);
  std::erase_if(found, [&](const ProcessEntry& process) {
    return process.state == 'Z' || process.state == 'X' || !still_in.contains(process.id.pid);
  });
  return found;
}

bool TryCgroup::kill_all() const {
  return write_to(folder_ / "cgroup.kill", "1");
}

void TryCgroup::remove() const {
  auto folders = with_groups_below(folder_);
  std::ranges::reverse(folders);
  for (const std::filesystem::path& folder : folders) {
    rmdir(folder.c_str());
  }
}

}  // namespace wemol::queue
