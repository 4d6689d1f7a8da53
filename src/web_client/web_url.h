#pragma once

#include <string>
#include <string_view>

#include <wemol/result.h>

namespace wemol::web {

struct Url {
  bool is_tls = false;
  std::string host;  ///< a name or an address, IPv6 without brackets
  std::string port;
  std::string target;  ///< path and query

  /// "example.org:8443", "[::1]:80": for the header Host, and for messages.
  [[nodiscard]] std::string authority() const;
  /// "https://example.org:8443": what a connection is good for.
  [[nodiscard]] std::string origin() const;
};

/// "https://example.org:8443/hook?x=1". Neither users nor passwords in it: they would end up in
/// logs.
[[nodiscard]] Result<Url> parse_url(std::string_view text);

/// Percent-encoded for a query: all but letters, digits and "-._~".
[[nodiscard]] std::string escaped_for_query(std::string_view text);

}  // namespace wemol::web
