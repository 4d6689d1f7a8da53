#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/websocket/teardown.hpp>
#include <memory>
#include <optional>
#include <utility>

namespace wemol::hub_client {

/// A connection to the hub, with TLS or without, for Beast's HTTP and WebSocket alike.
class HubStream {
 public:
  using Tcp =
      boost::beast::basic_stream<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;
  using Tls = boost::asio::ssl::stream<Tcp&>;
  using next_layer_type = Tcp;
  using executor_type = Tcp::executor_type;

  explicit HubStream(boost::asio::io_context& context) : parts_(std::make_unique<Parts>(context)) {}

  /// Before the handshake. The context has to be good until then only.
  Tls& add_tls(boost::asio::ssl::context& context) {
    return parts_->tls.emplace(parts_->tcp, context);
  }

  [[nodiscard]] Tcp& next_layer() { return parts_->tcp; }
  [[nodiscard]] const Tcp& next_layer() const { return parts_->tcp; }
  [[nodiscard]] executor_type get_executor() { return parts_->tcp.get_executor(); }

  template <typename Buffers, typename Handler>
  void async_read_some(const Buffers& buffers, Handler&& handler) {
    if (parts_->tls) {
      parts_->tls->async_read_some(buffers, std::forward<Handler>(handler));
    } else {
      parts_->tcp.async_read_some(buffers, std::forward<Handler>(handler));
    }
  }
  template <typename Buffers, typename Handler>
  void async_write_some(const Buffers& buffers, Handler&& handler) {
    if (parts_->tls) {
      parts_->tls->async_write_some(buffers, std::forward<Handler>(handler));
    } else {
      parts_->tcp.async_write_some(buffers, std::forward<Handler>(handler));
    }
  }

 private:
  /// They stay where they are when the stream is moved: one refers to the other.
  struct Parts {
    explicit Parts(boost::asio::io_context& context) : tcp(context) {}
    Tcp tcp;
    std::optional<Tls> tls;
  };
  std::unique_ptr<Parts> parts_;
};

/// For Beast's WebSocket: its end is the TCP connection's; what follows its close frame is nothing.
inline void teardown(boost::beast::role_type role, HubStream& stream,
                     boost::beast::error_code& error) {
  using boost::beast::websocket::teardown;
  teardown(role, stream.next_layer(), error);
}

template <typename Handler>
void async_teardown(boost::beast::role_type role, HubStream& stream, Handler&& handler) {
  using boost::beast::websocket::async_teardown;
  async_teardown(role, stream.next_layer(), std::forward<Handler>(handler));
}

}  // namespace wemol::hub_client
