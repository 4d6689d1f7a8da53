#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace wemol {

/// Tells whether an id (64 hexadecimal digits) is a container that the engine knows.
using IsKnownContainer = std::function<bool(std::string_view id)>;

/// The container in whose control group a process is, from the text of /proc/<pid>/cgroup. A path
/// may hold several ids (an engine inside a container, a monitor): the deepest known one counts.
/// Understands control groups v1, v2 and both mixed, and every naming of the paths in which the
/// id stands as a run of exactly 64 hexadecimal digits.
[[nodiscard]] std::optional<std::string> container_in_cgroup(std::string_view cgroup_text,
                                                             const IsKnownContainer& is_known);

}  // namespace wemol
