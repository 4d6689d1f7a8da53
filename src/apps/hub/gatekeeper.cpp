#include "gatekeeper.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "cookie.h"
#include "listen_address.h"
#include "secret.h"
#include "text.h"

namespace wemol::hub {
namespace {

using serve::bearer_token;
using serve::Request;
using serve::Response;

constexpr serve::RateLimiter::Rules kFailures{.per_second = 1, .burst = 30};
constexpr serve::RateLimiter::Rules kRequests{.per_second = 50, .burst = 500};

Response login_needed() {
  Response response = serve::error_response(401, "log in first");
  response.headers.emplace_back("WWW-Authenticate", "Session");
  return response;
}

bool is_this_host(const std::string& client) {
  return client == "unix" || serve::is_loopback_address(client);
}

}  // namespace

Response too_often(std::string_view why, std::chrono::seconds wait) {
  Response response = serve::error_response(429, why);
  response.headers.emplace_back("Retry-After",
                                std::to_string(std::max<std::int64_t>(1, wait.count())));
  return response;
}

Gatekeeper::Gatekeeper(Rules rules, TokenStore& tokens, UserStore& users, Sessions& sessions,
                       const Clock& clock)
    : rules_(std::move(rules)),
      tokens_(tokens),
      users_(users),
      sessions_(sessions),
      clock_(clock),
      failures_(kFailures),
      requests_(kRequests) {}

std::optional<Response> Gatekeeper::rate_refusal(const Request& request) {
  if (is_this_host(request.client) || requests_.take(request.client, clock_.now())) {
    return std::nullopt;
  }
  return too_often("too many requests of this address", std::chrono::seconds(1));
}

std::optional<std::string> Gatekeeper::user_of(const Request& request) {
  const std::string_view id = cookie_value(request.header("Cookie"), kSessionCookie);
  return id.empty() ? std::nullopt : sessions_.user_of(id, clock_.now());
}

std::optional<Response> Gatekeeper::reading_refusal(const Request& request) {
  if (auto refusal = rate_refusal(request)) {
    return refusal;
  }
  const bool is_open = rules_.read_only_public || (users_.empty() && !rules_.is_exposed);
  return is_open || user_of(request) ? std::nullopt : std::optional(login_needed());
}

bool Gatekeeper::is_foreign_page(const Request& request) const {
  const std::string_view origin = request.header("Origin");
  return !origin.empty() && !serve::is_own_origin(origin, request.host) &&
         std::ranges::find(rules_.origins, origin) == rules_.origins.end();
}

std::optional<Response> Gatekeeper::change_refusal(const Request& request) {
  if (auto refusal = rate_refusal(request)) {
    return refusal;
  }
  if (is_foreign_page(request)) {
    return serve::error_response(403, "pages of other origins may change nothing");
  }
  // A form of a foreign page cannot send this without asking beforehand.
  const bool is_json = request.header("Content-Type").starts_with("application/json");
  if (request.method == "POST" && !is_json) {
    return serve::error_response(403, "this takes Content-Type: application/json");
  }
  if (users_.empty()) {
    return !rules_.is_exposed && !rules_.read_only_public
               ? std::nullopt
               : std::optional(serve::error_response(
                     403,
                     "nobody has a password, so nobody may change anything: wemol-hub "
                     "set-password USER"));
  }
  if (!user_of(request)) {
    return login_needed();
  }
  const std::string_view id = cookie_value(request.header("Cookie"), kSessionCookie);
  if (!sessions_.is_csrf_token(id, request.header("X-CSRF-Token"))) {
    return serve::error_response(403, "the header X-CSRF-Token is not that of this session");
  }
  return std::nullopt;
}

std::optional<Response> Gatekeeper::scrape_refusal(const Request& request) {
  if (const std::string_view token = bearer_token(request); !token.empty()) {
    return report_refusal(request);
  }
  return reading_refusal(request);
}

bool Gatekeeper::is_legacy(const std::string& client) const {
  return serve::contains(rules_.legacy, client);
}

std::optional<Response> Gatekeeper::report_refusal(const Request& request) {
  const std::string_view token = bearer_token(request);
  if (token.empty() && is_legacy(request.client)) {
    return std::nullopt;
  }
  // Asked first: whoever floods from behind the same address must not silence its agents.
  if (host_of_token(token)) {
    return std::nullopt;
  }
  if (!failures_.take(request.client, clock_.now())) {
    return too_often("too many requests without a token that is known", std::chrono::seconds(10));
  }
  Response response = serve::error_response(
      401, token.empty() ? "this needs the header Authorization: Bearer TOKEN with the token that "
                           "wemol-hub enroll prints"
                         : "this token is not known here: wemol-hub enroll makes a new one");
  response.headers.emplace_back("WWW-Authenticate", "Bearer");
  return response;
}

std::optional<std::string> Gatekeeper::host_of_token(std::string_view token) const {
  constexpr std::size_t kLongest = 1024;
  return token.empty() || token.size() > kLongest ? std::nullopt : tokens_.host_of(token);
}

std::string Gatekeeper::who(const Request& request) {
  return fmt::format("{} from {}", user_of(request).value_or("somebody without a password"),
                     printable(request.client));
}

}  // namespace wemol::hub
