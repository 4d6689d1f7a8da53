#include "http_message.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "text.h"

namespace wemol::serve {

bool is_same_header(std::string_view one, std::string_view other) {
  return std::ranges::equal(one, other, [](unsigned char a, unsigned char b) {
    return std::tolower(a) == std::tolower(b);
  });
}

std::string_view bearer_token(const Request& request) {
  constexpr std::string_view kBearer = "Bearer ";
  const std::string_view given = request.header("Authorization");
  return is_same_header(given.substr(0, kBearer.size()), kBearer)
             ? trimmed(given.substr(kBearer.size()))
             : std::string_view();
}

bool is_own_origin(std::string_view origin, std::string_view host) {
  return origin == fmt::format("http://{}", host) || origin == fmt::format("https://{}", host);
}

bool has_entity_tag(std::string_view if_none_match, std::string_view etag) {
  constexpr std::string_view kWeak = "W/";
  return std::ranges::any_of(split_fields(if_none_match, ','), [&](std::string_view given) {
    given = trimmed(given);
    given.remove_prefix(given.starts_with(kWeak) ? kWeak.size() : 0);
    return !given.empty() && (given == etag || given == "*");
  });
}

std::string_view Request::header(std::string_view name) const {
  const auto found = std::ranges::find_if(
      headers, [&](const auto& header) { return is_same_header(header.first, name); });
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

Response json_response(std::string body) {
  return {.body = make_text(std::move(body))};
}

Response error_response(unsigned status, std::string_view message) {
  const nlohmann::ordered_json json{{"status", "error"}, {"message", message}};
  Response response = json_response(
      json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n');
  response.status = status;
  return response;
}

}  // namespace wemol::serve
