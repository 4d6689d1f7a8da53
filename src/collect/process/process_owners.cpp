#include "process_owners.h"

#include <utility>

#include <fmt/format.h>

#include "container_id.h"
#include "text.h"

namespace wemol {
namespace {

constexpr std::size_t kCapBytes = std::size_t{64} << 10;

}  // namespace

Result<std::string> cgroup_text_of(const FileReader& files, std::uint64_t pid) {
  return files.read(fmt::format("/proc/{}/cgroup", pid), kCapBytes);
}

std::optional<std::uint64_t> start_ticks_of(const FileReader& files, std::uint64_t pid) {
  const auto text = files.read(fmt::format("/proc/{}/stat", pid), kCapBytes);
  return text ? start_ticks_in(*text) : std::nullopt;
}

std::optional<std::uint64_t> start_ticks_in(std::string_view stat_text) {
  // The second field is the program's name in parentheses, in which anything may stand. Behind the
  // last parenthesis come the fields from the third on; the start time is the 22nd.
  constexpr std::size_t kStartTimeAfterName = 20;
  const std::size_t name_end = stat_text.rfind(')');
  if (name_end == std::string_view::npos) {
    return std::nullopt;
  }
  const auto fields = split_fields(stat_text.substr(name_end + 1), ' ');
  return fields.size() > kStartTimeAfterName
             ? parse_number<std::uint64_t>(fields[kStartTimeAfterName])
             : std::nullopt;
}

namespace {

/// The last known id in one path.
std::optional<std::string> deepest_known(std::string_view path, const IsKnownContainer& is_known) {
  while (!path.empty()) {
    const std::size_t last = path.find_last_of(kContainerIdDigits);
    if (last == std::string_view::npos) {
      return std::nullopt;
    }
    path = path.substr(0, last + 1);
    const std::size_t before = path.find_last_not_of(kContainerIdDigits);
    const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
    const std::string_view run = path.substr(begin);
    if (run.size() == kContainerIdLength && is_known(run)) {
      return std::string(run);
    }
    path = path.substr(0, begin);
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> container_in_cgroup(std::string_view cgroup_text,
                                               const IsKnownContainer& is_known) {
  // Each line is <hierarchy>:<controllers>:<path>. Whoever moved the process within one hierarchy
  // has left it in the container's group in the others.
  for (const std::string_view line : complete_lines(cgroup_text)) {
    const std::size_t path = line.find(':', line.find(':') + 1);
    if (path == std::string_view::npos) {
      continue;
    }
    if (auto id = deepest_known(line.substr(path + 1), is_known)) {
      return id;
    }
  }
  return std::nullopt;
}

ProcessOwners::ProcessOwners(const FileReader& files) : files_(files) {}

void ProcessOwners::attribute(std::vector<GpuProcess>& processes, const IsKnownContainer& is_known,
                              std::uint64_t listed_at_ticks) {
  std::unordered_map<std::uint64_t, std::optional<Owner>> found;  // a process may be on two GPUs
  for (GpuProcess& process : processes) {
    const auto [entry, is_new] = found.try_emplace(process.pid);
    if (is_new) {
      entry->second = find_owner(process.pid, is_known, listed_at_ticks);
    }
    if (entry->second) {
      process.container_id = entry->second->container_id;
    }
  }
  owners_.clear();
  for (auto& [pid, owner] : found) {
    if (owner) {
      owners_.emplace(pid, std::move(*owner));
    }
  }
}

std::optional<ProcessOwners::Owner> ProcessOwners::find_owner(std::uint64_t pid,
                                                              const IsKnownContainer& is_known,
                                                              std::uint64_t listed_at_ticks) const {
  const auto start_ticks = start_ticks_of(files_, pid);
  if (!start_ticks || *start_ticks > listed_at_ticks) {
    return std::nullopt;
  }
  const auto before = owners_.find(pid);
  if (before != owners_.end() && before->second.process_start_ticks == *start_ticks &&
      is_known(before->second.container_id)) {
    return before->second;
  }
  const auto cgroup = cgroup_text_of(files_, pid);
  if (!cgroup || start_ticks_of(files_, pid) != start_ticks) {
    return std::nullopt;  // what was read may be the control group of another process
  }
  auto container_id = container_in_cgroup(*cgroup, is_known);
  return container_id ? std::optional(Owner{*start_ticks, std::move(*container_id)}) : std::nullopt;
}

}  // namespace wemol
