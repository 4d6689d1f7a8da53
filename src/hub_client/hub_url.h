#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <wemol/result.h>

namespace wemol::hub_client {

/// Where a hub is: "https://hub.example.org", "http://10.1.2.3:7864/gpus".
struct HubUrl {
  bool is_tls = false;
  std::string host;  ///< a name or an address, IPv6 without brackets
  std::uint16_t port = 0;
  std::string base_path;  ///< "/gpus"; empty: none

  /// For the header Host: "[::1]:7864"; without the scheme's own port.
  [[nodiscard]] std::string authority() const;
  [[nodiscard]] std::string text() const;
  /// Whether what is sent stays on this host.
  [[nodiscard]] bool is_loopback() const;

 private:
  [[nodiscard]] std::string bracketed() const;
};

/// Without a port: 443 for https, 7864 for http. Neither user nor query may be in it. The error
/// says what it takes.
[[nodiscard]] Result<HubUrl> parse_hub_url(std::string_view text);

}  // namespace wemol::hub_client
