#include "access_control.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "listen_address.h"
#include "text.h"

namespace wemol::serve {
namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](unsigned char c) { return std::tolower(c); });
  return result;
}

/// Without the port.
std::string_view name_of_host(std::string_view host) {
  if (host.starts_with('[')) {
    const std::size_t end = host.find(']');
    return end == std::string_view::npos ? std::string_view() : host.substr(1, end - 1);
  }
  return host.substr(0, host.find(':'));
}

/// As the client has said it; a proxy may have put another one in the header Host.
std::string_view host_of(const Request& request) {
  return request.host.empty() ? request.header("Host") : std::string_view(request.host);
}

}  // namespace

bool equals_in_constant_time(std::string_view given, std::string_view secret) {
  // The compiler must not see that one difference decides.
  volatile unsigned difference = given.size() == secret.size() ? 0U : 1U;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const auto expected =
        static_cast<unsigned char>(secret.empty() ? 0 : secret[i % secret.size()]);
    difference = difference | (static_cast<unsigned char>(given[i]) ^ expected);
  }
  return difference == 0;
}

bool is_local_name(std::string_view host) {
  const std::string name = name_in_host(host);
  return name == "localhost" || is_loopback_address(name);
}

std::string name_in_host(std::string_view host) {
  return lower(name_of_host(host));
}

bool AccessControl::is_answered_name(std::string_view host) const {
  return is_local_name(host) ||
         std::ranges::find(rules_.names, name_in_host(host)) != rules_.names.end();
}

bool AccessControl::has_token(const Request& request) const {
  return rules_.token.empty() || equals_in_constant_time(bearer_token(request), rules_.token);
}

std::optional<Response> AccessControl::refusal(const Request& request) const {
  const std::string_view host = host_of(request);
  if (rules_.only_local_names && !host.empty() && !is_answered_name(host)) {
    return error_response(
        403, fmt::format("this server answers as localhost or 127.0.0.1, not as {}: a proxy in "
                         "front of it has to set the Host header",
                         printable(host)));
  }
  if (!has_token(request)) {
    Response response = error_response(
        401, "this needs the header Authorization: Bearer TOKEN with the right token");
    response.headers.emplace_back("WWW-Authenticate", "Bearer");
    return response;
  }
  return std::nullopt;
}

bool AccessControl::is_allowed_origin(std::string_view origin) const {
  return !origin.empty() && std::ranges::find(rules_.origins, origin) != rules_.origins.end();
}

std::optional<Response> AccessControl::websocket_refusal(const Request& request) const {
  const std::string_view origin = request.header("Origin");
  if (!origin.empty() && !is_allowed_origin(origin) && !is_own_origin(origin, host_of(request))) {
    return error_response(403, fmt::format("pages of {} may not read this: name their origin in "
                                           "the settings if they shall",
                                           printable(origin)));
  }
  return refusal(request);
}

std::optional<Response> AccessControl::preflight(const Request& request,
                                                 const std::string& allowed_methods) const {
  const std::string_view origin = request.header("Origin");
  if (request.method != "OPTIONS" || request.header("Access-Control-Request-Method").empty() ||
      !is_allowed_origin(origin)) {
    return std::nullopt;
  }
  Response response{.status = 204};
  response.headers = {{"Access-Control-Allow-Methods", allowed_methods},
                      {"Access-Control-Allow-Headers", "Authorization, Content-Type"},
                      {"Access-Control-Max-Age", "600"}};
  add_origin(request, response);
  return response;
}

void AccessControl::add_origin(const Request& request, Response& response) const {
  if (rules_.origins.empty()) {
    return;
  }
  response.headers.emplace_back("Vary", "Origin");
  const std::string_view origin = request.header("Origin");
  if (is_allowed_origin(origin)) {
    response.headers.emplace_back("Access-Control-Allow-Origin", origin);
  }
}

}  // namespace wemol::serve
