#pragma once

#include <array>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/string_body.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "http_answer.h"
#include "server_core.h"

namespace wemol::serve {

/// One HTTP connection: reads requests one after the other, within the limits, and answers each.
/// It lives as long as something is under way. A WebSocket goes on in a session of its own.
class HttpSession : public Connection, public std::enable_shared_from_this<HttpSession> {
 public:
  HttpSession(std::shared_ptr<ServerCore> core, ClientStream stream, Place place, std::string peer);
  ~HttpSession() override;

  void start();
  void stop() override;
  void drop() override;
  void make_room() override;

 private:
  using Error = boost::beast::error_code;
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;
  using Serializer = boost::beast::http::response_serializer<HttpAnswer::body_type>;

  void expires_after(std::chrono::milliseconds patience);
  void wait_for_request(std::chrono::milliseconds patience);
  void read_header();
  void header_read(Error error);
  /// False, with the answer under way: it announces more than its route takes.
  [[nodiscard]] bool limit_body();
  void read_body();
  void send_continue();
  void request_read(Error error);
  void answer_later(const LaterHandler& handler);
  /// `may_keep_alive`: nothing of the request is left unread.
  void respond(Response response, bool may_keep_alive);
  void open_websocket(const Subscribe& subscribe);
  /// Tells what is wrong with a request that cannot be read, and ends.
  void refuse(Error error);
  void send(Response response, bool is_head, bool keep_alive);
  void sent(Error error, bool keep_alive);
  /// Closes without cutting off what the client still sends: it could miss the answer.
  void close_gently();
  void close_sending();
  void drain();
  [[nodiscard]] Request taken_request() const;
  [[nodiscard]] const char* take_target();
  /// What can be said without the body: to whoever may not ask, or sends one that nobody takes.
  [[nodiscard]] std::optional<Response> answer_to_header() const;
  [[nodiscard]] std::optional<Response> handshake_fault() const;

  std::shared_ptr<ServerCore> core_;
  ClientStream stream_;
  Place place_;
  std::string peer_;
  boost::beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  Request request_;
  Text body_;  ///< of the answer that is under way
  std::optional<HttpAnswer> answer_;
  std::optional<Serializer> serializer_;
  std::array<char, 4096> drained_{};
  std::size_t drained_bytes_ = 0;
  std::size_t body_limit_ = 0;  ///< of the request that is being read; 0: not known yet
  bool is_idle_ = false;        ///< between two requests
  Waiting waiting_;
  Outgoing::Way way_;
};

}  // namespace wemol::serve
