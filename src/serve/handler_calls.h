#pragma once

#include <exception>
#include <optional>

#include <tl/expected.hpp>

#include "http_message.h"
#include "router.h"

namespace wemol::serve {

// A fault in one answer does not end the server: what a handler throws is logged, and answered by
// 500.

[[nodiscard]] Response failed_answer(const Request& request, const std::exception& error);
[[nodiscard]] Response routed(const Router& router, const Request& request);
/// What the guard has against the request; nothing when nothing.
[[nodiscard]] std::optional<Response> guarded(const Guard& guard, const Request& request);
[[nodiscard]] tl::expected<Subscription, Response> subscribed(const Subscribe& subscribe,
                                                              const Request& request);

}  // namespace wemol::serve
