#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "files.h"

namespace wemol {

/// The text of /proc/<pid>/cgroup.
[[nodiscard]] Result<std::string> cgroup_text_of(const FileReader& files, std::uint64_t pid);

/// When the process started, in ticks since the boot. With its pid it names the process for good:
/// a pid alone is used again. Nothing when there is no such process.
[[nodiscard]] std::optional<std::uint64_t> start_ticks_of(const FileReader& files,
                                                          std::uint64_t pid);

/// The start time in the text of /proc/<pid>/stat; nothing when it has none.
[[nodiscard]] std::optional<std::uint64_t> start_ticks_in(std::string_view stat_text);

}  // namespace wemol
