#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include <wemol/host_facts.h>

#include "files.h"

namespace wemol::host {

/// /proc/meminfo. The limits of control groups are not in it.
[[nodiscard]] MemoryFacts parse_meminfo(std::string_view text);

/// The memory's limit of the control group in which this process runs: the lowest one on the way up
/// from it, for a job's or a slice's limit holds for all below. Where its files lie is found out
/// once.
class OwnMemoryLimit {
 public:
  /// Nothing is found where the hierarchy is not mounted, or no group has a limit.
  [[nodiscard]] static OwnMemoryLimit find(const std::filesystem::path& root);

  /// Sets cgroup_limit_bytes and cgroup_used_bytes when there is a limit below the host's memory.
  void read(MemoryFacts& memory) const;

 private:
  std::vector<std::filesystem::path> groups_;  ///< its own first
  bool is_v2_ = false;
};

}  // namespace wemol::host
