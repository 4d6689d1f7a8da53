#include "http_session.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <exception>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "handler_calls.h"
#include "representation.h"
#include "text.h"
#include "websocket_session.h"

namespace wemol::serve {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

std::string view_text(beast::string_view text) {
  return {text.data(), text.size()};
}

Response body_too_large(std::size_t limit) {
  return error_response(413, fmt::format("the body is larger than {} bytes", limit));
}

}  // namespace

HttpSession::HttpSession(std::shared_ptr<ServerCore> core, ClientStream stream, Place place,
                         std::string peer)
    : core_(std::move(core)),
      stream_(std::move(stream)),
      place_(std::move(place)),
      peer_(std::move(peer)),
      waiting_(core_->waiting, *this),
      way_(core_->outgoing, *this) {
  core_->connections.insert(this);
}

HttpSession::~HttpSession() {
  core_->connections.erase(this);
}

void HttpSession::expires_after(std::chrono::milliseconds patience) {
  stream_.plain().expires_after(patience);
}

void HttpSession::start() {
  waiting_.begin();
  if (!stream_.is_tls()) {
    wait_for_request(core_->settings.header_timeout);
    return;
  }
  expires_after(core_->settings.header_timeout);
  stream_.async_handshake([self = shared_from_this()](Error error) {
    if (!error) {
      self->wait_for_request(self->core_->settings.header_timeout);
    }
  });
}

void HttpSession::stop() {
  if (is_idle_) {
    drop();
  }
}

void HttpSession::drop() {
  waiting_.end();
  stream_.plain().close();
}

void HttpSession::make_room() {
  place_.give_back();
  drop();
}

void HttpSession::wait_for_request(std::chrono::milliseconds patience) {
  if (core_->is_stopping) {
    close_gently();
    return;
  }
  parser_.emplace();
  body_limit_ = 0;
  // A thousand of them may wait here: none keeps the body of the last request.
  request_ = {};
  constexpr std::size_t kUsualBytes = 4096;
  if (buffer_.size() == 0 && buffer_.capacity() > kUsualBytes) {
    buffer_.shrink_to_fit();
  }
  waiting_.begin();
  if (buffer_.size() > 0) {  // the next one came with the last one
    expires_after(core_->settings.header_timeout);
    read_header();
    return;
  }
  is_idle_ = true;
  constexpr std::size_t kFirstBytes = 1024;
  expires_after(patience);
  stream_.async_read_some(buffer_.prepare(kFirstBytes),
                          [self = shared_from_this()](Error error, std::size_t count) {
                            self->is_idle_ = false;
                            if (error) {
                              return;  // it has closed, or waited for too long
                            }
                            self->buffer_.commit(count);
                            self->expires_after(self->core_->settings.header_timeout);
                            self->read_header();
                          });
}

void HttpSession::read_header() {
  parser_->header_limit(static_cast<std::uint32_t>(core_->settings.header_bytes));
  // Which route it is will only be known with the header.
  parser_->body_limit(std::max(core_->settings.body_bytes, core_->router.largest_body()));
  http::async_read_header(stream_, buffer_, *parser_,
                          [self = shared_from_this()](Error error, std::size_t /*count*/) {
                            self->header_read(error);
                          });
}

void HttpSession::header_read(Error error) {
  waiting_.end();
  if (error) {
    refuse(error);
    return;
  }
  request_ = taken_request();
  if (const char* const fault = take_target()) {
    send(error_response(400, fault), false, false);
    return;
  }
  if (auto answer = answer_to_header()) {
    respond(std::move(*answer), parser_->is_done());
    return;
  }
  if (!limit_body()) {
    return;
  }
  const auto& fields = parser_->get();
  expires_after(core_->settings.body_timeout);
  if (fields.version() >= kHttp11 && beast::iequals(fields[http::field::expect], "100-continue")) {
    send_continue();
  } else {
    read_body();
  }
}

bool HttpSession::limit_body() {
  const RouteRules* const rules = core_->router.rules(request_.method, request_.target.path);
  const std::size_t limit =
      rules == nullptr || rules->body_bytes == 0 ? core_->settings.body_bytes : rules->body_bytes;
  const auto length = parser_->content_length();
  if (length && *length > limit) {
    respond(body_too_large(limit), false);
    return false;
  }
  if (!parser_->is_done()) {
    parser_->body_limit(limit);  // of one that comes in chunks
    body_limit_ = limit;
  }
  return true;
}

/// What is wrong with the path or the header Host; null when nothing is.
const char* HttpSession::take_target() {
  const auto& fields = parser_->get();
  const beast::string_view target = fields.target();
  auto parsed = parse_request_target({target.data(), target.size()});
  if (!parsed) {
    return "the path is not one that can be asked for";
  }
  const auto hosts = fields.count(http::field::host);
  if (hosts > 1 || (hosts == 0 && fields.version() >= kHttp11)) {
    return "a request has one header Host";
  }
  request_.target = std::move(*parsed);
  apply_proxy(core_->settings.proxy, request_);
  request_.parameters = core_->router.parameters(request_.target.path);
  return nullptr;
}

std::optional<Response> HttpSession::answer_to_header() const {
  const Router& router = core_->router;
  const std::string& path = request_.target.path;
  if (auto preflight = core_->access.preflight(request_, router.allowed_methods(path))) {
    return preflight;
  }
  auto answer = core_->access.refusal(request_);
  const RouteRules* const rules = router.rules(request_.method, path);
  if (!answer && rules != nullptr && rules->guard) {
    answer = guarded(rules->guard, request_);
  }
  if (!answer && !parser_->is_done() && rules == nullptr) {
    answer = routed(router, request_);
  }
  if (answer) {
    core_->access.add_origin(request_, *answer);
  }
  return answer;
}

void HttpSession::send_continue() {
  asio::async_write(stream_, asio::buffer(kContinue),
                    [self = shared_from_this()](Error error, std::size_t /*count*/) {
                      if (!error) {
                        self->read_body();
                      }
                    });
}

void HttpSession::read_body() {
  http::async_read(stream_, buffer_, *parser_,
                   [self = shared_from_this()](Error error, std::size_t /*count*/) {
                     self->request_read(error);
                   });
}

void HttpSession::refuse(Error error) {
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    send(error_response(431, fmt::format("the headers are larger than {} bytes",
                                         core_->settings.header_bytes)),
         false, false);
  } else if (error == http::error::body_limit) {
    // With the header alone it is more than any route takes.
    const std::size_t largest = std::max(core_->settings.body_bytes, core_->router.largest_body());
    send(body_too_large(body_limit_ == 0 ? largest : body_limit_), false, false);
  } else if (error.category() == http::make_error_code(http::error::bad_method).category() &&
             error != http::error::end_of_stream && error != http::error::partial_message) {
    send(error_response(400, fmt::format("this is no HTTP request: {}", error.message())), false,
         false);
  }
  // Else the client has gone, or taken too long.
}

Request HttpSession::taken_request() const {
  const auto& message = parser_->get();
  Request request{.method = view_text(message.method_string()), .peer = peer_};
  request.is_secure = stream_.is_tls();
  for (const auto& field : message) {
    request.headers.emplace_back(view_text(field.name_string()), view_text(field.value()));
  }
  return request;
}

void HttpSession::request_read(Error error) {
  if (error) {
    refuse(error);
    return;
  }
  request_.body = std::move(parser_->get().body());
  const Subscribe* const subscribe = core_->router.websocket(request_.target.path);
  if (subscribe != nullptr && beast::websocket::is_upgrade(parser_->get())) {
    open_websocket(*subscribe);
    return;
  }
  if (const LaterHandler* const later = core_->router.later(request_)) {
    answer_later(*later);
    return;
  }
  Response response = routed(core_->router, request_);
  core_->access.add_origin(request_, response);
  respond(std::move(response), true);
}

/// The session lives as long as somebody may still answer.
void HttpSession::answer_later(const LaterHandler& handler) {
  stream_.plain().expires_never();
  const auto is_answered = std::make_shared<bool>(false);
  const auto respond_once = [self = shared_from_this(), is_answered](Response response) {
    if (!std::exchange(*is_answered, true) && self->stream_.plain().socket().is_open()) {
      self->core_->access.add_origin(self->request_, response);
      self->respond(std::move(response), true);
    }
  };
  try {
    handler(request_, respond_once);
  } catch (const std::exception& error) {
    respond_once(failed_answer(request_, error));
  }
}

void HttpSession::respond(Response response, bool may_keep_alive) {
  const auto& message = parser_->get();
  spdlog::debug("{} {} {}: {}", peer_, printable(request_.method), printable(request_.target.path),
                response.status);
  const bool keep_alive =
      may_keep_alive && message.keep_alive() && message.version() >= kHttp11 && !core_->is_stopping;
  send(represented(std::move(response), request_), request_.method == "HEAD", keep_alive);
}

/// Beast would refuse these too, but not with an error of our form.
std::optional<Response> HttpSession::handshake_fault() const {
  constexpr std::string_view kVersion = "13";
  constexpr std::size_t kKeyLength = 24;  // 16 bytes in base64
  if (request_.header("Sec-WebSocket-Version") != kVersion) {
    Response response = error_response(426, "this is a WebSocket of version 13");
    response.headers = {{"Upgrade", "websocket"}, {"Sec-WebSocket-Version", std::string(kVersion)}};
    return response;
  }
  if (request_.header("Sec-WebSocket-Key").size() != kKeyLength) {
    return error_response(400, "a WebSocket begins with a key of 16 bytes in base64");
  }
  if (buffer_.size() > 0 || core_->is_stopping) {
    return error_response(400, "a WebSocket begins with the answer to its request");
  }
  return std::nullopt;
}

void HttpSession::open_websocket(const Subscribe& subscribe) {
  auto refusal = core_->access.websocket_refusal(request_);
  if (!refusal) {
    refusal = handshake_fault();
  }
  if (refusal) {
    respond(std::move(*refusal), false);
    return;
  }
  auto subscription = subscribed(subscribe, request_);
  if (!subscription) {
    respond(std::move(subscription.error()), false);
    return;
  }
  spdlog::debug("{} {}: a WebSocket", peer_, printable(request_.target.path));
  std::make_shared<WebSocketSession>(core_, std::move(stream_), std::move(place_),
                                     std::move(*subscription))
      ->start(parser_->release());
}

void HttpSession::send(Response response, bool is_head, bool keep_alive) {
  body_ = response.body ? std::move(response.body) : make_text({});
  way_.begin(body_);
  answer_.emplace(http_answer(response, body_, core_->settings, is_head, keep_alive));
  serializer_.emplace(*answer_);
  expires_after(core_->settings.write_timeout);
  const auto done = [self = shared_from_this(), keep_alive](Error error, std::size_t /*count*/) {
    self->sent(error, keep_alive);
  };
  if (is_head) {
    http::async_write_header(stream_, *serializer_, done);
  } else {
    http::async_write(stream_, *serializer_, done);
  }
}

void HttpSession::sent(Error error, bool keep_alive) {
  serializer_.reset();
  answer_.reset();
  way_.end();
  body_.reset();
  if (error) {
    return;
  }
  if (keep_alive) {
    wait_for_request(core_->settings.idle_timeout);
  } else {
    close_gently();
  }
}

void HttpSession::close_gently() {
  expires_after(core_->settings.drain_timeout);
  if (!stream_.is_tls()) {
    close_sending();
    return;
  }
  // Whatever the client says to that: it has the answer, and the end of it.
  stream_.async_shutdown([self = shared_from_this()](Error /*error*/) { self->close_sending(); });
}

void HttpSession::close_sending() {
  Error ignored;
  stream_.plain().socket().shutdown(asio::socket_base::shutdown_send, ignored);
  drain();
}

void HttpSession::drain() {
  stream_.plain().async_read_some(
      asio::buffer(drained_), [self = shared_from_this()](Error error, std::size_t count) {
        self->drained_bytes_ += count;
        if (!error && self->drained_bytes_ < self->core_->settings.drained_bytes) {
          self->drain();
        }
      });
}

}  // namespace wemol::serve
