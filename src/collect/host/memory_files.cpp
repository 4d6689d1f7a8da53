#include "memory_files.h"

#include <limits>
#include <optional>
#include <system_error>

#include "cgroup_counters.h"
#include "cgroup_folders.h"
#include "text.h"
#include "words.h"

namespace wemol::host {
namespace {

constexpr std::size_t kMemoryFileCapBytes = std::size_t{4} << 20;

/// MemTotal:       24683620 kB
std::optional<std::uint64_t> parse_kibibytes(std::string_view words) {
  constexpr std::uint64_t kUnit = 1024;
  const auto number = parse_number<std::uint64_t>(take_word(words));
  return number && *number <= std::numeric_limits<std::uint64_t>::max() / kUnit
             ? std::optional(*number * kUnit)
             : std::nullopt;
}

std::optional<std::uint64_t> count_in_file(const std::filesystem::path& path) {
  const auto text = SystemFileReader().read(path, kMemoryFileCapBytes);
  return text ? cgroup::parse_count(*text) : std::nullopt;
}

}  // namespace

MemoryFacts parse_meminfo(std::string_view text) {
  MemoryFacts facts;
  while (!text.empty()) {
    std::string_view line = take_line(text);
    const std::string_view key = take_word(line);
    if (key == "MemTotal:") {
      facts.total_bytes = parse_kibibytes(line);
    } else if (key == "MemAvailable:") {
      facts.available_bytes = parse_kibibytes(line);
    } else if (key == "SwapTotal:") {
      facts.swap_total_bytes = parse_kibibytes(line);
    } else if (key == "SwapFree:") {
      facts.swap_free_bytes = parse_kibibytes(line);
    }
  }
  return facts;
}

OwnMemoryLimit OwnMemoryLimit::find(const std::filesystem::path& root) {
  const SystemFileReader files;
  const auto mounts = files.read(root / "proc/self/mountinfo", kMemoryFileCapBytes);
  const auto groups = files.read(root / "proc/self/cgroup", kMemoryFileCapBytes);
  OwnMemoryLimit limit;
  if (!mounts || !groups) {
    return limit;
  }
  // Its own group is the whole path, so there is no id to be found in it.
  const auto own = cgroup::find_folders(cgroup::parse_mounts(*mounts), *groups, "").memory;
  if (!own) {
    return limit;
  }
  limit.is_v2_ = own->is_v2;
  const char* const name = limit.is_v2_ ? "memory.max" : "memory.limit_in_bytes";
  std::error_code failed;
  for (auto group = (root / own->path.relative_path()).lexically_normal();
       std::filesystem::exists(group / "cgroup.procs", failed); group = group.parent_path()) {
    if (std::filesystem::exists(group / name, failed)) {  // v2 may not account for its own group
      limit.groups_.push_back(group);
    }
  }
  return limit;
}

void OwnMemoryLimit::read(MemoryFacts& memory) const {
  std::uint64_t lowest = memory.total_bytes.value_or(std::numeric_limits<std::uint64_t>::max());
  const std::filesystem::path* limited = nullptr;
  for (const std::filesystem::path& group : groups_) {
    const auto limit = count_in_file(group / (is_v2_ ? "memory.max" : "memory.limit_in_bytes"));
    if (limit && *limit < lowest) {
      lowest = *limit;
      limited = &group;
    }
  }
  if (limited == nullptr) {
    return;
  }
  memory.cgroup_limit_bytes = lowest;
  if (const auto usage =
          count_in_file(*limited / (is_v2_ ? "memory.current" : "memory.usage_in_bytes"))) {
    const auto stat = SystemFileReader().read(*limited / "memory.stat", kMemoryFileCapBytes);
    memory.cgroup_used_bytes = cgroup::memory_used_bytes(*usage, stat.value_or(""));
  }
}

}  // namespace wemol::host
