#include "process_files.h"

#include "text.h"
#include "words.h"

namespace wemol {
namespace {

constexpr std::uint64_t kKernelThreadFlag = 0x0020'0000;  // PF_KTHREAD

/// Takes `count` words off that say nothing to us; they may be negative.
void pass_over(std::string_view& words, int count) {
  for (int word = 0; word < count; ++word) {
    (void)take_word(words);
  }
}

bool take_count(std::string_view& words, std::uint64_t& count) {
  const auto number = parse_number<std::uint64_t>(take_word(words));
  count = number.value_or(0);
  return number.has_value();
}

}  // namespace

std::optional<ProcessStat> parse_process_stat(std::string_view text) {
  // 4711 (name) S ppid pgrp session tty tpgid flags minflt cminflt majflt cmajflt utime stime
  // cutime cstime priority nice threads itrealvalue start vsize rss …
  const std::size_t open = text.find(" (");
  const std::size_t close = text.rfind(") ");
  if (open == std::string_view::npos || close == std::string_view::npos || close < open + 2) {
    return std::nullopt;
  }
  ProcessStat stat;
  const auto pid = parse_number<std::uint64_t>(text.substr(0, open));
  stat.name = text.substr(open + 2, close - open - 2);
  text.remove_prefix(close + 2);
  std::string_view words = take_line(text);
  const std::string_view state = take_word(words);
  if (!pid || state.size() != 1) {
    return std::nullopt;
  }
  stat.pid = *pid;
  stat.state = state.front();
  constexpr int kFromParentToFlags = 4;
  constexpr int kFaults = 4;
  constexpr int kFromSystemTimeToThreads = 4;
  std::uint64_t flags = 0;
  std::uint64_t user_ticks = 0;
  std::uint64_t system_ticks = 0;
  std::uint64_t address_space = 0;
  bool is_whole = take_count(words, stat.parent_pid);
  pass_over(words, kFromParentToFlags);
  is_whole = take_count(words, flags) && is_whole;
  pass_over(words, kFaults);
  is_whole = take_count(words, user_ticks) && is_whole;
  is_whole = take_count(words, system_ticks) && is_whole;
  pass_over(words, kFromSystemTimeToThreads);
  is_whole = take_count(words, stat.threads) && is_whole;
  pass_over(words, 1);
  is_whole = take_count(words, stat.start_ticks) && is_whole;
  is_whole = take_count(words, address_space) && is_whole;
  is_whole = take_count(words, stat.resident_pages) && is_whole;
  stat.is_kernel_thread = (flags & kKernelThreadFlag) != 0;
  stat.cpu_ticks = user_ticks + system_ticks;
  return is_whole ? std::optional(stat) : std::nullopt;
}

std::string command_line_text(std::string_view cmdline) {
  while (cmdline.ends_with('\0')) {
    cmdline.remove_suffix(1);
  }
  return printable(cmdline, kCommandLineBytes);  // a zero byte is a control character: a blank
}

}  // namespace wemol
