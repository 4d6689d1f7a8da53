#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include <wemol/result.h>

namespace wemol::serve {

/// Where a server listens: an IP address with a port, or a Unix socket.
struct ListenAddress {
  std::string host;        ///< "127.0.0.1", "::1"; empty: a Unix socket
  std::uint16_t port = 0;  ///< 0: the system chooses one
  std::filesystem::path path;

  [[nodiscard]] bool is_unix() const { return host.empty(); }
  [[nodiscard]] bool is_v6() const { return host.find(':') != std::string::npos; }
  /// Whether only this host can reach it.
  [[nodiscard]] bool is_local() const;
  /// As parse_listen_address() takes it.
  [[nodiscard]] std::string text() const;
};

/// "127.0.0.1:8080", "localhost:8080", "[::1]:8080", "unix:/run/x.sock".
[[nodiscard]] Result<ListenAddress> parse_listen_address(std::string_view text);

/// Whether it is 127.0.0.0/8 or ::1, without brackets.
[[nodiscard]] bool is_loopback_address(const std::string& host);

}  // namespace wemol::serve
