#pragma once

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/websocket/teardown.hpp>
#include <memory>
#include <utility>

#include "tls_context.h"

namespace wemol::serve {

/// TCP and Unix sockets alike.
using Stream = boost::beast::basic_stream<boost::asio::generic::stream_protocol,
                                          boost::asio::io_context::executor_type>;

/// A connection with or without TLS, so that whoever reads and writes need not know.
class ClientStream {
 public:
  using executor_type = Stream::executor_type;

  /// Without a context: plain.
  ClientStream(Stream stream, TlsContext tls)
      : plain_(std::make_unique<Stream>(std::move(stream))), context_(std::move(tls)) {
    if (context_) {
      tls_ = std::make_unique<Tls>(*plain_, *context_);
    }
  }

  [[nodiscard]] bool is_tls() const { return tls_ != nullptr; }
  /// For socket and deadlines.
  [[nodiscard]] Stream& plain() { return *plain_; }
  executor_type get_executor() { return plain_->get_executor(); }

  template <typename Handler>
  void async_handshake(Handler&& handler) {
    tls_->async_handshake(boost::asio::ssl::stream_base::server, std::forward<Handler>(handler));
  }
  /// Says that nothing follows; of TLS only.
  template <typename Handler>
  void async_shutdown(Handler&& handler) {
    tls_->async_shutdown(std::forward<Handler>(handler));
  }
  template <typename Buffers, typename Handler>
  void async_read_some(const Buffers& buffers, Handler&& handler) {
    if (tls_) {
      tls_->async_read_some(buffers, std::forward<Handler>(handler));
    } else {
      plain_->async_read_some(buffers, std::forward<Handler>(handler));
    }
  }
  template <typename Buffers, typename Handler>
  void async_write_some(const Buffers& buffers, Handler&& handler) {
    if (tls_) {
      tls_->async_write_some(buffers, std::forward<Handler>(handler));
    } else {
      plain_->async_write_some(buffers, std::forward<Handler>(handler));
    }
  }

 private:
  using Tls = boost::asio::ssl::stream<Stream&>;

  // Neither moves: operations under way point to them.
  std::unique_ptr<Stream> plain_;
  TlsContext context_;
  std::unique_ptr<Tls> tls_;
};

// How Beast ends a WebSocket's connection. Its own end was said already, so TLS need not say it.
inline void beast_close_socket(ClientStream& stream) {
  stream.plain().close();
}
inline void teardown(boost::beast::role_type role, ClientStream& stream,
                     boost::beast::error_code& error) {
  using boost::beast::websocket::teardown;
  teardown(role, stream.plain(), error);
}
template <typename Handler>
void async_teardown(boost::beast::role_type role, ClientStream& stream, Handler&& handler) {
  using boost::beast::websocket::async_teardown;
  async_teardown(role, stream.plain(), std::forward<Handler>(handler));
}

}  // namespace wemol::serve
