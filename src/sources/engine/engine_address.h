#pragma once

#include <string>
#include <string_view>

#include <wemol/result.h>

namespace wemol::engine {

/// The path of the engine's socket: from the value of DOCKER_HOST ("unix:///path"), or the usual
/// one when that is empty. An engine behind any other address is not on this host, or cannot be
/// told to be.
[[nodiscard]] Result<std::string> socket_path(std::string_view docker_host);

}  // namespace wemol::engine
