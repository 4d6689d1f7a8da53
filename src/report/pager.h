#pragma once

#include <string>

#include <wemol/result.h>

#include "terminal.h"

namespace wemol::report {

/// The command of $PAGER; less with fitting options when it is not set, nothing when it is empty.
[[nodiscard]] std::string pager_command(const char* pager);

/// Whether the text would run out of the terminal's upper end.
[[nodiscard]] bool is_longer_than_screen(const std::string& text, const Terminal& terminal);

/// Writes to standard output. Whoever does not want to read to the end is no failure.
[[nodiscard]] Result<void> write_to_output(const std::string& text);
/// Hands the text to the pager and waits until it has ended.
[[nodiscard]] Result<void> show_in_pager(const std::string& command, const std::string& text);

}  // namespace wemol::report
