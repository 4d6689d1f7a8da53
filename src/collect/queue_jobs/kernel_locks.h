#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string_view>

namespace wemol {

/// A file as /proc/locks names it.
struct LockedFile {
  unsigned device_major = 0;
  unsigned device_minor = 0;
  std::uint64_t inode = 0;

  // NOLINTNEXTLINE(modernize-use-nullptr): the check takes the comparison's own 0 for one
  auto operator<=>(const LockedFile&) const = default;
};

/// The exclusive flock() locks of /proc/locks that are held, with the process that took each: it
/// may be gone while another has inherited the descriptor, and its pid may be another one's by now.
[[nodiscard]] std::map<LockedFile, pid_t> parse_exclusive_flocks(std::string_view locks);

}  // namespace wemol
