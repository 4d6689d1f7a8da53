#pragma once

#include <filesystem>
#include <string>

#include <wemol/result.h>

namespace wemol::agent {

/// The secret in a file that users at large cannot read: one line of 16 to 1024 printable
/// characters. The error says what to do.
[[nodiscard]] Result<std::string> read_token(const std::filesystem::path& file);

}  // namespace wemol::agent
