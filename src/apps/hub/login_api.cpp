#include "login_api.h"

#include <chrono>
#include <utility>

#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include "bounded_json.h"
#include "cookie.h"
#include "password.h"
#include "text.h"

namespace wemol::hub {
namespace {

using Json = nlohmann::ordered_json;
using serve::Request;
using serve::Response;

constexpr std::size_t kLoginBytes = 8192;

Response session_answer(const Json& user, const Json& csrf, bool has_users) {
  const Json json{{"status", "success"}, {"user", user}, {"csrf", csrf}, {"sign_in", has_users}};
  return serve::json_response(json.dump() + '\n');
}

struct Credentials {
  std::string user;
  std::string password;
};

std::optional<Credentials> parse_credentials(const std::string& body) {
  constexpr int kDeepest = 2;
  const Json json = parse_bounded_json(body, kDeepest);
  if (!json.is_object() || !json.contains("user") || !json.contains("password") ||
      !json["user"].is_string() || !json["password"].is_string()) {
    return std::nullopt;
  }
  return Credentials{json["user"], json["password"]};
}

}  // namespace

void LoginApi::add_to(serve::Router& router) {
  // Another page's form cannot log its visitor in: it cannot send JSON.
  const auto json_only = [this](const Request& request) -> std::optional<Response> {
    if (!request.header("Content-Type").starts_with("application/json")) {
      return serve::error_response(403, "this takes Content-Type: application/json");
    }
    return parts_.gate.rate_refusal(request);
  };
  router.add_later(
      "POST", "/api/login",
      [this](const Request& request, const serve::Respond& respond) { login(request, respond); },
      {.guard = json_only, .body_bytes = kLoginBytes});
  router.add("POST", "/api/logout", [this](const Request& request) { return logout(request); },
             {.guard = json_only, .body_bytes = kLoginBytes});
  router.add("GET", "/api/session", [this](const Request& request) { return session(request); });
}

void LoginApi::login(const Request& request, const serve::Respond& respond) {
  auto given = parse_credentials(request.body);
  if (!given) {
    respond(serve::error_response(400, "a user and a password are expected, both texts"));
    return;
  }
  const SteadyTime now = parts_.clock.now();
  const auto wait = guard_.wait(request.client, given->user, now);
  if (wait > SteadyTime::duration::zero()) {
    respond(too_often("too many wrong passwords; wait a while",
                      std::chrono::ceil<std::chrono::seconds>(wait)));
    return;
  }
  // Counted beforehand, so that many at the same time are no way around it.
  guard_.failed(request.client, given->user, now);
  const auto job = [password = std::move(given->password),
                    hash = parts_.users.hash_of(given->user)] {
    return is_password(password, hash);
  };
  const auto done = [this, user = given->user, client = request.client,
                     is_secure = request.is_secure, respond](std::optional<bool> is_right) {
    if (!is_right.value_or(false)) {
      spdlog::warn("login: a wrong password for {} from {}", printable(user), printable(client));
      Response refused = serve::error_response(401, "user or password is wrong");
      refused.headers.emplace_back("WWW-Authenticate", "Session");
      respond(std::move(refused));
      return;
    }
    guard_.succeeded(client, user);
    spdlog::info("login: {} from {}", user, printable(client));
    respond(opened(user, is_secure));
  };
  if (!parts_.hashing.run(job, done)) {
    respond(too_often("too many logins at the same time", std::chrono::seconds(1)));
  }
}

Response LoginApi::opened(const std::string& user, bool is_secure) {
  const NewSession session = parts_.sessions.open(user, parts_.clock.now());
  Response response = session_answer(user, session.csrf, true);
  response.headers.emplace_back("Set-Cookie",
                                session_cookie(session.id, parts_.cookie_path, is_secure));
  return response;
}

Response LoginApi::logout(const Request& request) {
  const std::string_view id = cookie_value(request.header("Cookie"), kSessionCookie);
  if (parts_.gate.user_of(request)) {
    if (!parts_.sessions.is_csrf_token(id, request.header("X-CSRF-Token"))) {
      return serve::error_response(403, "the header X-CSRF-Token is not that of this session");
    }
    parts_.sessions.close(id);
  }
  Response response = serve::json_response("{\"status\":\"success\"}\n");
  response.headers.emplace_back("Set-Cookie",
                                session_cookie("", parts_.cookie_path, request.is_secure));
  return response;
}

Response LoginApi::session(const Request& request) {
  if (auto refusal = parts_.gate.reading_refusal(request)) {
    return std::move(*refusal);
  }
  const auto user = parts_.gate.user_of(request);
  if (!user) {
    return session_answer(nullptr, nullptr, !parts_.users.empty());
  }
  const std::string_view id = cookie_value(request.header("Cookie"), kSessionCookie);
  return session_answer(*user, parts_.sessions.csrf_token(id), true);
}

}  // namespace wemol::hub
