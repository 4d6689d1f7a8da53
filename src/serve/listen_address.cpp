#include "listen_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <optional>

#include <fmt/format.h>

#include "text.h"

namespace wemol::serve {
namespace {

constexpr std::string_view kUnixPrefix = "unix:";

tl::unexpected<Error> no_address(std::string_view text, std::string_view why) {
  return failure(
      fmt::format("\"{}\" {}; it takes ADDR:PORT, [V6]:PORT or unix:PATH, such as "
                  "127.0.0.1:8080",
                  printable(text), why));
}

bool is_v4(const std::string& host) {
  in_addr address{};
  return inet_pton(AF_INET, host.c_str(), &address) == 1;
}

bool is_v6_text(const std::string& host) {
  in6_addr address{};
  return inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

Result<ListenAddress> parse_unix(std::string_view text, std::string_view path) {
  if (path.empty() || path.size() >= sizeof(sockaddr_un::sun_path) ||
      path.find('\0') != std::string_view::npos) {
    return no_address(text, "has no path that a socket can have (1 to 107 bytes)");
  }
  return ListenAddress{.path = std::filesystem::path(path)};
}

}  // namespace

bool is_loopback_address(const std::string& host) {
  in_addr v4{};
  if (inet_pton(AF_INET, host.c_str(), &v4) == 1) {
    constexpr std::uint32_t kLoopbackNet = 127;
    return ntohl(v4.s_addr) >> 24U == kLoopbackNet;
  }
  in6_addr v6{};
  return inet_pton(AF_INET6, host.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

bool ListenAddress::is_local() const {
  return is_unix() || is_loopback_address(host);
}

std::string ListenAddress::text() const {
  if (is_unix()) {
    return std::string(kUnixPrefix) + path.string();
  }
  return is_v6() ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

Result<ListenAddress> parse_listen_address(std::string_view text) {
  if (text.starts_with(kUnixPrefix)) {
    return parse_unix(text, text.substr(kUnixPrefix.size()));
  }
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    return no_address(text, "has no port");
  }
  const auto port = parse_number<std::uint16_t>(text.substr(colon + 1));
  if (!port) {
    return no_address(text, "has no port from 0 to 65535");
  }
  std::string host(text.substr(0, colon));
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
    if (!is_v6_text(host)) {
      return no_address(text, "has no IPv6 address in its brackets");
    }
  } else if (host == "localhost") {
    host = "127.0.0.1";
  } else if (!is_v4(host)) {
    return no_address(text, is_v6_text(host) ? "needs brackets around the IPv6 address"
                                             : "has no IP address (names are not looked up)");
  }
  return ListenAddress{.host = std::move(host), .port = *port};
}

}  // namespace wemol::serve
