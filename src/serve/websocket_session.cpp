#include "websocket_session.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/socket_base.hpp>
#include <chrono>
#include <exception>
#include <utility>

#include <spdlog/spdlog.h>

#include "text.h"

namespace wemol::serve {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;

/// What the kernel keeps for a client that does not read. It would take more and more, up to MiBs,
/// and such a client would not be noticed for minutes.
constexpr int kSendBufferBytes = 64 << 10;

}  // namespace

WebSocketSession::WebSocketSession(std::shared_ptr<ServerCore> core, ClientStream stream,
                                   Place place, Subscription subscription)
    : core_(std::move(core)),
      place_(std::move(place)),
      subscription_(std::move(subscription)),
      websocket_(std::move(stream)),
      watch_(core_->settings.websocket, std::chrono::steady_clock::now()),
      way_(core_->outgoing, *this) {
  core_->connections.insert(this);
}

WebSocketSession::~WebSocketSession() {
  leave();
  core_->connections.erase(this);
}

void WebSocketSession::start(beast::http::request<beast::http::string_body> handshake) {
  websocket::stream_base::timeout timeout{};
  timeout.handshake_timeout = core_->settings.header_timeout;
  timeout.idle_timeout = websocket::stream_base::none();  // the watch knows more
  timeout.keep_alive_pings = false;
  websocket_.next_layer().plain().expires_never();
  Error ignored;
  websocket_.next_layer().plain().socket().set_option(
      asio::socket_base::send_buffer_size(kSendBufferBytes), ignored);
  websocket_.set_option(timeout);
  websocket_.set_option(websocket::stream_base::decorator(
      [name = core_->settings.name](websocket::response_type& response) {
        response.set(beast::http::field::server, name);
      }));
  websocket_.read_message_max(subscription_.dialog ? core_->settings.dialog_message_bytes
                                                   : core_->settings.websocket_message_bytes);
  websocket_.auto_fragment(false);  // a text is sent as it is, not copied
  websocket_.text(true);
  websocket_.control_callback([this](websocket::frame_type kind, auto /*payload*/) {
    if (kind == websocket::frame_type::close) {  // it may stay connected for a while
      leave();
    }
    heard();
  });
  const auto kept = std::make_shared<decltype(handshake)>(std::move(handshake));
  websocket_.async_accept(*kept, [self = shared_from_this(), kept](Error error) {
    if (!error) {
      self->opened();
    }
  });
}

void WebSocketSession::opened() {
  is_open_ = true;
  if (core_->is_stopping) {
    stop();
    return;
  }
  if (subscription_.greeting) {
    write(std::move(subscription_.greeting));
  }
  if (subscription_.topic) {
    subscription_.topic->join(*this);
  }
  if (subscription_.dialog) {
    has_begun_ = true;
    subscription_.dialog->begun(*this);
    read_message();
  } else {
    read();
  }
}

void WebSocketSession::leave() {
  if (subscription_.topic) {
    subscription_.topic->leave(*this);
  }
  if (std::exchange(has_begun_, false)) {
    subscription_.dialog->ended();
  }
}

void WebSocketSession::read_message() {
  websocket_.async_read(message_, [self = shared_from_this()](Error error, std::size_t /*count*/) {
    if (error) {
      self->leave();
      return;
    }
    self->message_read();
  });
}

void WebSocketSession::message_read() {
  heard();
  if (has_begun_) {
    const auto bytes = message_.cdata();
    try {
      subscription_.dialog->heard({static_cast<const char*>(bytes.data()), bytes.size()});
    } catch (const std::exception& error) {
      spdlog::error("a WebSocket: {}", printable(error.what()));
      close({websocket::close_code::internal_error, "this message could not be taken"});
    }
  }
  message_.clear();
  read_message();
}

void WebSocketSession::read() {
  websocket_.async_read_some(asio::buffer(received_),
                             [self = shared_from_this()](Error error, std::size_t /*count*/) {
                               if (error) {
                                 // Beast has told a client that breaks the rules why: 1002, 1007 or
                                 // 1009.
                                 self->leave();
                                 return;
                               }
                               self->heard();
                               self->read();
                             });
}

void WebSocketSession::heard() {
  if (!watch_.heard(std::chrono::steady_clock::now())) {
    close({websocket::close_code::policy_error, "too many frames"});
  }
}

void WebSocketSession::offer(const Text& text) {
  if (sending_) {
    next_ = text;
  } else if (!is_closing_) {
    write(text);
  }
}

void WebSocketSession::write(Text text) {
  sending_ = std::move(text);
  way_.begin(sending_);
  watch_.sending_begins(std::chrono::steady_clock::now());
  websocket_.async_write(
      asio::buffer(*sending_),
      [self = shared_from_this()](Error error, std::size_t /*count*/) { self->sent(error); });
}

void WebSocketSession::sent(Error error) {
  way_.end();
  sending_.reset();
  watch_.sending_ended();
  if (error || is_closing_) {
    return;
  }
  if (!waiting_.empty()) {
    Text text = std::move(waiting_.front());
    waiting_.pop_front();
    waiting_bytes_ -= text->size();
    write(std::move(text));
  } else if (Text next = std::exchange(next_, nullptr)) {
    write(std::move(next));
  } else if (has_begun_) {
    subscription_.dialog->said();
  }
}

void WebSocketSession::say(Text text) {
  if (is_closing_) {
    return;
  }
  if (!sending_) {
    write(std::move(text));
    return;
  }
  waiting_bytes_ += text->size();
  waiting_.push_back(std::move(text));
  if (waiting_bytes_ > core_->settings.dialog_waiting_bytes) {
    spdlog::debug("a WebSocket client that does not read is dropped");
    drop();
  }
}

void WebSocketSession::hang_up(unsigned code, const std::string& reason) {
  constexpr std::size_t kLongestReason = 123;
  close({static_cast<websocket::close_code>(code), reason.substr(0, kLongestReason)});
}

void WebSocketSession::look(SteadyTime now) {
  if (!is_open_) {
    return;
  }
  switch (watch_.look(now)) {
    case ReaderWatch::Verdict::fine:
      return;
    case ReaderWatch::Verdict::ping:
      ping();
      return;
    case ReaderWatch::Verdict::drop:
      spdlog::debug("a WebSocket client that does not read is dropped");
      drop();
  }
}

void WebSocketSession::ping() {
  if (std::exchange(is_pinging_, true)) {
    return;
  }
  websocket_.async_ping(
      {}, [self = shared_from_this()](Error /*error*/) { self->is_pinging_ = false; });
}

void WebSocketSession::close(const websocket::close_reason& reason) {
  if (std::exchange(is_closing_, true)) {
    return;
  }
  leave();
  websocket_.async_close(reason, [self = shared_from_this()](Error /*error*/) {});
}

void WebSocketSession::stop() {
  if (is_open_) {
    close({websocket::close_code::going_away, "the server stops"});
  }
}

void WebSocketSession::drop() {
  is_closing_ = true;
  leave();
  websocket_.next_layer().plain().close();
}

}  // namespace wemol::serve
