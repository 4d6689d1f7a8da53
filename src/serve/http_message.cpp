#include "http_message.h"

#include <algorithm>
#include <cctype>

#include <nlohmann/json.hpp>

namespace wemol::serve {
namespace {

bool equals_in_any_case(std::string_view left, std::string_view right) {
  return std::ranges::equal(left, right, [](unsigned char a, unsigned char b) {
    return std::tolower(a) == std::tolower(b);
  });
}

}  // namespace

std::string_view Request::header(std::string_view name) const {
  const auto found = std::ranges::find_if(
      headers, [&](const auto& header) { return equals_in_any_case(header.first, name); });
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
