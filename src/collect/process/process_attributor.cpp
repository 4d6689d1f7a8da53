#include "process_attributor.h"

#include <algorithm>
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

ProcessAttributor::ProcessAttributor(const FileReader& files, OwnerFallback* fallback)
    : files_(files), fallback_(fallback) {}

std::unordered_map<std::uint64_t, ProcessAttributor::Owner> ProcessAttributor::owners_of(
    const std::vector<std::uint64_t>& pids, const Question& question, Conditions& conditions) {
  std::unordered_map<std::uint64_t, Owner> owners;
  std::unordered_map<std::uint64_t, Known> known;
  StartTicksByPid unresolved;
  for (const std::uint64_t pid : pids) {
    const auto [entry, is_new] = owners.try_emplace(pid);
    if (!is_new) {
      continue;
    }
    const auto start_ticks = start_ticks_of(files_, pid);
    entry->second.container_id = container_by_cgroup(pid, start_ticks, question);
    if (entry->second.container_id) {
      known.emplace(pid, Known{*start_ticks, *entry->second.container_id});
    } else {
      unresolved.emplace(pid, start_ticks);
    }
  }
  known_ = std::move(known);
  if (fallback_ != nullptr) {
    auto found = ask_fallback(unresolved, question.due, conditions);
    for (const auto& [pid, start_ticks] : unresolved) {
      if (const auto container = found.find(pid); container != found.end()) {
        owners[pid].container_id = std::move(container->second);
      } else {
        owners[pid].is_unknown = !foreign_.contains(pid);
      }
    }
  }
  return owners;
}

std::optional<std::string> ProcessAttributor::container_by_cgroup(
    std::uint64_t pid, std::optional<std::uint64_t> start_ticks, const Question& question) const {
  if (!start_ticks || *start_ticks > question.listed_at_ticks) {
    return std::nullopt;
  }
  const auto before = known_.find(pid);
  if (before != known_.end() && before->second.start_ticks == *start_ticks &&
      question.is_known(before->second.container_id)) {
    return before->second.container_id;
  }
  const auto cgroup = cgroup_text_of(files_, pid);
  if (!cgroup || start_ticks_of(files_, pid) != start_ticks) {
    return std::nullopt;  // what was read may be the control group of another process
  }
  return container_in_cgroup(*cgroup, question.is_known);
}

/// Asks only when one of them is not known to be foreign.
ContainerByPid ProcessAttributor::ask_fallback(StartTicksByPid unresolved, SteadyTime due,
                                               Conditions& conditions) {
  const std::uint64_t generation = fallback_->generation();
  std::erase_if(foreign_, [&](const auto& entry) {
    const auto found = unresolved.find(entry.first);
    return generation != foreign_generation_ || found == unresolved.end() ||
           found->second != entry.second;
  });
  foreign_generation_ = generation;
  ContainerByPid found;
  const bool is_any_unasked = std::ranges::any_of(
      unresolved, [&](const auto& entry) { return !foreign_.contains(entry.first); });
  if (is_any_unasked && fallback_->ask(due, found, conditions)) {
    std::erase_if(unresolved, [&](const auto& entry) { return found.contains(entry.first); });
    foreign_ = std::move(unresolved);
  }
  return found;
}

}  // namespace wemol
