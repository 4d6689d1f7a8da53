#include "router.h"

#include <utility>

#include <fmt/format.h>

#include "text.h"

namespace wemol::serve {

void Router::add(const std::string& method, const std::string& path, Handler handler) {
  paths_[path][method] = std::move(handler);
}

void Router::add_websocket(const std::string& path, Subscribe subscribe) {
  websockets_[path] = std::move(subscribe);
}

const Subscribe* Router::websocket(std::string_view path) const {
  const auto found = websockets_.find(path);
  return found == websockets_.end() ? nullptr : &found->second;
}

bool Router::has_handler(std::string_view method, std::string_view path) const {
  const auto methods = paths_.find(path);
  return methods != paths_.end() && methods->second.contains(method);
}

std::string Router::allowed_methods(std::string_view path) const {
  const auto found = paths_.find(path);
  if (found == paths_.end()) {
    return websocket(path) == nullptr ? "" : "GET";
  }
  std::string text;
  for (const auto& [method, handler] : found->second) {
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
  const std::string_view asked = request.method;
  const std::string_view method = asked == "HEAD" ? std::string_view("GET") : asked;
  const auto methods = paths_.find(path);
  if (methods != paths_.end()) {
    if (const auto found = methods->second.find(method); found != methods->second.end()) {
      return found->second(request);
    }
  } else if (method == "GET") {
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
