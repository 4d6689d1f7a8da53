#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace wemol {

enum class LogLevel { debug, info, warning, error };

/// In any letter case.
[[nodiscard]] std::optional<LogLevel> parse_log_level(const std::string& text);
[[nodiscard]] std::string_view name_of(LogLevel level);

/// Makes spdlog's default logger write `2026-01-15 10:30:00,123 - INFO - text` to standard error
/// and to `file`, which rotates at 10 MiB and keeps five old ones. An empty `file` is none; one
/// that cannot be opened is an ERROR in the log and the program goes on without it. What goes to
/// the journal has its priority in front (`<6>text`) instead of time and level, which the journal
/// adds. May be called again, also while other threads log, to open the file anew or with other
/// settings.
void set_up_log(LogLevel level, const std::filesystem::path& file);

}  // namespace wemol
