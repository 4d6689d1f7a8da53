#pragma once

#include <cstdint>

#include "sqlite.h"

namespace wemol::hub {

/// The file's own number for its form; another one means another program.
inline constexpr std::int64_t kHistoryVersion = 1;

/// Opens the history's file, or makes it. A file of another version, of something else or that is
/// damaged is an error that says what to do; it is left as it is.
[[nodiscard]] Result<Database> open_history(const std::filesystem::path& path);

}  // namespace wemol::hub
