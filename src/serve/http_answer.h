#pragma once

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/span_body.hpp>

#include "http_message.h"
#include "server_settings.h"

namespace wemol::serve {

/// As Beast writes versions.
constexpr unsigned kHttp11 = 11;

using HttpAnswer = boost::beast::http::response<boost::beast::http::span_body<const char>>;

/// A response in the form for the connection, with the headers of every answer. `body` is that of
/// the response, and has to outlive the answer; to HEAD only its length is told.
[[nodiscard]] HttpAnswer http_answer(const Response& response, const Text& body,
                                     const ServerSettings& settings, bool is_head, bool keep_alive);

}  // namespace wemol::serve
