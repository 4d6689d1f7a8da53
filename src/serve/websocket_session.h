#pragma once

#include <array>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <memory>
#include <optional>
#include <string>

#include "server_core.h"

namespace wemol::serve {

/// One WebSocket client: gets the greeting, then the texts of its topic. While one is on its way
/// the newest one is kept. What the client says is dropped.
class WebSocketSession : public Connection,
                         public Subscriber,
                         public std::enable_shared_from_this<WebSocketSession> {
 public:
  WebSocketSession(std::shared_ptr<ServerCore> core, Stream stream, Place place,
                   Subscription subscription);
  ~WebSocketSession() override;

  void start(boost::beast::http::request<boost::beast::http::string_body> handshake);
  void offer(const Text& text) override;
  void stop() override;
  void drop() override;
  void look(SteadyTime now) override;

 private:
  using Error = boost::beast::error_code;

  void opened();
  void read();
  void write(Text text);
  void ping();
  void heard();
  void close(const boost::beast::websocket::close_reason& reason);

  std::shared_ptr<ServerCore> core_;
  Place place_;
  Subscription subscription_;
  /// As short as can be while it does not matter what it says.
  std::array<char, 1024> received_{};
  boost::beast::websocket::stream<Stream, false> websocket_;
  ReaderWatch watch_;
  Text sending_;  ///< null: nothing is on its way
  Text next_;
  bool is_pinging_ = false;
  bool is_open_ = false;
  bool is_closing_ = false;
};

}  // namespace wemol::serve
