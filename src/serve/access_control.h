#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http_message.h"

namespace wemol::serve {

struct AccessRules {
  std::string token;  ///< empty: none is asked for
  /// Origins ("https://status.example.org") whose pages may read the answers.
  std::vector<std::string> origins;
  /// On a loopback address: only requests that name this host are answered. Otherwise a page whose
  /// name is made to point to 127.0.0.1 (DNS rebinding) could read everything.
  bool only_local_names = false;
  /// Other names under which it is asked all the same ("gpu.example.org"), by a proxy in front.
  std::vector<std::string> names;
};

/// Who may ask. The same for all paths, known or not.
class AccessControl {
 public:
  explicit AccessControl(AccessRules rules) : rules_(std::move(rules)) {}

  /// What the client is told instead of an answer: 403 for a foreign Host, 401 without the token.
  [[nodiscard]] std::optional<Response> refusal(const Request& request) const;
  /// The same for a WebSocket, which browsers let every page open: also 403 for a page of another
  /// origin than this server's own and those that are allowed.
  [[nodiscard]] std::optional<Response> websocket_refusal(const Request& request) const;
  /// The answer to a browser that asks beforehand; nothing when the request does not.
  [[nodiscard]] std::optional<Response> preflight(const Request& request,
                                                  const std::string& allowed_methods) const;
  /// Lets the page of an allowed origin read the answer.
  void add_origin(const Request& request, Response& response) const;

 private:
  [[nodiscard]] bool is_answered_name(std::string_view host) const;
  [[nodiscard]] bool is_allowed_origin(std::string_view origin) const;
  [[nodiscard]] bool has_token(const Request& request) const;

  AccessRules rules_;
};

/// Takes as long for each text of a given length, whatever it is.
[[nodiscard]] bool equals_in_constant_time(std::string_view given, std::string_view secret);

/// Whether a Host header ("localhost:8080", "[::1]", "127.0.0.1") names this host itself.
[[nodiscard]] bool is_local_name(std::string_view host);

/// Without the port, in small letters.
[[nodiscard]] std::string name_in_host(std::string_view host);

}  // namespace wemol::serve
