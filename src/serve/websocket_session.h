#pragma once

#include <array>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "server_core.h"

namespace wemol::serve {

/// One WebSocket client: gets the greeting, then the texts of its topic. While one is on its way
/// the newest one is kept. What the client says is dropped, unless there is a dialog: then that
/// hears it, and what it says is sent in order.
class WebSocketSession : public Connection,
                         public Subscriber,
                         public Talk,
                         public std::enable_shared_from_this<WebSocketSession> {
 public:
  WebSocketSession(std::shared_ptr<ServerCore> core, ClientStream stream, Place place,
                   Subscription subscription);
  ~WebSocketSession() override;

  void start(boost::beast::http::request<boost::beast::http::string_body> handshake);
  void offer(const Text& text) override;
  void say(Text text) override;
  [[nodiscard]] bool is_busy() const override { return sending_ != nullptr; }
  void hang_up(unsigned code, const std::string& reason) override;
  void stop() override;
  void drop() override;
  void look(SteadyTime now) override;

 private:
  using Error = boost::beast::error_code;

  void opened();
  void read();
  void read_message();
  void message_read();
  void sent(Error error);
  /// From topic and dialog.
  void leave();
  void write(Text text);
  void ping();
  void heard();
  void close(const boost::beast::websocket::close_reason& reason);

  std::shared_ptr<ServerCore> core_;
  Place place_;
  Subscription subscription_;
  /// As short as can be while it does not matter what it says.
  std::array<char, 1024> received_{};
  boost::beast::websocket::stream<ClientStream, false> websocket_;
  ReaderWatch watch_;
  Outgoing::Way way_;
  Text sending_;  ///< null: nothing is on its way
  Text next_;
  std::deque<Text> waiting_;  ///< what the dialog has said meanwhile
  std::size_t waiting_bytes_ = 0;
  boost::beast::flat_buffer message_;
  bool has_begun_ = false;  ///< the dialog
  bool is_pinging_ = false;
  bool is_open_ = false;
  bool is_closing_ = false;
};

}  // namespace wemol::serve
