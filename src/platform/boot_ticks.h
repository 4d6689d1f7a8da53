#pragma once

#include <cstdint>

namespace wemol {

/// The time since the boot in the ticks and on the clock in which /proc/<pid>/stat gives the start
/// of a process: what has started before now has a start time of this or less.
[[nodiscard]] std::uint64_t boot_ticks_now();

}  // namespace wemol
