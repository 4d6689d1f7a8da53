#pragma once

#include "http_message.h"

namespace wemol::serve {

/// The answer as this client gets it: 304 where it has it already, else compressed where it takes
/// that and the answer has it.
[[nodiscard]] Response represented(Response response, const Request& request);

}  // namespace wemol::serve
