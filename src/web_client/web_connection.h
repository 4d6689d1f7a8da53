#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "name_lookup.h"
#include "web_client.h"
#include "web_url.h"

namespace wemol::web {

/// How the certificates of servers are checked. The error names the file.
[[nodiscard]] Result<std::shared_ptr<boost::asio::ssl::context>> make_tls(
    const std::filesystem::path& ca_file);

/// One TCP connection, with TLS or without, and one exchange at a time over it. It keeps itself
/// until the exchange has ended. No coroutines: clang 14 cannot compile those with its address
/// sanitizer.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  using Call = boost::beast::http::request<boost::beast::http::string_body>;
  struct Outcome {
    Result<Answer> answer;
    /// The server had closed it meanwhile and has not seen the call, as far as can be told.
    bool was_stale = false;
  };
  using Heard = std::function<void(Outcome)>;

  /// `tls` may be none where the URL is of a plain one. Of the URL only the origin counts.
  Connection(boost::asio::io_context& context, std::shared_ptr<boost::asio::ssl::context> tls,
             Url url);

  /// Connects first if this is the first one. Calls `heard` once, never before this returns.
  void exchange(Call call, Bounds bounds, Heard heard);
  /// Whether it is good for another exchange, as far as this side knows.
  [[nodiscard]] bool stays() const { return is_open_; }
  /// Ends an exchange that is under way; `heard` is not called any more.
  void close();

 private:
  using error_code = boost::system::error_code;
  using Parser = boost::beast::http::response_parser<boost::beast::http::string_body>;
  using Secure = boost::asio::ssl::stream<boost::beast::tcp_stream&>;

  void look_up();
  void connect();
  void shake_hands();
  void talk();
  template <typename Stream>
  void talk_over(Stream& stream);
  void take_answer();
  void fail(const error_code& error, std::string_view doing);
  void finish(Outcome outcome);
  /// Calls `then` with the error of what was waited for, unless the exchange has ended meanwhile.
  template <typename Then>
  [[nodiscard]] auto in_this_exchange(Then then);

  boost::asio::io_context& context_;
  std::shared_ptr<boost::asio::ssl::context> tls_;
  Url url_;
  boost::beast::tcp_stream plain_;
  std::optional<Secure> secure_;
  boost::asio::steady_timer timer_;
  std::optional<NameLookup> lookup_;
  Endpoints endpoints_;
  boost::beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  Call call_;
  Bounds bounds_;
  Heard heard_;
  bool is_open_ = false;
  bool was_open_ = false;       ///< before this exchange
  std::uint64_t exchange_ = 0;  ///< what belongs to another one is late
};

}  // namespace wemol::web
