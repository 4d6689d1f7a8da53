#include "handler_calls.h"

#include <spdlog/spdlog.h>

#include "text.h"

namespace wemol::serve {

Response failed_answer(const Request& request, const std::exception& error) {
  spdlog::error("{} {}: {}", printable(request.method), printable(request.target.path),
                printable(error.what()));
  return error_response(500, "this answer has failed; the log says why");
}

Response routed(const Router& router, const Request& request) {
  try {
    return router.answer(request);
  } catch (const std::exception& error) {
    return failed_answer(request, error);
  }
}

std::optional<Response> guarded(const Guard& guard, const Request& request) {
  try {
    return guard(request);
  } catch (const std::exception& error) {
    return failed_answer(request, error);
  }
}

tl::expected<Subscription, Response> subscribed(const Subscribe& subscribe,
                                                const Request& request) {
  try {
    return subscribe(request);
  } catch (const std::exception& error) {
    return tl::make_unexpected(failed_answer(request, error));
  }
}

}  // namespace wemol::serve
