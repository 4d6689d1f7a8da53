#pragma once

#include <sys/socket.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "files.h"

namespace wemol::faults {

/// A Unix socket that listens at `path`; throws when it cannot.
[[nodiscard]] UniqueFd listening_at(const std::filesystem::path& path);

/// One that is connected with the listener at `path`; none when nobody listens.
[[nodiscard]] UniqueFd connected_to(const std::filesystem::path& path);

/// False when the other side has closed.
[[nodiscard]] bool send_all(int fd, std::string_view bytes);

/// What there is to read, a piece of it; empty when the other side has closed.
[[nodiscard]] std::string receive_some(int fd);

}  // namespace wemol::faults
