#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <wemol/host_facts.h>

namespace wemol {

/// What /proc/<pid>/stat says of a process.
struct ProcessStat {
  std::uint64_t pid = 0;
  std::string_view name;  ///< any bytes, also blanks and parentheses; 15 at most for programs
  char state = '?';
  std::uint64_t parent_pid = 0;
  bool is_kernel_thread = false;
  std::uint64_t cpu_ticks = 0;
  std::uint64_t threads = 1;
  std::uint64_t start_ticks = 0;
  std::uint64_t resident_pages = 0;
};
[[nodiscard]] std::optional<ProcessStat> parse_process_stat(std::string_view text);

/// The text of /proc/<pid>/cmdline for people: its arguments, which end in zero bytes, divided by
/// blanks. UTF-8 without control characters; cut after kCommandLineBytes.
inline constexpr std::size_t kCommandLineBytes = 4096;
[[nodiscard]] std::string command_line_text(std::string_view cmdline);

}  // namespace wemol
