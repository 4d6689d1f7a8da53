#include "router.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "text.h"

namespace wemol::serve {
namespace {

std::vector<std::string> parts_of(std::string_view path) {
  std::vector<std::string> parts;
  for (const std::string_view part : split_fields(path, '/')) {
    parts.emplace_back(part);
  }
  return parts;
}

bool is_parameter(std::string_view part) {
  return part.size() > 2 && part.starts_with('{') && part.ends_with('}');
}

bool fits(const std::vector<std::string>& pattern, const std::vector<std::string>& parts) {
  return std::ranges::equal(pattern, parts, [](const std::string& wanted, const std::string& part) {
    return is_parameter(wanted) ? !part.empty() : wanted == part;
  });
}

std::string_view method_of(const Request& request) {
  return request.method == "HEAD" ? std::string_view("GET") : std::string_view(request.method);
}

}  // namespace

void Router::add(const std::string& method, const std::string& path, Handler handler,
                 RouteRules rules) {
  add_route(method, path, {.now = std::move(handler), .later = {}, .rules = std::move(rules)});
}

void Router::add_later(const std::string& method, const std::string& path, LaterHandler handler,
                       RouteRules rules) {
  add_route(method, path, {.now = {}, .later = std::move(handler), .rules = std::move(rules)});
}

void Router::add_route(const std::string& method, const std::string& path, Route route) {
  largest_body_ = std::max(largest_body_, route.rules.body_bytes);
  methods_for(path)[method] = std::move(route);
}

Router::Methods& Router::methods_for(const std::string& path) {
  if (path.find('{') == std::string::npos) {
    return paths_[path];
  }
  auto parts = parts_of(path);
  const auto found = std::ranges::find(patterns_, parts, &Pattern::parts);
  return found != patterns_.end() ? found->methods
                                  : patterns_.emplace_back(Pattern{std::move(parts), {}}).methods;
}

void Router::add_websocket(const std::string& path, Subscribe subscribe) {
  websockets_[path] = std::move(subscribe);
}

const Subscribe* Router::websocket(std::string_view path) const {
  const auto found = websockets_.find(path);
  return found == websockets_.end() ? nullptr : &found->second;
}

const Router::Pattern* Router::pattern_of(std::string_view path) const {
  if (patterns_.empty()) {
    return nullptr;
  }
  const auto parts = parts_of(path);
  const auto found = std::ranges::find_if(
      patterns_, [&](const Pattern& pattern) { return fits(pattern.parts, parts); });
  return found == patterns_.end() ? nullptr : &*found;
}

const Router::Methods* Router::methods_of(std::string_view path) const {
  if (const auto found = paths_.find(path); found != paths_.end()) {
    return &found->second;
  }
  const Pattern* const pattern = pattern_of(path);
  return pattern == nullptr ? nullptr : &pattern->methods;
}

const Router::Route* Router::route(std::string_view method, std::string_view path) const {
  const Methods* const methods = methods_of(path);
  if (methods == nullptr) {
    return nullptr;
  }
  const auto found = methods->find(method);
  return found == methods->end() ? nullptr : &found->second;
}

const RouteRules* Router::rules(std::string_view method, std::string_view path) const {
  const Route* const found = route(method == "HEAD" ? "GET" : method, path);
  return found == nullptr ? nullptr : &found->rules;
}

const LaterHandler* Router::later(const Request& request) const {
  const Route* const found = route(method_of(request), request.target.path);
  return found == nullptr || !found->later ? nullptr : &found->later;
}

std::map<std::string, std::string, std::less<>> Router::parameters(std::string_view path) const {
  std::map<std::string, std::string, std::less<>> parameters;
  const Pattern* const pattern = paths_.contains(path) ? nullptr : pattern_of(path);
  if (pattern != nullptr) {
    const auto parts = parts_of(path);
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const std::string& name = pattern->parts[i];
      if (is_parameter(name)) {
        parameters[name.substr(1, name.size() - 2)] = parts[i];
      }
    }
  }
  return parameters;
}

std::string Router::allowed_methods(std::string_view path) const {
  const Methods* const methods = methods_of(path);
  if (methods == nullptr) {
    return websocket(path) == nullptr ? "" : "GET";
  }
  std::string text;
  for (const auto& [method, handler] : *methods) {
    text += method + (method == "GET" ? ", HEAD, " : ", ");
  }
  return text + "OPTIONS";
}

Response Router::answer(const Request& request) const {
  const std::string& path = request.target.path;
  const std::string allowed = allowed_methods(path);
  if (allowed.empty()) {
    return error_response(404, fmt::format("there is no {} here", printable(path)));
  }
  if (request.method == "OPTIONS") {
    return {.status = 204, .headers = {{"Allow", allowed}}};
  }
  const Route* const found = route(method_of(request), path);
  if (found != nullptr && found->now) {
    return found->now(request);
  }
  if (methods_of(path) == nullptr && method_of(request) == "GET") {
    Response response = error_response(426, fmt::format("{} is a WebSocket", printable(path)));
    response.headers.emplace_back("Upgrade", "websocket");
    return response;
  }
  Response response = error_response(
      405, fmt::format("{} takes {}, not {}", printable(path), allowed, printable(request.method)));
  response.headers.emplace_back("Allow", allowed);
  return response;
}

}  // namespace wemol::serve
