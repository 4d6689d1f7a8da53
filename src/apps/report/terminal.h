#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include <wemol/result.h>

namespace wemol::report {

/// Where output goes to.
struct Terminal {
  bool is_terminal = false;
  std::size_t width = 80;  ///< cells
  std::size_t height = 24;
};

[[nodiscard]] Terminal terminal_of(int descriptor);

/// Whether to use color when nobody has said it: on a terminal that can, unless NO_COLOR is set to
/// anything.
[[nodiscard]] bool color_is_welcome(const Terminal& terminal, const char* no_color,
                                    const char* term);

/// The command of $PAGER; less with fitting options when it is not set, nothing when it is empty.
[[nodiscard]] std::string pager_command(const char* pager);

/// Whether the text would run out of the terminal's upper end.
[[nodiscard]] bool is_longer_than_screen(const std::string& text, const Terminal& terminal);

/// Writes to standard output. Whoever does not want to read to the end is no failure.
[[nodiscard]] Result<void> write_to_output(const std::string& text);
/// Hands the text to the pager and waits until it has ended.
[[nodiscard]] Result<void> show_in_pager(const std::string& command, const std::string& text);

/// One line that says how far a long reading has come, for a terminal. It shows after a second and
/// then a few times per second.
class ProgressLine {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit ProgressLine(Time began_at) : shown_at_(began_at) {}

  /// What to write now, in place of what was written before; nothing when it is too early.
  [[nodiscard]] std::optional<std::string> next(std::uint64_t done, std::uint64_t in_all, Time now);
  /// What wipes the line away; empty when none was shown.
  [[nodiscard]] std::string wiped() const;

 private:
  Time shown_at_;
  bool is_shown_ = false;
};

}  // namespace wemol::report
