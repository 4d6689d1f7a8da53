#include "web_client.h"

#include <openssl/ssl.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <memory>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "text.h"

namespace wemol::hub {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

using Call = http::request<http::string_body>;

Call call_of(const WebUrl& url, WebPost post) {
  constexpr unsigned kHttp11 = 11;
  Call call(http::verb::post, url.target, kHttp11);
  const bool is_v6 = url.host.find(':') != std::string::npos;
  call.set(http::field::host,
           fmt::format("{}:{}", is_v6 ? "[" + url.host + "]" : url.host, url.port));
  call.set(http::field::user_agent, "wemol-hub");
  call.set(http::field::content_type, post.content_type);
  call.body() = std::move(post.body);
  call.prepare_payload();
  call.keep_alive(false);
  return call;
}

using Done = std::function<void(Result<WebAnswer>)>;

/// One request, from the lookup to the answer. It keeps itself until then. No coroutine: clang 14
/// cannot compile those with its address sanitizer.
class WebCall : public std::enable_shared_from_this<WebCall> {
 public:
  WebCall(asio::io_context& context, WebUrl url, Call call, WebBounds bounds, Done done)
      : url_(std::move(url)),
        call_(std::move(call)),
        bounds_(bounds),
        done_(std::move(done)),
        resolver_(context),
        plain_(context) {
    parser_.body_limit(bounds.answer_bytes);
  }

  void start() {
    resolver_.async_resolve(url_.host, url_.port,
                            [self = shared_from_this()](error_code error, const Found& found) {
                              error ? self->fail(error) : self->connect(found);
                            });
  }

 private:
  using Found = asio::ip::tcp::resolver::results_type;
  using Secure = asio::ssl::stream<beast::tcp_stream&>;

  void connect(const Found& found) {
    plain_.expires_after(bounds_.patience);
    plain_.async_connect(found, [self = shared_from_this()](error_code error, const auto& /*to*/) {
      if (error) {
        self->fail(error);
      } else if (self->url_.is_tls) {
        self->shake_hands();
      } else {
        self->talk(self->plain_);
      }
    });
  }

  void shake_hands() {
    error_code error;
    tls_.set_default_verify_paths(error);
    if (error) {
      fail(error);
      return;
    }
    secure_.emplace(plain_, tls_);
    secure_->set_verify_mode(asio::ssl::verify_peer);
    secure_->set_verify_callback(asio::ssl::host_name_verification(url_.host));
    // The macro casts the old way.
    SSL_ctrl(secure_->native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
             url_.host.data());
    secure_->async_handshake(asio::ssl::stream_base::client,
                             [self = shared_from_this()](error_code failed) {
                               failed ? self->fail(failed) : self->talk(*self->secure_);
                             });
  }

  template <typename Stream>
  void talk(Stream& stream) {
    http::async_write(
        stream, call_,
        [self = shared_from_this(), &stream](error_code error, std::size_t /*bytes*/) {
          error ? self->fail(error) : self->listen(stream);
        });
  }

  template <typename Stream>
  void listen(Stream& stream) {
    http::async_read(stream, buffer_, parser_,
                     [self = shared_from_this()](error_code error, std::size_t /*bytes*/) {
                       if (error) {
                         self->fail(error);
                         return;
                       }
                       auto& answer = self->parser_.get();
                       self->done_(WebAnswer{answer.result_int(), std::move(answer.body())});
                     });
  }

  void fail(error_code error) {
    done_(failure(fmt::format("{}:{}: {}", url_.host, url_.port, printable(error.message()))));
  }

  WebUrl url_;
  Call call_;
  WebBounds bounds_;
  Done done_;
  asio::ip::tcp::resolver resolver_;
  asio::ssl::context tls_{asio::ssl::context::tls_client};
  beast::tcp_stream plain_;
  std::optional<Secure> secure_;
  beast::flat_buffer buffer_;
  http::response_parser<http::string_body> parser_;
};

}  // namespace

Result<WebUrl> parse_web_url(std::string_view text) {
  constexpr std::string_view kPlain = "http://";
  constexpr std::string_view kTls = "https://";
  const bool is_tls = text.starts_with(kTls);
  const auto refused = [&] {
    return failure(fmt::format("\"{}\" is no URL that can be asked: http://HOST[:PORT]/PATH",
                               printable(text)));
  };
  if (!is_tls && !text.starts_with(kPlain)) {
    return refused();
  }
  std::string_view rest = text.substr(is_tls ? kTls.size() : kPlain.size());
  rest = rest.substr(0, rest.find('#'));
  const std::size_t end = rest.find_first_of("/?");
  std::string_view authority = rest.substr(0, end);
  WebUrl url{.is_tls = is_tls, .port = is_tls ? "443" : "80"};
  url.target = end == std::string_view::npos ? "/" : std::string(rest.substr(end));
  url.target = url.target.starts_with('?') ? "/" + url.target : url.target;
  const std::size_t bracket = authority.rfind(']');
  const std::size_t colon = authority.rfind(':');
  if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket)) {
    url.port = authority.substr(colon + 1);
    authority = authority.substr(0, colon);
  }
  if (authority.starts_with('[') && authority.ends_with(']')) {
    authority = authority.substr(1, authority.size() - 2);
  }
  url.host = authority;
  const bool has_strange = text.find_first_of(" \t\r\n@") != std::string_view::npos;
  if (url.host.empty() || has_strange || !parse_number<std::uint16_t>(url.port)) {
    return refused();
  }
  return url;
}

void post_to_web(asio::io_context& context, WebPost post, WebBounds bounds,
                 std::function<void(Result<WebAnswer>)> done) {
  auto url = parse_web_url(post.url);
  if (!url) {
    asio::post(context, [error = std::move(url.error()), done = std::move(done)]() mutable {
      done(tl::make_unexpected(std::move(error)));
    });
    return;
  }
  Call call = call_of(*url, std::move(post));
  std::make_shared<WebCall>(context, std::move(*url), std::move(call), bounds, std::move(done))
      ->start();
}

}  // namespace wemol::hub
