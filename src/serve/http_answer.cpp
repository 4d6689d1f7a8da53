#include "http_answer.h"

#include <ctime>
#include <string>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "text.h"

namespace wemol::serve {
namespace {

namespace http = boost::beast::http;

/// As HTTP wants the header Date.
std::string http_date() {
  return fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT", fmt::gmtime(std::time(nullptr)));
}

void set_headers(const Response& response, const ServerSettings& settings, HttpAnswer& answer) {
  answer.set(http::field::server, settings.name);
  answer.set(http::field::date, http_date());
  answer.set(http::field::cache_control, "no-store");
  answer.set("X-Content-Type-Options", "nosniff");
  for (const auto& [name, value] : settings.headers) {
    answer.set(name, value);
  }
  for (const auto& [name, value] : response.headers) {
    if (is_same_header(name, "Vary") || is_same_header(name, "Set-Cookie")) {
      answer.insert(name, value);
    } else {
      answer.set(name, value);
    }
  }
}

}  // namespace

HttpAnswer http_answer(const Response& response, const Text& body, const ServerSettings& settings,
                       bool is_head, bool keep_alive) {
  HttpAnswer answer(static_cast<http::status>(response.status), kHttp11);
  set_headers(response, settings, answer);
  constexpr unsigned kNoContent = 204;
  constexpr unsigned kNotModified = 304;
  if (response.status != kNoContent && response.status != kNotModified) {
    answer.set(http::field::content_type, response.content_type);
    answer.content_length(body->size());
  }
  answer.keep_alive(keep_alive);
  answer.body() = {body->data(), is_head ? 0 : body->size()};
  return answer;
}

}  // namespace wemol::serve
