#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <utility>

#include <wemol/result.h>

#include "files.h"

namespace wemol {

/// Which file a path names: it tells our socket from one that has taken its place.
using FileIdentity = std::pair<dev_t, ino_t>;

[[nodiscard]] std::optional<FileIdentity> file_at(const std::filesystem::path& path);

/// Listens on a Unix socket of that mode. It takes the place of a socket that nobody serves any
/// more, and of nothing else. The error names the path: another program serves it, it is no socket,
/// its folder is missing.
[[nodiscard]] Result<UniqueFd> listen_on_unix_socket(const std::filesystem::path& path, int backlog,
                                                     mode_t mode = 0660);

/// Asks for a connection, and does not wait for it.
[[nodiscard]] Result<UniqueFd> connect_to_unix_socket(const std::filesystem::path& path);

}  // namespace wemol
