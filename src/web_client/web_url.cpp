#include "web_url.h"

#include <cstdint>

#include <fmt/format.h>

#include "text.h"

namespace wemol::web {

std::string Url::authority() const {
  const bool is_v6 = host.find(':') != std::string::npos;
  return fmt::format("{}:{}", is_v6 ? "[" + host + "]" : host, port);
}

std::string Url::origin() const {
  return (is_tls ? "https://" : "http://") + authority();
}

Result<Url> parse_url(std::string_view text) {
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
  Url url{.is_tls = is_tls, .port = is_tls ? "443" : "80"};
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

std::string escaped_for_query(std::string_view text) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  std::string escaped;
  for (const char c : text) {
    if (kPlain.find(c) != std::string_view::npos) {
      escaped += c;
    } else {
      escaped += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return escaped;
}

}  // namespace wemol::web
