#pragma once

#include <sys/types.h>

#include <cstddef>

namespace wemol::faults {

/// What a process holds at this moment, from /proc; zeros once it has ended.
struct ProcessFigures {
  std::size_t resident_kib = 0;
  std::size_t most_resident_kib = 0;  ///< since its start
  std::size_t descriptors = 0;
  std::size_t csv_descriptors = 0;  ///< those of them that are CSV files
  std::size_t children = 0;         ///< those that have ended and wait to be reaped too
};

[[nodiscard]] ProcessFigures figures_of(pid_t pid);

}  // namespace wemol::faults
