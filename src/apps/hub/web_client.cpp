#include "web_client.h"

#include <openssl/ssl.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <exception>
#include <utility>

#include <fmt/format.h>

#include "text.h"

namespace wemol::hub {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

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

template <typename Stream>
asio::awaitable<WebAnswer> talked(Stream& stream, const Call& call, std::uint64_t most_bytes) {
  co_await http::async_write(stream, call, asio::use_awaitable);
  beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(most_bytes);
  co_await http::async_read(stream, buffer, parser, asio::use_awaitable);
  co_return WebAnswer{parser.get().result_int(), std::move(parser.get().body())};
}

asio::awaitable<WebAnswer> posted(WebUrl url, Call call, WebBounds bounds) {
  const auto executor = co_await asio::this_coro::executor;
  asio::ip::tcp::resolver resolver(executor);
  beast::tcp_stream plain(executor);
  const auto found = co_await resolver.async_resolve(url.host, url.port, asio::use_awaitable);
  plain.expires_after(bounds.patience);
  co_await plain.async_connect(found, asio::use_awaitable);
  if (!url.is_tls) {
    co_return co_await talked(plain, call, bounds.answer_bytes);
  }
  asio::ssl::context tls(asio::ssl::context::tls_client);
  tls.set_default_verify_paths();
  asio::ssl::stream<beast::tcp_stream&> stream(plain, tls);
  stream.set_verify_mode(asio::ssl::verify_peer);
  stream.set_verify_callback(asio::ssl::host_name_verification(url.host));
  // The macro casts the old way.
  std::string name = url.host;
  SSL_ctrl(stream.native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
           name.data());
  co_await stream.async_handshake(asio::ssl::stream_base::client, asio::use_awaitable);
  co_return co_await talked(stream, call, bounds.answer_bytes);
}

std::string reason_of(const std::exception_ptr& failed) {
  try {
    std::rethrow_exception(failed);
  } catch (const boost::system::system_error& error) {
    return printable(error.code().message());
  } catch (const std::exception& error) {
    return printable(error.what());
  }
}

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
  const std::string place = fmt::format("{}:{}", url->host, url->port);
  Call call = call_of(*url, std::move(post));
  asio::co_spawn(
      context, posted(std::move(*url), std::move(call), bounds),
      [place, done = std::move(done)](const std::exception_ptr& failed, WebAnswer answer) {
        if (failed) {
          done(failure(fmt::format("{}: {}", place, reason_of(failed))));
        } else {
          done(std::move(answer));
        }
      });
}

}  // namespace wemol::hub
