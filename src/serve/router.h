#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "http_message.h"
#include "topic.h"

namespace wemol::serve {

/// Answers at once: it runs in the server's thread, so it must not wait.
using Handler = std::function<Response(const Request&)>;

struct Subscription {
  std::shared_ptr<Topic> topic;
  Text greeting;  ///< the first message; null: none
};

/// Takes a WebSocket client on, or says what it is told instead.
using Subscribe = std::function<tl::expected<Subscription, Response>(const Request&)>;

/// Which path is answered by whom. Paths are compared as a whole.
class Router {
 public:
  void add(const std::string& method, const std::string& path, Handler handler);
  void add_websocket(const std::string& path, Subscribe subscribe);

  /// What the path's handler says; 404 where there is none, 405 with Allow for another method.
  /// HEAD is answered like GET: the server leaves the body out. OPTIONS says what is allowed. A
  /// WebSocket's path without the upgrade is 426.
  [[nodiscard]] Response answer(const Request& request) const;
  /// Whether a handler answers this, so that a body is worth reading.
  [[nodiscard]] bool has_handler(std::string_view method, std::string_view path) const;
  [[nodiscard]] const Subscribe* websocket(std::string_view path) const;
  /// "GET, HEAD, OPTIONS"; empty where the path is unknown.
  [[nodiscard]] std::string allowed_methods(std::string_view path) const;

 private:
  using Methods = std::map<std::string, Handler, std::less<>>;
  std::map<std::string, Methods, std::less<>> paths_;
  std::map<std::string, Subscribe, std::less<>> websockets_;
};

}  // namespace wemol::serve
