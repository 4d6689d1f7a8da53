#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include <wemol/result.h>

namespace wemol::hub {

struct WebUrl {
  bool is_tls = false;
  std::string host;
  std::string port;
  std::string target;  ///< path and query
};

/// "https://example.org:8443/hook?x=1". Neither users nor passwords in it: they would end up in
/// logs.
[[nodiscard]] Result<WebUrl> parse_web_url(std::string_view text);

struct WebPost {
  std::string url;
  std::string content_type;
  std::string body;
};
struct WebAnswer {
  unsigned status = 0;
  std::string body;
};
struct WebBounds {
  std::chrono::milliseconds patience{10000};  ///< for all of it
  std::uint64_t answer_bytes = std::uint64_t{64} << 10;
};

/// Posts and calls `done` once, in the io_context's thread. TLS by the system's certificates;
/// redirects are not followed.
void post_to_web(boost::asio::io_context& context, WebPost post, WebBounds bounds,
                 std::function<void(Result<WebAnswer>)> done);

}  // namespace wemol::hub
