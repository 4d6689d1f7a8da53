#include "process_owners.h"

#include <utility>

#include "process_files.h"

namespace wemol {

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
