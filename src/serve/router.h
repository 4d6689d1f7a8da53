#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "dialog.h"
#include "http_message.h"
#include "topic.h"

namespace wemol::serve {

/// Answers at once: it runs in the server's thread, so it must not wait.
using Handler = std::function<Response(const Request&)>;

/// To be called once, in the server's thread, with the answer. The client may have gone by then.
using Respond = std::function<void(Response)>;
/// Answers later. Within a bounded time: the client's connection waits for it.
using LaterHandler = std::function<void(const Request&, Respond)>;

/// What the client is told instead of an answer; nothing when it may ask. Runs before the body is
/// read, with a request that has none yet.
using Guard = std::function<std::optional<Response>(const Request&)>;

struct RouteRules {
  Guard guard;                 ///< beside the server's own rules; none: all may ask
  std::size_t body_bytes = 0;  ///< 0: ServerSettings::body_bytes
};

/// What a WebSocket client gets.
struct Subscription {
  std::shared_ptr<Topic> topic;  ///< null: none
  Text greeting;                 ///< the first message; null: none
  /// Who talks with it; null: what it says is dropped.
  std::shared_ptr<Dialog> dialog = nullptr;
};

/// Takes a WebSocket client on, or says what it is told instead.
using Subscribe = std::function<tl::expected<Subscription, Response>(const Request&)>;

/// Which path is answered by whom. A path is compared as a whole; a part "{name}" of it stands for
/// any one that is not empty, and comes as a parameter of the request.
class Router {
 public:
  void add(const std::string& method, const std::string& path, Handler handler,
           RouteRules rules = {});
  void add_later(const std::string& method, const std::string& path, LaterHandler handler,
                 RouteRules rules = {});
  void add_websocket(const std::string& path, Subscribe subscribe);

  /// What the path's handler says; 404 where there is none, 405 with Allow for another method.
  /// HEAD is answered like GET: the server leaves the body out. OPTIONS says what is allowed. A
  /// WebSocket's path without the upgrade is 426.
  [[nodiscard]] Response answer(const Request& request) const;
  /// The handler that answers later, where it is one of these.
  [[nodiscard]] const LaterHandler* later(const Request& request) const;
  /// The rules of who answers this; null where nobody does, so that no body is worth reading.
  [[nodiscard]] const RouteRules* rules(std::string_view method, std::string_view path) const;
  /// What "{name}" and the like stand for in this path.
  [[nodiscard]] std::map<std::string, std::string, std::less<>> parameters(
      std::string_view path) const;
  [[nodiscard]] const Subscribe* websocket(std::string_view path) const;
  /// "GET, HEAD, OPTIONS"; empty where the path is unknown.
  [[nodiscard]] std::string allowed_methods(std::string_view path) const;
  /// The largest RouteRules::body_bytes.
  [[nodiscard]] std::size_t largest_body() const { return largest_body_; }

 private:
  struct Route {
    Handler now;
    LaterHandler later;
    RouteRules rules;
  };
  using Methods = std::map<std::string, Route, std::less<>>;
  struct Pattern {
    std::vector<std::string> parts;
    Methods methods;
  };

  void add_route(const std::string& method, const std::string& path, Route route);
  [[nodiscard]] Methods& methods_for(const std::string& path);
  [[nodiscard]] const Pattern* pattern_of(std::string_view path) const;
  [[nodiscard]] const Methods* methods_of(std::string_view path) const;
  [[nodiscard]] const Route* route(std::string_view method, std::string_view path) const;

  std::map<std::string, Methods, std::less<>> paths_;
  std::vector<Pattern> patterns_;
  std::map<std::string, Subscribe, std::less<>> websockets_;
  std::size_t largest_body_ = 0;
};

}  // namespace wemol::serve
